"""Names of parameters, headers and keys whose values are secret."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote_plus

_SECRET_NAME = re.compile(
    r".*(?:token|secret|verifier|signature(?:[-_]?(?:provided|value))?|passw(?:or)?d|passphrase|passcode|credentials?"
    r"|(?:api|access|private|account|session|sas)[-_. ]?key(?:[-_.]?id)?)"
    r"|(?:.*[-_.])?(?:j|php|asp)?sess(?:ion)?(?:[-_.]?id)?|x-(?:amz|goog|ms)-[-\w]+|key-pair-id|awsaccesskeyid"
    r"|(?:proxy-)?authorization|secure[-_]params|podcast[-_]url|(?:set-)?cookies?|token-\d+"
    r"|saml(?:request|response)|sig|jwt|jws|hmac|otp|pkey|(?:client[-_])?assertion|pwd|access[-_]code",
    re.IGNORECASE | re.DOTALL,
)
_SECRET_PARAMETER = re.compile(
    r"policy|(?:(?:auth(?:orization)?|confirmation|pairing)[-_]?)?code|blob|ticket|auth|invitation", re.IGNORECASE
)
"""Names that are secret only in the query of a URL: a signed policy, an OAuth2 code, the claims of a viewer."""

_JSON_ESCAPE = re.compile(r"\\+(u00[0-9a-f]{2})", re.IGNORECASE)


def is_secret_name(name: str) -> bool:
    """Tell whether a value with this name is secret. In ``attachment[verifier]`` the last part counts."""
    name = _JSON_ESCAPE.sub(lambda match: str(json.loads(f'"\\{match[1].lower()}"')), name)
    while (decoded := unquote_plus(name)) != name:
        name = decoded
    name = name.rstrip("]").rpartition("[")[2] or name.partition("[")[0]
    return _SECRET_NAME.fullmatch(name) is not None


def is_secret_parameter(name: str) -> bool:
    """Tell whether a parameter of a URL with this name is secret."""
    return is_secret_name(name) or _SECRET_PARAMETER.fullmatch(name) is not None

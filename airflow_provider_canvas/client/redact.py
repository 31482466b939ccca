"""Keeping secrets out of everything that is written down.

Tokens and signatures travel in headers and in the queries of signed URLs. Every text that came from outside passes
here before it becomes a message.
"""

from __future__ import annotations

import re

_QUERY = re.compile(
    r"(?i)\b(access_token|refresh_token|client_secret|token|verifier|sf_verifier|signature|policy|key|code"
    r"|x-amz-[a-z-]+|awsaccesskeyid)=[^&\s\"'<>)]+"
)
_BEARER = re.compile(r"(?i)\b(bearer)\s+[^\s\"',;]+")
_USER_INFO = re.compile(r"(?i)(https?://)[^/\s@]+@")


def redacted(text: str, *secrets: str) -> str:
    """Return ``text`` without tokens, signatures and passwords.

    :param secrets: Values to remove wherever they stand.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = _QUERY.sub(r"\1=***", text)
    text = _BEARER.sub(r"\1 ***", text)
    return _USER_INFO.sub(r"\1***@", text)

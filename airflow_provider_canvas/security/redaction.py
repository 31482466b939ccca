"""Removal of secrets from everything that is stored or shown: messages, logs, tables, reports.

Tokens and signatures travel in headers and in the queries of signed URLs, and Canvas repeats such URLs in its
messages. Every text from outside passes here before it is stored.
"""

from __future__ import annotations

import re
from typing import Any

_NAMES = (
    r"(?:(?:sf_)?verifier|access_token|refresh_token|client_secret|token|sig|signature|policy|jwt|api_key"
    r"|key-pair-id|awsaccesskeyid|x-(?:amz|goog)-[a-z-]+)"
)
_PARAMETER = re.compile(rf"(?P<lead>[?&]|&amp;){_NAMES}=[^&\s\"'<>#]*", re.IGNORECASE)
_EMPTY_QUERY = re.compile(r"\?(?=&|[\s\"'<>#]|$)(?:&(?:amp;)?)?")
_ASSIGNMENT = re.compile(rf"\b({_NAMES})=(?!\*\*\*)[^&\s\"'<>#]+", re.IGNORECASE)
_BEARER = re.compile(r"\b(bearer)\s+[^\s\"',;]+", re.IGNORECASE)
_USER_INFO = re.compile(r"(https?://)[^/\s@]+@", re.IGNORECASE)


def strip_url_secrets(text: str) -> str:
    """Remove secret query parameters, such as signatures and verifiers, from every URL in the text."""
    cleaned = _PARAMETER.sub(lambda match: "?" if match["lead"] == "?" else "", text)
    return text if cleaned == text else _repair_queries(cleaned)


def redact(text: str, *secrets: str) -> str:
    """Return ``text`` without secrets: removed from URLs, and replaced by ``***`` elsewhere.

    :param text: A text from outside.
    :param secrets: Values to replace anywhere in the text.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = _ASSIGNMENT.sub(r"\1=***", strip_url_secrets(text))
    return _USER_INFO.sub(r"\1***@", _BEARER.sub(r"\1 ***", text))


_SECRET_KEYS = {"ics", "upload_params", "upload_url"}
"""Keys whose values give access without a token."""


def scrub(data: Any) -> Any:
    """Return JSON of Canvas without its secrets, for XComs, tables and files."""
    match data:
        case str():
            return strip_url_secrets(data)
        case list():
            return [scrub(item) for item in data]
        case dict():
            # The uuid of a file is its verifier.
            hidden = _SECRET_KEYS | ({"uuid"} if "upload_status" in data else set())
            return {name: "***" if name in hidden else scrub(value) for name, value in data.items()}
        case _:
            return data


def _repair_queries(text: str) -> str:
    """Replace ``a?&b=1`` by ``a?b=1``, and remove a ``?`` without parameters."""
    return _EMPTY_QUERY.sub(lambda match: "?" if len(match[0]) > 1 else "", text)

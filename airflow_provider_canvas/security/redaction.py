"""Keeping secrets out of everything that is written down: messages, logs, tables, reports.

Tokens and signatures travel in headers and in the queries of signed URLs, and Canvas repeats such URLs in its words.
Every text that came from outside passes here before it is kept.
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
    """Remove from every address in the text the query parameters that let their holder in."""
    cleaned = _PARAMETER.sub(lambda found: "?" if found["lead"] == "?" else "", text)
    return text if cleaned == text else _repaired_queries(cleaned)


def redact(text: str, *secrets: str) -> str:
    """Return ``text`` for a message: without secrets in addresses, and with ``***`` for those that stand elsewhere.

    :param secrets: Values to remove wherever they stand.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    text = _ASSIGNMENT.sub(r"\1=***", strip_url_secrets(text))
    return _USER_INFO.sub(r"\1***@", _BEARER.sub(r"\1 ***", text))


_LETS_IN = {"ics", "upload_params", "upload_url"}
"""Keys whose values let their holder in."""


def scrub(answer: Any) -> Any:
    """Return an answer of Canvas without what lets its holder in: for XComs, tables and files."""
    match answer:
        case str():
            return strip_url_secrets(answer)
        case list():
            return [scrub(item) for item in answer]
        case dict():
            hidden = _LETS_IN | ({"uuid"} if "upload_status" in answer else set())  # a file's is its verifier
            return {name: "***" if name in hidden else scrub(value) for name, value in answer.items()}
        case _:
            return answer


def _repaired_queries(text: str) -> str:
    """``a?&b=1`` becomes ``a?b=1``; a ``?`` with nothing behind it goes."""
    return _EMPTY_QUERY.sub(lambda found: "?" if len(found[0]) > 1 else "", text)

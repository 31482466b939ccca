"""Removal of secrets from everything that is stored or shown: messages, logs, tables, reports.

Tokens and signatures travel in headers, in forms and in the queries of signed URLs. What repeats them writes them as
plain text, JSON, Python, Ruby, YAML, XML or HTML. Every text from outside passes here before it is stored.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from airflow_provider_canvas.security.secret import Secret
from airflow_provider_canvas.security.secret_names import is_secret_name
from airflow_provider_canvas.security.url_secrets import MASK, NamedValue, strip_url_secrets

__all__ = ["MASK", "redact", "scrub", "strip_url_secrets"]

_HTML_QUOTE = "&(?:amp;)*(?:quot|apos|#0*3[49]|#x0*2[27]);"
"""A quote in HTML."""
_WORD = r"[^\s\"'`&<>#,;{}\[\]()\\|│]"
_KEY = re.compile(
    rf"(?P<quote>\\{{0,16}}[\"'`]|\\{{1,16}}u002[27]|[\u201c\u2018]|{_HTML_QUOTE}|:(?=\w+\s*=>))?"
    r"(?:(?<![\w.\-\[])|(?<=u002[27]))"
    r"(?P<name>(?:[\w.\-\[\]]|\\{1,16}u00(?:2[de]|5[bdf]|[467][0-9a-f])){1,200}(?:[ ]key\b)?)"
    rf"(?(quote)(?:\\*[\"'`]|\\{{1,16}}u002[27]|[\u201d\u2019]|{_HTML_QUOTE})?|\*{{0,2}})"
    r"\s*(?P<separator>=>|->|:=|[=:|│]|(?<=\s)is\s|\s\(?(?=[\"'`]?[\w~.+/=\-]{16})|(?(quote),|(?!)))\s*",
    re.IGNORECASE,
)
"""A name before its value: in JSON, also within a text or HTML, in Python, in Ruby, in a form, in an attribute of XML,
in a header, in a table, in a sentence."""
_VALUE = re.compile(
    r"[bruf]{0,2}(?P<quote>[\"'`])(?:\\.|(?!(?P=quote))[^\\])*(?:(?P=quote)|\\?$)"
    r"|(?P<escaped_quote>\\+(?:[\"']|u002[27]))(?:(?!(?<!\\)(?P=escaped_quote)).)*(?:(?P=escaped_quote)|$)"
    rf"|(?P<html_quote>{_HTML_QUOTE})(?:(?!(?P=html_quote)).)*(?:(?P=html_quote)|$)"
    r"|\u201c[^\u201d]*\u201d?"
    r"|\[[^\[\]{}]*\]|\{[^\[\]{}]*\}"
    rf"|(?P<block>[|>][+\-]?\s+)?(?P<bare>{_WORD}{{1,4096}})",
    re.DOTALL,
)
"""A value, which may be cut off: a text, a list or an object of texts, a word."""
_REST_OF_WORD = re.compile(f"{_WORD}*")
_TEXT = re.compile(r"(\\*[\"'])(?:(?!\1).)*\1(?P<is_key>\s*(?::|=>))?", re.DOTALL)
"""A text in a list or an object."""
_LONG = re.compile(r"(?=.*\d)[\w~.+/=\-]{16,}")
_SHORTER = re.compile(r"(?=.*\d)[\w~.+/=\-]{8,}|[\w~.+/=\-]{20,}")
"""Values such as tokens have, after a single word and after a name: ``token: create a new one`` is a sentence."""
_LITERALS = {"null", "none", "nil", "true", "false", MASK}

_LESS, _GREATER = r"(?:<|&(?:amp;)*lt;|\\{1,16}u003c)", r"(?:>|&(?:amp;)*gt;|\\{1,16}u003e)"
_ATTRIBUTES = r"(?:\s[^<>&]{0,500})?"
_OF_NAME = r"\bname(?:\\*[\"'])?\s*[=:]\s*\\*[\"'](?P<name>[\w.\-\[\]]{1,100})\\*[\"']"
_OF_VALUE = r"\b(?:value|content)(?:\\*[\"'])?\s*[=:]\s*(?P<quote>\\*[\"'])"
_NAMED = (
    NamedValue(
        rf"{_LESS}(?:\w{{1,50}}:)?(?P<name>[\w.\-\[\]]{{1,100}}){_ATTRIBUTES}{_GREATER}\s*(?:<!\[CDATA\[)?",
        rf"(?:(?!{_LESS})[^\]])+(?=\s*(?:\]\]>\s*)?{_LESS}/)|(?:(?!{_LESS})[^\s>]){{8,}}$",
    ),
    NamedValue(rf"<\w{{1,50}}\s[^<>]{{0,300}}?{_OF_NAME}[^<>]{{0,300}}>", r"[^<>]+(?=</)"),
    NamedValue(rf"{_OF_NAME}[^<>{{}}]{{0,300}}?{_OF_VALUE}", r"(?:(?!(?P=quote)).)+"),
    NamedValue(rf"{_OF_VALUE}(?P<value>(?:(?!(?P=quote)).){{1,5000}})(?P=quote)[^<>{{}}]{{0,300}}?{_OF_NAME}"),
    NamedValue(rf"form-data;\s*{_OF_NAME}[^\r\n]{{0,300}}(?:\r?\n){{2}}", r"[^\r\n]+"),
    NamedValue(r"(?<![\w\-])--(?P<name>[\w\-]{1,100})[ ]+", r"(?![\-\"'])\S+"),
)
"""A name before or after its value: the element of XML, the field of a form in HTML, a header as an object of JSON, the
option of a command."""
_SPACE = r"(?:\s|%(?:25){0,9}20|\+|&(?:amp;)*(?:nbsp|#0*160);|\\+[tn])+"
_AUTHORIZATION = re.compile(
    r"\b((?:proxy-)?authorization\s*[:=]\s*)"
    r"(?:(?:digest|aws[\w\-]*|sharedkey\w*|oauth|negotiate|ntlm|hawk|signature|goog4[\w\-]*)\b[^\r\n]+"
    r"|((?:(?:basic|bearer|token)\s+)?)(?!\*{3}|(?:basic|bearer|token)\s)[^\s\"',;]+(?:\s+(?=[^\s\"',;]*\d)[^\s\"',;]{8,})?)",
    re.IGNORECASE,
)
_COOKIES = re.compile(r"\b((?:set-)?cookie:\s*)[\w.\-]+=[^\r\n\"'<>\\]*", re.IGNORECASE)
_BEARER = re.compile(rf"\b(bearer)(?:</\w{{1,20}}>)?(?:\s*:\s*|{_SPACE})[\"']?[^\s\"',;\\&<>]+", re.IGNORECASE)
_BASIC = re.compile(rf"\b(basic){_SPACE}([a-z0-9+/_\-]{{4,}}={{0,2}})", re.IGNORECASE)

_CURL_LOGIN = re.compile(
    r"(\bcurl\b[^\r\n]{0,500}?\s(?:-[a-zA-Z]{0,9}u\s{0,9}|--(?:proxy-)?user[ =]))"
    r"(?:([\"'])([^:\"'\r\n]{1,200}):(?:(?!\2)[^\r\n])+|([^\s:\"']{1,200}):[^\s\"']+)"
)


def redact(text: str, *secrets: Secret | str) -> str:
    """Return ``text`` without secrets: removed from URLs, and replaced by ``***`` elsewhere.

    :param text: A text from outside.
    :param secrets: Values to replace anywhere in the text.
    """
    for secret in secrets:
        for form in _forms(secret):
            text = text.replace(form, MASK)
    text = _CURL_LOGIN.sub(rf"\1\2\3\4:{MASK}", text)
    for pattern in _NAMED:
        text = pattern.mask(text)
    text = _COOKIES.sub(rf"\1{MASK}", _AUTHORIZATION.sub(rf"\1\2{MASK}", strip_url_secrets(text)))
    return _BASIC.sub(_without_login, _BEARER.sub(rf"\1 {MASK}", _mask_values(text)))


_SECRET_KEYS = {"ics", "upload_params", "upload_url"}
"""Further keys whose values give access without a token."""


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
            return {name: MASK if name in hidden else _scrub_value(name, value) for name, value in data.items()}
        case _:
            return data


def _scrub_value(name: Any, value: Any) -> Any:
    return _with_masked_texts(value) if is_secret_name(str(name)) else scrub(value)


def _with_masked_texts(data: Any) -> Any:
    """Return JSON with ``***`` in place of each text in it."""
    match data:
        case str():
            return MASK if data else data
        case list():
            return [_with_masked_texts(item) for item in data]
        case dict():
            return {name: _with_masked_texts(item) for name, item in data.items()}
        case _:
            return data


def _mask_values(text: str) -> str:
    """Mask the values of secret names. The value of another name may contain such pairs itself."""
    parts, done, position = list[str](), 0, 0
    while key := _KEY.search(text, position):
        position = key.end()
        if is_secret_name(key["name"]) and (value := _VALUE.match(text, position)) and _is_secret_value(key, value):
            parts += [text[done:position], _masked(value)]
            done = position = _end(text, value)
    return "".join([*parts, text[done:]])


def _end(text: str, value: re.Match[str]) -> int:
    """Return where a value ends. A long word is matched in part, since that is done for each name."""
    rest = _REST_OF_WORD.match(text, value.end()) if value["bare"] is not None else None
    return value.end() if rest is None else rest.end()


def _masked(value: re.Match[str]) -> str:
    if value[0][0] in "[{":
        return _TEXT.sub(lambda text: text[0] if text["is_key"] else f"{text[1]}{MASK}{text[1]}", value[0])
    quote_ = value["quote"] or value["escaped_quote"] or value["html_quote"] or ""
    return f"{value['block'] or ''}{quote_}{MASK}{quote_}"


def _is_secret_value(key: re.Match[str], value: re.Match[str]) -> bool:
    bare, separator = value["bare"], key["separator"]
    if separator not in ("=", ":", "=>", ":="):  # a sentence, the cells of a table; a pair or a list of texts
        text = value[0].lstrip("bru").strip("\\\"'`").rstrip(".")
        return (bare is None or separator != ",") and _LONG.fullmatch(text) is not None
    if bare is None:
        return True
    if bare.lower() in _LITERALS or bare.startswith(MASK):
        return False
    if separator == "=" or (key["quote"] is not None and separator in (":", "=>")):
        return True
    return (_LONG if key["name"].isalpha() else _SHORTER).fullmatch(bare) is not None


def _without_login(match: re.Match[str]) -> str:
    """Mask the login of the scheme Basic. ``basic understanding`` is no login."""
    encoded = match[2].translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        login = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except binascii.Error:
        return match[0]
    return f"{match[1]} {MASK}" if b":" in login else match[0]


def _forms(secret: Secret | str) -> Iterator[str]:
    """Yield a secret as it stands in a text, in a URL and in JSON."""
    text = secret.reveal() if isinstance(secret, Secret) else secret
    if text:
        yield from dict.fromkeys((text, quote(text, safe=""), json.dumps(text)[1:-1]))

"""The comparison of two responses: status, headers, keys at each path, and the type of each value; not the values.

The rows of a list are compared in pairs by their id. Rows without a partner are compared as a whole: a key of all
recorded rows must be in all rows of the emulator, and a key of none must be in none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.recordings import Exchange

HEADERS = ("ETag", "Content-Disposition", "X-Canvas-User-Id", "X-Request-Cost", "X-Rate-Limit-Remaining")
"""The headers that a response must have if the recorded one has them."""
EQUAL_HEADERS = ("WWW-Authenticate", "X-Canvas-User-Id")
"""The headers whose values must be equal."""
PLACEHOLDER = "0{20}[0-9]{20}"
"""What stands in the recordings for 40 hexadecimal digits."""
DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?")
CLASSES = {
    type(None): "null",
    bool: "true or false",
    int: "integer",
    float: "float",
    list: "list",
    dict: "object",
}
MASKS = (
    (r"https?://[\w.-]+(:\d+)?", "http://HOST"),
    (r"(\"?error_report_id\"?: ?)\d+", r"\1N"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", "DATE"),
)
"""What is not compared in the body of a refusal."""


@dataclass(frozen=True)
class Reply:
    """A response of the emulator.

    :param status: Its status.
    :param headers: Its headers; names in any case.
    :param text: Its body.
    """

    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON; None if it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


def differences(exchange: Exchange, reply: Reply) -> list[str]:
    """Return what differs between a recorded response and one of the emulator, a line for each difference."""
    if reply.status != exchange.status:
        return [f"status: {reply.status}, recorded {exchange.status}: {reply.text[:200]}"]
    return list(dict.fromkeys([*_headers(exchange, reply), *_bodies(exchange, reply)]))


def _headers(exchange: Exchange, reply: Reply) -> Iterator[str]:
    recorded, actual = exchange.response_headers, {name.lower(): value for name, value in reply.headers.items()}
    for name in HEADERS:
        if name in recorded and name.lower() not in actual:
            yield f"header {name}: missing"
    for name in EQUAL_HEADERS:
        if actual.get(name.lower()) != recorded.get(name):
            yield f"header {name}: {actual.get(name.lower())}, recorded {recorded.get(name)}"
    if (wanted := recorded.get("Content-Type")) and not _same_type(wanted, actual.get("content-type", "")):
        yield f"header Content-Type: {actual.get('content-type')}, recorded {wanted}"
    if "Location" in recorded and _place(recorded["Location"]) != _place(actual.get("location", "")):
        yield f"header Location: {actual.get('location')}, recorded {recorded['Location']}"
    links, wanted_links = _links(actual.get("link", "")), _links(recorded.get("Link", ""))
    if links != wanted_links:
        yield f"header Link: {links}, recorded {wanted_links}"


def _same_type(recorded: str, actual: str) -> bool:
    return recorded.lower().replace(" ", "") == actual.lower().replace(" ", "")


def _place(url: str) -> tuple[str, tuple[str, ...]]:
    parts = urlsplit(url)
    return parts.path, tuple(sorted(parse_qs(parts.query)))


def _links(header: str) -> dict[str, str]:
    """Return the relations of a Link header, each with its path and its page."""
    links = {}
    for url, relation in re.findall(r'<([^>]*)>; ?rel="(\w+)"', header):
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        page = query.get("page", [""])[0]
        page = page if page.isdigit() else "bookmark" if "bookmark" in page else page
        links[relation] = f"{parts.path}?page={page}&per_page={query.get('per_page', [''])[0]}"
    return links


def _bodies(exchange: Exchange, reply: Reply) -> Iterator[str]:
    if exchange.response_note is not None:
        return
    if exchange.response_body is None:
        text = exchange.response_text or ""
        if exchange.status >= 400 and _masked(text) != _masked(reply.text):
            yield f"body: {reply.text[:200]!r}, recorded {text[:200]!r}"
        return
    if exchange.status >= 400:
        if _masked(json.dumps(exchange.response_body)) != _masked(json.dumps(reply.json)):
            yield f"body: {json.dumps(reply.json)}, recorded {json.dumps(exchange.response_body)}"
        return
    yield from _compare("", [exchange.response_body], [reply.json])


def _masked(text: str) -> str:
    for pattern, mask in MASKS:
        text = re.sub(pattern, mask, text)
    return text


def _compare(path: str, recorded: list[Any], actual: list[Any], *, others: bool = False) -> Iterator[str]:
    """Compare the values at a path: one on each side, or those of rows that have no partner.

    :param path: The path in the body.
    :param recorded: The recorded values.
    :param actual: Those of the emulator.
    :param others: Whether these are other rows than the recorded ones, so that other values can be null.
    """
    classes, wanted = {class_of(each) for each in actual}, {class_of(each) for each in recorded}
    extra = classes - wanted
    if others:
        extra = set() if wanted == {"null"} else extra - {"null"}
    if extra:
        sample = next(each for each in actual if class_of(each) in extra)
        yield f"{path or 'body'}: {_words(extra)}, recorded {_words(wanted)} ({json.dumps(sample)[:80]})"
        return
    objects = [[each for each in side if isinstance(each, dict)] for side in (recorded, actual)]
    if all(objects):
        yield from _compare_objects(path, *objects, others=others)
    lists = [[each for each in side if isinstance(each, list)] for side in (recorded, actual)]
    if all(lists):
        rows = [[row for each in side for row in each] for side in lists]
        yield from _compare_rows(f"{path}[]", *rows, others=others)


def _compare_objects(
    path: str, objects: list[dict[str, Any]], actual_objects: list[dict[str, Any]], *, others: bool
) -> Iterator[str]:
    recorded, actual = [_by_pattern(each) for each in objects], [_by_pattern(each) for each in actual_objects]
    known = {key for each in recorded for key in each}
    for key in sorted(set.intersection(*(set(each) for each in recorded))):
        if any(key not in each for each in actual):
            yield f"{path}.{key}: missing"
    for key in sorted({key for each in actual for key in each} - known):
        yield f"{path}.{key}: extra"
    for key in sorted(known):
        values = [[value for each in side for value in each.get(key, ())] for side in (recorded, actual)]
        if values[1]:
            yield from _compare(f"{path}.{key}", *values, others=others)


def _by_pattern(row: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the values of an object by key, those of ids as keys together."""
    values: dict[str, list[Any]] = {}
    for key, value in row.items():
        name = "ID" if key.isdigit() else "MIGRATION_ID" if re.fullmatch(r"[gi][0-9a-f]{32}", key) else key
        values.setdefault(name, []).append(value)
    return values


def _compare_rows(path: str, recorded: list[Any], actual: list[Any], *, others: bool) -> Iterator[str]:
    if others and not (recorded and actual):
        return
    if bool(recorded) != bool(actual):
        yield f"{path}: {len(actual)} rows, recorded {len(recorded)}"
        return
    partners = {key: row for row in recorded if (key := _key(row)) is not None}
    alone = []
    for row in actual:
        partner = partners.pop(_key(row), None)
        if partner is None:
            alone.append(row)
        else:
            yield from _compare(path, [partner], [row], others=others)
    if alone:
        yield from _compare(path, recorded, alone, others=others or len(alone) < len(actual))


def _key(row: Any) -> Any:
    if not isinstance(row, dict):
        return None
    return next((row[name] for name in ("id", "page_id", "url") if name in row), None)


def _words(classes: set[str]) -> str:
    return " or ".join(sorted(classes))


def class_of(value: Any) -> str:
    """Return the type of a JSON value; texts are told apart by their form."""
    return _class_of_text(value) if isinstance(value, str) else CLASSES[type(value)]


def _class_of_text(text: str) -> str:
    if text.isdigit() and not re.fullmatch(PLACEHOLDER, text):
        return "digits"
    if DATE.match(text):
        return "date" if len(text) == 10 else "date Z" if text.endswith("Z") else "date with offset"
    if re.match(r"https?://\S+$", text):
        return "url"
    if re.match(r"/\S*$", text):
        return "path"
    return "html" if re.search(r"<\w+[^>]*>", text) else "text"

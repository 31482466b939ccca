"""What a server in front of Canvas, or a Canvas of tomorrow, may make of a response: each value in it is replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

MISSING = "MISSING"
"""Stands for a key that is taken away."""

REPLACEMENTS: Mapping[str, str] = {
    "missing": MISSING,
    "null": "null",
    "true": "true",
    "zero": "0",
    "a negative number": "-1",
    "a fraction": "1.5",
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "1e999": "1e999",
    "a number of 400 digits": "9" * 400,
    "a number of 5000 digits": "9" * 5000,
    "a number beyond 64 bits": "18446744073709551616",
    "an empty text": '""',
    "a text": '"text"',
    "digits": '"17"',
    "an id of another shard": '"1~17"',
    "NUL": '"a\\u0000b"',
    "a lone surrogate": '"a\\ud800b"',
    "a key with NUL": '{"id\\u0000": 1, "\\udfff": "\\u0000"}',
    "an empty list": "[]",
    "a list": "[[], 1, null]",
    "an empty object": "{}",
    "an object": '{"id": null}',
    "deep lists": "[" * 5000 + "]" * 5000,
    "deep objects": '{"a":' * 300 + "1" + "}" * 300,
    "a huge text": json.dumps("long " * 4_000),
}
"""Name -> JSON text, which no JSON library of ours has to be able to write."""

Path = tuple[str | int, ...]

PLACEHOLDER = "@@placeholder@@"


def paths(value: Any, prefix: Path = ()) -> Iterator[Path]:
    """Return the paths of all values within a JSON value, and its own: of a list only its first two items."""
    yield prefix
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*prefix, key))
    if isinstance(value, list):
        for index, item in enumerate(value[:2]):
            yield from paths(item, (*prefix, index))


def mutated(value: Any, path: Path, replacement: str) -> bytes:
    """Return the JSON text of a value in which one value is replaced.

    :param path: Where it is.
    :param replacement: JSON text, or :data:`MISSING`.
    """
    if not path:
        return b"" if replacement == MISSING else replacement.encode()
    copy = json.loads(json.dumps(value))
    container = copy
    for part in path[:-1]:
        container = container[part]
    if replacement == MISSING:
        del container[path[-1]]
        return json.dumps(copy).encode()
    container[path[-1]] = PLACEHOLDER
    return json.dumps(copy).replace(f'"{PLACEHOLDER}"', replacement).encode()


def assert_storable(value: Any) -> None:
    """Check that a database, a log and a report can hold a value: finite numbers, and text that can be encoded."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False)
    text.encode("utf-8")
    assert "\\u0000" not in text.replace("\\\\", "")


def nesting(value: Any) -> int:
    """Return how many levels a value of JSON has."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(nesting, items), default=0)

"""The ids in a request, for the error that one of them does not exist."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from airflow_provider_canvas.api.call import CONTEXTS, Call
from airflow_provider_canvas.api.parameters import flatten
from airflow_provider_canvas.security.redaction import redact

MAX_IDS = 10
"""How many ids a message names; a list in a request may have hundreds."""

_CONTEXT_IDS = {plural: name for name, plural in CONTEXTS.items()}
_HEX = re.compile(r"hex:(\w+):((?:[0-9a-f]{2})+)")
_SHARDED = re.compile(r" [0-9]+~[0-9]+\b")
_NEW_VALUES = ("sis_", "integration_id")
"""Beginnings of parameters that set an id of another system, and name nothing that exists."""


def not_found_advice(call: Call[Any]) -> str:
    """Return what a 404 to a call means: which ids it sent, and what to check."""
    ids = list(dict.fromkeys(f"{name} {value}" for name, value in (*_ids_in_path(call), *_ids_in_params(call))))
    if not ids:
        return "It does not exist, or the token's user may not see it."
    more = f" and {len(ids) - MAX_IDS} more" if len(ids) > MAX_IDS else ""
    named = redact(f"{', '.join(ids[:MAX_IDS])}{more}")
    which = named if len(ids) == 1 else f"One of these ids ({named})"
    advice = f"{which} does not exist, or the token's user may not see it: check the id, and the prefix of an SIS id."
    if any(_SHARDED.search(each) for each in ids):
        advice += " An id of the form shard~number exists only where Canvas has several shards."
    return advice


def _ids_in_path(call: Call[Any]) -> Iterator[tuple[str, str]]:
    pattern = ""
    for literal, name, _, _ in string.Formatter().parse(call.route):
        pattern += re.escape(literal)
        if name == "context":
            pattern += r"(?P<context>\w+)/(?P<context_id>[^/]+)"
        elif name is not None:
            pattern += rf"(?P<{name}>.+)"
    match = re.fullmatch(pattern, call.path)
    values = match.groupdict() if match else {}
    context = _CONTEXT_IDS.get(values.pop("context", ""), "")
    for name, value in values.items():
        yield context if name == "context_id" else name, _readable(value)


def _ids_in_params(call: Call[Any]) -> Iterator[tuple[str, str]]:
    for name, value in flatten(call.params):
        last = name.removesuffix("[]").rstrip("]").rpartition("[")[2]
        is_id = last.endswith(("_id", "_ids")) or last == "source_course"
        if is_id and value and not last.startswith(_NEW_VALUES):
            yield name.removesuffix("[]"), value


def _readable(part: str) -> str:
    """Return an id as the user wrote it: unquoted, and an SIS id that was sent as hexadecimal digits as text."""
    text = unquote(part)
    match = _HEX.fullmatch(text)
    return f"{match[1]}:{bytes.fromhex(match[2]).decode(errors='replace')}" if match else text

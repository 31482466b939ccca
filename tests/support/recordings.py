"""The recordings of a real Canvas in ``tests/recordings``: exchanges of a request and its response, and time lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "recordings"
TIME_LINES = "jobs"
HOST = "canvas.example"
"""The name that stands for the host of the recorded Canvas."""


@dataclass(frozen=True)
class Exchange:
    """A request to a real Canvas, and its response.

    :param subject: The file that it is in, without the suffix.
    :param name: Its unique name, such as ``courses.get.unknown``.
    :param who: Whose token the request had: ``admin``, ``teacher``, ``student``, ``wrong``, ``none``, and so on.
    :param method: The HTTP method.
    :param path: The path.
    :param query: The query as it was encoded.
    :param status: The status of the response.
    :param request_headers: ``Content-Type``, and others that are not usual.
    :param request_body: JSON; ``{"form": ...}``, ``{"form_text": ...}`` or ``{"multipart": names}``.
    :param response_headers: The headers that matter.
    :param response_body: The JSON of the response; None if it was not JSON.
    :param response_text: The text of a response that was not JSON.
    :param response_note: A description in place of bytes or a page.
    :param source: ``recorder``, or ``traffic`` for an exchange of other tests.
    :param note: A hint.
    """

    subject: str
    name: str
    who: str
    method: str
    path: str
    query: str
    status: int
    request_headers: Mapping[str, str] = field(default_factory=dict)
    request_body: Any = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: Any = None
    response_text: str | None = None
    response_note: str | None = None
    source: str = "recorder"
    note: str | None = None

    @property
    def order(self) -> int:
        """The place of the exchange in time: the recorded Canvas counted its requests."""
        return int(self.response_headers.get("X-Request-Context-Id", "0").rpartition("-")[2])


@dataclass(frozen=True)
class TimeLine:
    """A job of a real Canvas, from the POST to its end.

    :param name: Its unique name, such as ``jobs.copy.full``.
    :param what: What was done.
    :param actions: The POSTs and PUTs with their responses.
    :param timeline: What polls saw, each with ``t``, ``until``, ``polls``, ``of``, ``changed`` and ``body``.
    """

    name: str
    what: str
    actions: list[dict[str, Any]]
    timeline: list[dict[str, Any]]


@cache
def exchanges(subject: str) -> tuple[Exchange, ...]:
    """Return the exchanges of a subject in their recorded order."""
    return tuple(_exchange(subject, line) for line in _lines(subject))


@cache
def all_exchanges() -> Mapping[str, Exchange]:
    """Return all exchanges by name."""
    return {each.name: each for subject in subjects() for each in exchanges(subject)}


@cache
def time_lines() -> tuple[TimeLine, ...]:
    """Return the time lines of all recorded jobs."""
    return tuple(
        TimeLine(line["name"], line.get("what", ""), line["actions"], line["timeline"]) for line in _lines(TIME_LINES)
    )


@cache
def subjects() -> tuple[str, ...]:
    """Return the names of the files with exchanges."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.jsonl") if path.stem != TIME_LINES))


def _lines(subject: str) -> Iterator[dict[str, Any]]:
    with (FOLDER / f"{subject}.jsonl").open() as file:
        for line in file:
            yield json.loads(line)


def _exchange(subject: str, line: dict[str, Any]) -> Exchange:
    source = line.pop("from", "recorder")
    return Exchange(subject=subject, source=source, **line)

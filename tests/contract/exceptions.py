"""The reviewed exceptions: what the emulator deliberately does otherwise than the recorded Canvas, and why.

Each exception excuses some differences of some exchanges. One that excuses nothing fails the test of its exchange.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

MAX_EXCHANGES = 40
"""How many exchanges may have an exception."""


@dataclass(frozen=True)
class ReviewedException:
    """A difference that is meant to stay.

    :param reason: Why the emulator does not respond as the recorded Canvas did.
    :param exchanges: The names of the exchanges.
    :param differences: A pattern of the lines that it excuses, as ``differences`` gives them.
    """

    reason: str
    exchanges: tuple[str, ...]
    differences: str = ".*"

    def excuses(self, line: str) -> bool:
        """Tell whether this exception excuses a difference."""
        return re.match(self.differences, line, re.DOTALL) is not None


EXCEPTIONS: tuple[ReviewedException, ...] = (
    ReviewedException(
        "No response tells that the file belongs to an export, so the world has it in a course.",
        ("files.get.traffic.200.1",),
        r"\.visibility_level",
    ),
    ReviewedException(
        "The request had a session that had logged out: the recording does not have it, and without it the request is"
        " the same as that of graphql.traffic.422.1.",
        ("graphql.traffic.302.1",),
    ),
    ReviewedException(
        "The upload was announced by a request that was not recorded; that of another file is sent in its place.",
        ("files.storage.no_file",),
        "header Location",
    ),
    ReviewedException(
        "The package whose content could be selected was not recorded.",
        ("content_migrations.selective_data.traffic.200.1",),
    ),
    ReviewedException(
        "The request accepted any type: the recording of this traffic does not have the header.",
        ("files.transfer.traffic.302.1",),
    ),
    ReviewedException(
        "Discussions have no entries in the emulator.",
        ("courses.activity_stream.admin",),
        r"\[\]\.root_discussion_entries\[\]: 0 rows",
    ),
    ReviewedException(
        "Canvas stores notifications when something happens; the emulator makes a stream from the rows that are there.",
        ("courses.activity_stream.teacher", "courses.activity_stream.student"),
    ),
)


def exceptions_of(name: str) -> list[ReviewedException]:
    """Return the exceptions of an exchange."""
    return [each for each in EXCEPTIONS if name in each.exchanges]


def excepted_names() -> set[str]:
    """Return the names of all exchanges with an exception."""
    return {name for each in EXCEPTIONS for name in each.exchanges}


def unexcused(name: str, lines: Iterable[str]) -> list[str]:
    """Return the differences of an exchange that no exception excuses."""
    excusing = exceptions_of(name)
    return [line for line in lines if not any(each.excuses(line) for each in excusing)]


def unneeded(name: str, lines: Iterable[str]) -> list[ReviewedException]:
    """Return the exceptions of an exchange that excuse none of its differences."""
    lines = list(lines)
    return [each for each in exceptions_of(name) if not any(each.excuses(line) for line in lines)]

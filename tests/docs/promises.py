"""What must be there before a snippet runs, and what its page promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.docs.stage import Stage


def _nothing(stage: Stage) -> None:
    pass


@dataclass(frozen=True)
class Promise:
    """What is there before a snippet runs, and what is there afterwards.

    :param prepare: Prepares Canvas, files and the database.
    :param check: Checks what the page promises.
    """

    prepare: Callable[[Stage], None] = _nothing
    check: Callable[[Stage], None] = _nothing


NO_PROMISE = Promise()


def copied(course_id: int) -> Callable[[Stage], None]:
    """Return a check that a course was copied into once."""

    def check(stage: Stage) -> None:
        (migration,) = stage.world.migrations_of(course_id)
        assert migration.workflow_state == "imported"

    return check


PROMISES: dict[str, Promise] = {
    "README.md: copy_biology": Promise(check=copied(2001)),
}

"""Stand-ins for the checks that are not here yet."""

from __future__ import annotations

from typing import Any

OF_UNMAPPED: tuple[str, ...] = ()
NEW_QUIZ_LISTINGS: tuple[str, ...] = ()


def compare_unmapped(*_: Any, **__: Any) -> list[Any]:
    """Return no rows."""
    return []


def with_new_quizzes(rows: list[Any], *_: Any) -> list[Any]:
    """Return the rows."""
    return rows

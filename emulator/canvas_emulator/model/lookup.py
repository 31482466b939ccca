"""Finding rows by an id that is not their own, such as an SIS id, without a look at each of 20,000."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

R = TypeVar("R")


class Index(Generic[R]):
    """Rows by one of their attributes.

    Rows change without telling, so what was found is checked, and the index is made anew when it is wrong. A value
    that nobody has therefore costs one look at each row, and one that somebody has costs a look into a dictionary.

    :param attribute: reads the attribute from a row.
    """

    def __init__(self, attribute: Callable[[R], object]) -> None:
        self._attribute = attribute
        self._by_value: dict[object, R] = {}

    def find(self, rows: Mapping[Any, R], value: str) -> R | None:
        """Return the row with this value; where several have it, one that is not deleted, and of these the newest."""
        found = self._by_value.get(value)
        if found is None or self._attribute(found) != value or _deleted(found):
            ordered = sorted(rows.values(), key=lambda row: not _deleted(row))
            self._by_value = {self._attribute(row): row for row in ordered}
            found = self._by_value.get(value)
        return found


def _deleted(row: object) -> bool:
    return getattr(row, "workflow_state", None) == "deleted"

"""The thresholds of ``fail_if``: their names, and numbers or percentages above which a task fails."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.ids import redacted_repr

_PERCENT = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*%\s*", re.ASCII)
_NUMBER = re.compile(r"\s*(\d{1,9}(?:\.\d+)?)\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold.

    :param number: A count, or a percentage.
    :param is_percentage: Whether it is a percentage.
    """

    number: float
    is_percentage: bool = False

    def is_exceeded(self, count: float, total: float) -> bool:
        """Return whether a count is above the threshold.

        :param count: The count.
        :param total: What a percentage refers to.
        """
        return 100 * count > self.number * total if self.is_percentage else count > self.number

    def __str__(self) -> str:
        """Return the threshold as it was written."""
        return f"{self.number:g} %" if self.is_percentage else f"{self.number:g}"


def parse_limits(fail_if: Mapping[str, Any], known: Collection[str], *, texts: bool) -> dict[str, Limit]:
    """Return thresholds by name, checked.

    :param fail_if: Numbers from 0 by name, or text.
    :param known: The names that there are.
    :param texts: Whether a value may be text: a number, or a percentage such as ``2 %``.
    :raises CanvasInputError: If a name is unknown (the message suggests the nearest one), or a value is no number.
    """
    if not isinstance(fail_if, Mapping):
        raise CanvasInputError(f"fail_if is {redacted_repr(fail_if)}: write a dict, such as {{'failed': 0}}.")
    limits = {}
    for key, value in fail_if.items():
        if key not in known:
            nearest = get_close_matches(str(key), known, n=1, cutoff=0)[0]
            raise CanvasInputError(
                f"fail_if has an unknown key {key!r}; did you mean {nearest!r}? Known keys: {', '.join(sorted(known))}"
            )
        limits[key] = _limit(key, value, texts)
    return limits


def _limit(key: str, value: Any, texts: bool) -> Limit:
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return Limit(value)
    if texts and isinstance(value, str):
        if match := _NUMBER.fullmatch(value):
            return Limit(float(match[1]))
        if (match := _PERCENT.fullmatch(value)) and float(match[1]) <= 100:
            return Limit(float(match[1]), is_percentage=True)
    instead = "a number from 0, such as 0 or 5" + (", or a percentage, such as '2 %'" if texts else "")
    raise CanvasInputError(f"fail_if[{key!r}] is {redacted_repr(value)}; write {instead}")

"""One thing of a course that Canvas's mapping does not have, such as a rubric, in the form in which it is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from airflow_provider_canvas.reconciliation.assets import SINGULAR, id_order
from airflow_provider_canvas.reconciliation.differences import format_number

Order = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing of a course.

    :param asset_type: One of ``UNMAPPED_TYPES``.
    :param item_id: Canvas's id, as text.
    :param title: Its title or name; empty if Canvas gives none.
    :param facts: What a copy takes over, by the name that a sentence uses; None for a value that Canvas did not send.
    :param content: What tells it from others of the same title, and what makes it recognisable under another title;
        None if nothing does.
    :param shifts: Whether a copy may move it in time, and so change its content.
    :param order: Its place among the things of its type, before the id.
    :param points: Points possible.
    :param created_at: Time of the creation, if Canvas sends it.
    :param updated_at: Time of the last update, if Canvas sends it.
    :param not_copied: Why a copy never brings it, in words; empty if a copy brings it.
    """

    asset_type: str
    item_id: str
    title: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    content: Any = None
    shifts: bool = False
    order: Order = ()
    points: float | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    not_copied: str = ""

    @property
    def name(self) -> str:
        """Type and id for a sentence: ``rubric 55``."""
        return f"{SINGULAR[self.asset_type]} {self.item_id}"

    @property
    def key(self) -> str:
        """The title without regard to case and spaces."""
        return " ".join(self.title.split()).casefold()

    @property
    def place(self) -> Order:
        """A sort key: the order in the course, then the age."""
        return (*self.order, *id_order(self.item_id))

    def differences(self, copy: Item) -> list[str]:
        """Return one phrase per difference to a copy, such as ``points: 10 -> 20``.

        A value that only one side has counts as unknown, not as different.
        """
        pairs = {"title": (self.title or None, copy.title or None)}
        pairs |= {name: (value, copy.facts.get(name)) for name, value in self.facts.items()}
        return [_phrase(name, *pair) for name, pair in pairs.items() if None not in pair and pair[0] != pair[1]]


def _phrase(name: str, before: Any, after: Any) -> str:
    if isinstance(before, tuple):
        return f"{name}: not the same"
    return f"{name}: {_shown(before)} -> {_shown(after)}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format_number(value) if isinstance(value, int | float) else f"'{value}'"

"""A planted stale link, and all that were planted together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from random import Random
from typing import Any

from canvas_emulator.effects.html_places import Place
from canvas_emulator.model.content import Content
from canvas_emulator.model.world import World
from canvas_emulator.seeds.planted.copied_course import CopiedCourse, copied_courses


@dataclass(frozen=True)
class Defect:
    """A planted stale link.

    :param course_id: The destination.
    :param place_type: The kind of what has the link.
    :param place_id: Its id, as text.
    :param field: The field that has the link.
    :param attribute: The attribute; ``text`` in text, and empty in a field that is one address.
    :param url: The address, as it is stored, without the host of this Canvas.
    :param problem: What is wrong.
    :param right_url: What should be there; None where nobody can know.
    """

    course_id: int
    place_type: str
    place_id: str
    field: str
    attribute: str
    url: str
    problem: str
    right_url: str | None


@dataclass(frozen=True)
class Link:
    """An address that is wrong, wherever it is.

    :param attribute: The attribute that has it; see ``Defect``.
    :param url: It, as it is stored.
    :param problem: What is wrong.
    :param right_url: What should be there; None where nobody can know.
    """

    attribute: str
    url: str
    problem: str
    right_url: str | None


@dataclass
class Planting:
    """What has been planted so far.

    :param world: The world.
    :param random: Draws what is planted where.
    :param base_url: Scheme and host of this Canvas, for addresses that must have them.
    :param count: How many defects to plant.
    :param course_ids: The courses to plant them into; ``None`` for all that were copied.
    """

    world: World
    random: Random
    base_url: str
    count: int
    course_ids: Collection[int] | None = None

    def __post_init__(self) -> None:
        self.defects: list[Defect] = []
        self.harmless = 0
        self.at = self.world.clock.now()
        copied = copied_courses(self.world)
        used = {course_id for each in copied for course_id in (each.source_id, each.course_id)}
        self.courses = [each for each in copied if self.course_ids is None or each.course_id in self.course_ids]
        unused = (course_id for course_id in self.world.tables.courses if course_id not in used)
        self.allowed = next(unused, max(used, default=0))
        """A course that all may link to: the first that is neither source nor destination, or else the last one."""
        for course in self.courses:
            course.others = sorted(used - {course.course_id, course.source_id, self.allowed})

    @property
    def is_full(self) -> bool:
        """Tell whether there are as many defects as asked for."""
        return len(self.defects) >= self.count

    def add(self, course: CopiedCourse, place: Place, link: Link) -> None:
        """Record a defect."""
        where = (course.course_id, place.type, str(place.owner.id), place.field)
        self.defects.append(Defect(*where, link.attribute, link.url, link.problem, link.right_url))

    def set(self, row: Content, **values: Any) -> None:
        """Change a row as a user does."""
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at = self.at

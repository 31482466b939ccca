"""What one course holds: the course itself and all its assets, as Canvas lists them now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, Asset
from airflow_provider_canvas.reconciliation.coerce import object_of, objects_of, text_of


@dataclass(frozen=True)
class Course:
    """The course, as far as a reader of the results wants to know it.

    :param course_id: Canvas's id, as text.
    :param name: Empty for a course that is restricted by date: Canvas then answers little but the id.
    :param sis_course_id: None without one, or without the right to see it.
    :param term_name: Name and SIS id of the term, if the course was asked for with ``include[]=term``.
    """

    course_id: str
    name: str = ""
    course_code: str | None = None
    sis_course_id: str | None = None
    account_id: str | None = None
    term_name: str | None = None
    term_sis_id: str | None = None

    @property
    def title(self) -> str:
        """The name, or ``Course 42`` for a course that does not show it."""
        return self.name or f"Course {self.course_id or '(unknown)'}"

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Course:
        """Read Canvas's Course object."""
        body = object_of(body)
        term = object_of(body.get("term"))
        return cls(
            course_id=text_of(body.get("id")) or "",
            name=text_of(body.get("name")) or "",
            course_code=text_of(body.get("course_code")),
            sis_course_id=text_of(body.get("sis_course_id")),
            account_id=text_of(body.get("account_id")),
            term_name=text_of(term.get("name")),
            term_sis_id=text_of(term.get("sis_term_id")),
        )


@dataclass(frozen=True)
class Inventory:
    """A course and its assets by type and id.

    :param assets: Every one of ``ASSET_TYPES`` is a key.
    """

    course: Course
    assets: Mapping[str, Mapping[str, Asset]]

    @classmethod
    def parse(cls, course: Mapping[str, Any], listings: Mapping[str, Iterable[Mapping[str, Any]]]) -> Inventory:
        """Read the course and the listings of its assets.

        An asset that a listing repeats (a page of results shifted while it was read) counts once; an object
        without an id is left out. Module items may stand in ``module_items``, each with its ``module_id``, in
        the ``items`` of their modules, or in both.

        :param course: Canvas's Course object.
        :param listings: Canvas's objects by asset type; a type that is not there has no assets.
        """
        listings = object_of(listings)
        modules = list(objects_of(listings.get("modules")))
        titles = {text_of(m.get("id")) or "": text_of(m.get("name")) or "" for m in modules}
        bodies = {asset_type: list(objects_of(listings.get(asset_type))) for asset_type in ASSET_TYPES}
        bodies["modules"] = modules
        bodies["module_items"] = [*_items_within(modules), *bodies["module_items"]]
        return cls(
            course=Course.parse(course),
            assets={
                asset_type: {
                    asset.asset_id: asset
                    for asset in (Asset.parse(asset_type, body, titles) for body in bodies[asset_type])
                    if asset
                }
                for asset_type in ASSET_TYPES
            },
        )


def _items_within(modules: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [{"module_id": module.get("id"), **item} for module in modules for item in objects_of(module.get("items"))]

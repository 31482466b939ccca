"""One course and its assets, as Canvas lists them now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, Asset
from airflow_provider_canvas.reconciliation.coerce import to_object, to_objects, to_text


@dataclass(frozen=True)
class Course:
    """A course, with what is stored and displayed of it.

    :param course_id: Canvas's id, as text.
    :param name: Name; empty for a course that is restricted by date, of which Canvas sends little but the id.
    :param course_code: Course code.
    :param sis_course_id: SIS id; None without one, or without the permission to see it.
    :param account_id: Id of the account, as text.
    :param term_name: Name of the term, if the course was requested with ``include[]=term``.
    :param term_sis_id: SIS id of the term, if the course was requested with ``include[]=term``.
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
        """The name, or ``Course 42`` for a course without a name."""
        return self.name or f"Course {self.course_id or '(unknown)'}"

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Course:
        """Parse Canvas's Course object."""
        body = to_object(body)
        term = to_object(body.get("term"))
        return cls(
            course_id=to_text(body.get("id")) or "",
            name=to_text(body.get("name")) or "",
            course_code=to_text(body.get("course_code")),
            sis_course_id=to_text(body.get("sis_course_id")),
            account_id=to_text(body.get("account_id")),
            term_name=to_text(term.get("name")),
            term_sis_id=to_text(term.get("sis_term_id")),
        )


@dataclass(frozen=True)
class Inventory:
    """A course and its assets by type and id.

    :param course: The course.
    :param assets: Assets by type and id; each of ``ASSET_TYPES`` is a key.
    """

    course: Course
    assets: Mapping[str, Mapping[str, Asset]]

    @classmethod
    def parse(cls, course: Mapping[str, Any], listings: Mapping[str, Iterable[Mapping[str, Any]]]) -> Inventory:
        """Parse the course and the listings of its assets.

        An asset that a listing repeats (because pages shifted while they were fetched) counts once; an object without
        an id is skipped. Module items may be in ``module_items``, each with its ``module_id``, in the ``items`` of
        their modules, or in both.

        :param course: Canvas's Course object.
        :param listings: Canvas's objects by asset type; a type without a listing has no assets. With ``folders``, files
            have the full names of their folders.
        """
        listings = to_object(listings)
        course_id = to_text(to_object(course).get("id")) or ""
        modules = list(to_objects(listings.get("modules")))
        titles = {to_text(m.get("id")) or "": to_text(m.get("name")) or "" for m in modules}
        folders = to_objects(listings.get("folders"))
        paths = {to_text(f.get("id")) or "": to_text(f.get("full_name")) or "" for f in folders}
        bodies = {asset_type: list(to_objects(listings.get(asset_type))) for asset_type in ASSET_TYPES}
        bodies["modules"] = modules
        bodies["module_items"] = [*_items_of(modules), *bodies["module_items"]]
        assets = {
            asset_type: {
                asset.asset_id: asset
                for asset in (Asset.parse(asset_type, body, titles, paths, course_id) for body in bodies[asset_type])
                if asset
            }
            for asset_type in ASSET_TYPES
        }
        topics = assets["discussion_topics"].values()
        assets["discussion_topics"] = {topic.asset_id: _with_own_due_date(topic, assets) for topic in topics}
        return cls(Course.parse(course), assets)


def _with_own_due_date(topic: Asset, assets: Mapping[str, Mapping[str, Asset]]) -> Asset:
    """Return a discussion topic with the due date of its assignment, as the listing of assignments has it.

    The assignment inside a topic has the date of an override where there is one, and no parameter changes that.
    """
    assignment_id = dict(topic.comes_with).get("assignments")
    assignment = assets["assignments"].get(assignment_id or "")
    return topic if assignment is None else replace(topic, due_at=assignment.due_at)


def _items_of(modules: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [{"module_id": module.get("id"), **item} for module in modules for item in to_objects(module.get("items"))]

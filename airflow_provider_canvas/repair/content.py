"""How the texts of each type of place are read from Canvas and saved: only the texts, and without a notification."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.content_fields import AssignmentChanges, QuizChanges
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.client.errors import CanvasNotFoundError
from airflow_provider_canvas.repair.places import Link, Place
from airflow_provider_canvas.repair.rewriting import Texts
from airflow_provider_canvas.repair.states import RepairState

TOOL_URL = "external_tool_tag_attributes.url"
"""The field with the URL of the tool that an assignment opens."""

_FIELDS: Mapping[str, tuple[str, ...]] = {
    "pages": ("body",),
    "assignments": ("description", TOOL_URL),
    "discussion_topics": ("message",),
    "announcements": ("message",),
    "quizzes": ("description",),
    "syllabus": ("syllabus_body",),
    "calendar_events": ("description",),
    "module_items": ("external_url",),
    "lti_resource_links": ("url",),
}
"""The fields that can be changed, by type of place; LTI resource links have custom parameters besides."""

_CUSTOM = "custom."
_AS_TEXT = (str, int, float)
"""The types of custom parameters that text stands for."""

_DATES = ("start_at", "end_at")
_SHELLS = ("quiz_id", "discussion_topic")


@dataclass(frozen=True)
class Reading:
    """A place as Canvas has it now.

    :param record: Canvas's record.
    :param texts: The texts in which links can be repaired, by field.
    """

    record: Mapping[str, Any]
    texts: Texts

    @property
    def updated_at(self) -> str | None:
        """The time of the last update, as Canvas writes it."""
        return self.record.get("updated_at")

    @property
    def dates(self) -> dict[str, Any]:
        """The dates of a course, which Canvas may clear when its syllabus is saved; empty for other places."""
        return {name: self.record.get(name) for name in _DATES} if "syllabus_body" in self.record else {}

    @property
    def dates_at_risk(self) -> dict[str, Any]:
        """The dates of a course that Canvas clears when its syllabus is saved: those that restrict no enrollments."""
        if self.record.get("restrict_enrollments_to_course_dates"):
            return {}
        is_unpublished = self.record.get("workflow_state") in ("unpublished", "created", "claimed")
        return {name: date for name, date in self.dates.items() if date and (name == "end_at" or is_unpublished)}


@dataclass
class Content:
    """Reads and saves the texts of places. Threads may share it.

    :param canvas: The client that reads.
    :param writer: The client that saves. It sends a request once: a request that waits could overwrite an edit.
    """

    canvas: Canvas[SyncIO]
    writer: Canvas[SyncIO]
    _modules: dict[str, dict[str, Any]] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def read(self, place: Place) -> Reading:
        """Return a place as Canvas has it now.

        :param place: The place.
        :raises CanvasError: If it is gone, or may not be read.
        """
        record = self._fetch(place)
        return Reading(record, _texts(place, record))

    def save(self, place: Place, reading: Reading, texts: Texts) -> None:
        """Save texts of a place.

        :param place: The place.
        :param reading: The place as it was read last.
        :param texts: All its texts, of which some differ from those that were read.
        :raises CanvasError: If Canvas refuses them, or does not respond.
        """
        course_id, here, canvas = place.course_id, place.place_id, self.writer
        html = texts.get(_FIELDS[place.place_type][0], "")
        match place.place_type:
            case "pages":
                canvas.pages.update(course_id=course_id, url_or_id=f"page_id:{here}", wiki_page={"body": html})
            case "assignments":
                assignment = _changed_assignment(reading.texts, texts)
                canvas.assignments.update(course_id=course_id, assignment_id=here, assignment=assignment)
            case "discussion_topics" | "announcements":
                canvas.discussion_topics.update(course_id=course_id, topic_id=here, message=html)
            case "quizzes":
                quiz: QuizChanges = {"description": html, "notify_of_update": False}  # Canvas's default is true
                canvas.quizzes.update(course_id=course_id, quiz_id=here, quiz=quiz)
            case "syllabus":
                canvas.courses.update(course_id=course_id, course={"syllabus_body": html})
            case "calendar_events":
                canvas.calendar_events.update(event_id=here, calendar_event={"description": html})
            case "module_items":
                module_id = reading.record["module_id"]
                canvas.modules.update_item(
                    course_id=course_id, module_id=module_id, item_id=here, module_item={"external_url": html}
                )
            case _:
                self._save_resource_link(place, reading, texts)

    def _save_resource_link(self, place: Place, reading: Reading, texts: Texts) -> None:
        changed = {name for name, text in texts.items() if text != reading.texts[name]}
        custom: dict[str, Any] = dict(reading.record.get("custom") or {}) | {
            name.removeprefix(_CUSTOM): text for name, text in texts.items() if name.startswith(_CUSTOM)
        }
        is_custom = any(name.startswith(_CUSTOM) for name in changed)
        self.writer.lti_resource_links.update(
            course_id=place.course_id,
            resource_link_id=place.place_id,
            url=texts["url"] if "url" in changed else None,
            custom={name: _as_text(value) for name, value in custom.items()} if is_custom else None,
        )

    def _fetch(self, place: Place) -> Mapping[str, Any]:
        course_id, here, canvas = place.course_id, place.place_id, self.canvas
        record: Mapping[str, Any]
        match place.place_type:
            case "pages":
                record = canvas.pages.get(course_id=course_id, url_or_id=f"page_id:{here}")
            case "assignments":
                record = canvas.assignments.get(course_id=course_id, assignment_id=here)
            case "discussion_topics" | "announcements":
                record = canvas.discussion_topics.get(course_id=course_id, topic_id=here)
            case "quizzes":
                record = canvas.quizzes.get(course_id=course_id, quiz_id=here)
            case "syllabus":
                record = canvas.courses.get(course_id=course_id, include=["syllabus_body"])
            case "calendar_events":
                record = canvas.calendar_events.get(event_id=here)
            case "module_items":
                module_id = self._module_of(place)
                record = {"module_id": module_id} | canvas.modules.item(
                    course_id=course_id, module_id=module_id, item_id=here
                )
            case _:
                record = canvas.lti_resource_links.get(course_id=course_id, resource_link_id=here)
        return record

    def _module_of(self, place: Place) -> Any:
        """Return the module of a module item, from the modules of its course, which are read once.

        :raises CanvasNotFoundError: If no module has it.
        """
        with self._lock:
            if place.course_id not in self._modules:
                self._modules[place.course_id] = self._modules_of_items(place.course_id)
        if (module_id := self._modules[place.course_id].get(place.place_id)) is None:
            raise CanvasNotFoundError(f"No module of course {place.course_id} has the item {place.place_id}.")
        return module_id

    def _modules_of_items(self, course_id: str) -> dict[str, Any]:
        modules: dict[str, Any] = {}
        for module in self.canvas.modules.list(course_id=course_id, include=["items"]):
            items = module.get("items")
            if items is None or len(items) < module.get("items_count", 0):  # Canvas leaves out many items
                items = list(self.canvas.modules.items(course_id=course_id, module_id=module["id"]))
            modules |= {str(item["id"]): module["id"] for item in items}
        return modules


def reason_to_skip(
    place: Place, reading: Reading, *, repair_blueprint_children: bool = False
) -> tuple[RepairState, str] | None:
    """Return why a place must not be changed, as a state and a sentence; ``None`` if it may.

    :param place: The place.
    :param reading: The place as Canvas has it now.
    :param repair_blueprint_children: Whether content that comes from a blueprint, and is not locked, is changed.
    """
    record = reading.record
    if record.get("editor") == "block_editor" or record.get("block_editor_attributes"):
        return RepairState.SKIPPED_BLOCK_EDITOR, "The page was written in the block editor."
    if place.place_type == "assignments" and any(record.get(name) for name in _SHELLS):
        return RepairState.SKIPPED_UNSUPPORTED, "The text is that of a quiz or discussion, which is repaired there."
    if record.get("is_master_course_child_content"):
        if is_locked(record):
            return RepairState.SKIPPED_LOCKED, "The blueprint locks the content of this item."
        if not repair_blueprint_children:
            return RepairState.SKIPPED_BLUEPRINT, "The item comes from a blueprint, whose syncs would skip it then."
    if not reading.texts:
        return RepairState.UNCHANGED, "The place has no text."
    return None


def why_fixed(place: Place, reading: Reading, link: Link) -> str:
    """Return why the API does not change the field that holds a link, as a sentence; empty if it does.

    :param place: The place.
    :param reading: The place as Canvas has it now.
    :param link: The link.
    """
    if link.field in _FIELDS[place.place_type]:
        return ""
    if place.place_type != "lti_resource_links" or not link.field.startswith(_CUSTOM):
        return "The API does not change this field."
    custom = reading.record.get("custom") or {}
    other = [name for name, value in custom.items() if not isinstance(value, _AS_TEXT)]
    if not other:
        return ""
    return f"Canvas takes all custom parameters together, and only as text, which custom.{other[0]} is not."


def is_locked(record: Mapping[str, Any]) -> bool:
    """Return whether a blueprint locks the content of a record. Without details, a restricted one counts as locked.

    :param record: Canvas's record.
    """
    if not record.get("restricted_by_master_course"):
        return False
    restrictions = record.get("master_course_restrictions")
    return not isinstance(restrictions, Mapping) or any(restrictions.get(name) for name in ("content", "all"))


def _texts(place: Place, record: Mapping[str, Any]) -> Texts:
    values = {name: record.get(name) for name in _FIELDS[place.place_type]}
    if place.place_type == "assignments":
        values[TOOL_URL] = (record.get("external_tool_tag_attributes") or {}).get("url")
    if place.place_type == "lti_resource_links":
        values |= {f"{_CUSTOM}{name}": _as_text(value) for name, value in (record.get("custom") or {}).items()}
    return {name: text for name, text in values.items() if isinstance(text, str) and text}


def _changed_assignment(before: Texts, after: Texts) -> AssignmentChanges:
    """Return the fields of an assignment that differ."""
    changes: AssignmentChanges = {}
    if after.get("description") != before.get("description"):
        changes["description"] = after["description"]
    if after.get(TOOL_URL) != before.get(TOOL_URL):
        changes["external_tool_tag_attributes"] = {"url": after[TOOL_URL]}
    return changes


def _as_text(value: Any) -> Any:
    """Return a number or a truth value of a custom parameter as text, which Canvas wants, and any other value as it is.

    Tools get every parameter as text.
    """
    if not isinstance(value, _AS_TEXT):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)

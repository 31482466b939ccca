"""What a Canvas cartridge has beside its resources: settings, groups, rubrics, outcomes, events and modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_type_hints

from canvas_emulator.effects.packages.documents import Node, all_below, is_true, moment, number, text, text_of
from canvas_emulator.effects.packages.package import PackageBuilder, SourceCourse
from canvas_emulator.effects.packages.row_reading import row_of, values_of
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
    CalendarEvent,
    Content,
    DiscussionTopic,
    ExternalTool,
    File,
    LearningOutcome,
    LearningOutcomeGroup,
    Module,
    ModuleItem,
    Page,
    Quiz,
    Rubric,
)
from canvas_emulator.model.course import CourseSettings
from canvas_emulator.model.parsing import parse_int

ITEM_TYPES: Mapping[str, str] = {
    "WikiPage": "Page",
    "Assignment": "Assignment",
    "Quizzes::Quiz": "Quiz",
    "Quiz": "Quiz",
    "DiscussionTopic": "Discussion",
    "Attachment": "File",
    "ContextExternalTool": "ExternalTool",
    "ExternalUrl": "ExternalUrl",
    "ContextModuleSubHeader": "SubHeader",
}
"""Canvas's names for the content of module items, and the types of the API."""

SHOWN: Mapping[str, type[Content]] = {
    "Page": Page,
    "Assignment": Assignment,
    "Quiz": Quiz,
    "Discussion": DiscussionTopic,
    "File": File,
    "ExternalTool": ExternalTool,
}
"""The types of items, and the rows that they show."""
TITLED_BY_CONTENT = frozenset({"Page", "Assignment", "Quiz", "Discussion"})

OPTIONS: Mapping[str, str] = {"hide_final_grade": "hide_final_grades"}
"""The options of a course whose elements have other names."""
NOT_OPTIONS = frozenset({"image_id", "grading_standard_id", "blueprint", "blueprint_restrictions"})


def read_context(root: Node | None, builder: PackageBuilder) -> None:
    """Read from which course the cartridge was exported."""
    if (course_id := parse_int(text_of(root, "course_id").strip())) is not None:
        builder.source = SourceCourse(text_of(root, "root_account_uuid").strip(), course_id)
        builder.course.name = text_of(root, "course_name")


def read_course(root: Node | None, builder: PackageBuilder) -> None:
    """Read the settings of the course."""
    if root is None:
        return
    course = builder.course
    builder.has_settings = True
    course.name, course.course_code = text_of(root, "title"), text_of(root, "course_code")
    course.default_view = text_of(root, "default_view").strip() or course.default_view
    course.license = text_of(root, "license").strip() or course.license
    if is_public := text_of(root, "is_public").strip():
        course.is_public = is_true(is_public)
    course.start_at = moment(text_of(root, "start_at"))
    course.end_at = moment(text_of(root, "conclude_at"))
    kinds = get_type_hints(CourseSettings)
    for element in root:
        name = OPTIONS.get(str(element.tag), str(element.tag))
        if name in NOT_OPTIONS or name not in kinds or len(element) or not (value := text(element).strip()):
            continue
        kind = kinds[name]
        if kind is bool or value in ("true", "false"):
            builder.settings[name] = is_true(value)
        elif kind in (int, int | None):
            if (count := parse_int(value)) is not None:
                builder.settings[name] = count
        else:
            builder.settings[name] = value
    if scheme := text_of(root, "group_weighting_scheme").strip():
        builder.settings["apply_assignment_group_weights"] = scheme == "percent"


def read_groups(root: Node | None, builder: PackageBuilder) -> None:
    """Read the assignment groups."""
    for each in all_below(root, "assignmentGroup"):
        row_of(AssignmentGroup, each, builder)


def read_events(root: Node | None, builder: PackageBuilder) -> None:
    """Read the calendar events."""
    for each in all_below(root, "event"):
        row_of(CalendarEvent, each, builder)


def read_rubrics(root: Node | None, builder: PackageBuilder) -> None:
    """Read the rubrics with their criteria."""
    for each in all_below(root, "rubric"):
        lines = [
            f"{text_of(line, 'description')}: {number(text_of(line, 'points')) or 0.0:g}"
            for line in all_below(each, "criterion")
        ]
        row_of(Rubric, each, builder, criteria=tuple(lines))


def read_outcomes(root: Node | None, builder: PackageBuilder, group_id: int | None = None) -> None:
    """Read the outcomes and their groups, which are within each other."""
    for each in root if root is not None else ():
        if each.tag == "learningOutcomeGroup":
            parent = {} if group_id is None else {"parent_outcome_group_id": group_id}
            group = row_of(LearningOutcomeGroup, each, builder, **parent)
            read_outcomes(each.find("learningOutcomes"), builder, group.id)
        elif each.tag == "learningOutcome":
            row_of(LearningOutcome, each, builder, **({} if group_id is None else {"outcome_group_id": group_id}))


def read_modules(root: Node | None, builder: PackageBuilder) -> None:
    """Read the modules with their items, of which only those are kept that show something."""
    for place, source in enumerate(all_below(root, "module"), start=1):
        before = [each.findtext("identifierref") or "" for each in all_below(source, "prerequisite")]
        ids = tuple(builder.id_of(Module, key) for key in before)
        known = {} if source.find("position") is not None else {"position": place}
        module = row_of(Module, source, builder, prerequisite_module_ids=ids, **known)
        requirements = {
            (each.findtext("identifierref") or ""): each for each in all_below(source, "completionRequirement")
        }
        for item_place, item in enumerate(all_below(source, "item"), start=1):
            _read_item(item, module, item_place, requirements, builder)


def _read_item(
    source: Node, module: Module, place: int, requirements: Mapping[str, Node], builder: PackageBuilder
) -> None:
    key = source.get("identifier", "") or f"{module.migration_id}_{place}"
    stated = text_of(source, "content_type").strip()
    item_type = ITEM_TYPES.get(stated, stated)
    reference = text_of(source, "identifierref").strip()
    title = text_of(source, "title")
    if item_type == "Discussion" and builder.find(Announcement, reference) is not None:
        builder.warn(f'The announcement "{title}" could not be linked to the module "{module.title}"')
        return
    if item_type not in SHOWN and item_type not in ("ExternalUrl", "SubHeader"):
        return
    values = values_of(ModuleItem, source, builder)
    values |= {"type": item_type, "title": title, "module_id": module.id, "migration_id": key}
    values.setdefault("position", place)
    values.pop("content_id", None)
    if url := text_of(source, "url").strip():
        values["external_url"] = url
    if (requirement := requirements.get(key)) is not None:
        values["completion_requirement"] = requirement.get("type")
        values["min_score"] = number(text_of(requirement, "min_score"))
    if item_type in SHOWN:
        content = builder.find(SHOWN[item_type], reference)
        if content is None and item_type != "ExternalTool":
            return
        if content is None and not values.get("external_url"):
            return
        if content is not None:
            values["content_id"] = content.id
        if content is not None and item_type in TITLED_BY_CONTENT:
            values["title"] = content.title or title
            values["workflow_state"] = "active" if content.published else "unpublished"
    elif item_type == "ExternalUrl" and not values.get("external_url"):
        return
    builder.add(ModuleItem(course_id=0, **values))

"""The settings of a course that a copy brings: home page, visibility, license, grading, students' rights, navigation.

Name, code, dates, term, quota and image of a course are its own: they are not compared.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_canvas.reconciliation.coerce import to_number, to_objects, to_text
from airflow_provider_canvas.reconciliation.rows import AssetRow
from airflow_provider_canvas.reconciliation.statuses import Status

Listings = Mapping[str, Sequence[Any]]

NOT_COPIED = "settings were not part of this copy"


@dataclass(frozen=True)
class Setting:
    """What one row compares.

    :param title: Its name for readers.
    :param course: Fields of the course, and their names in sentences.
    :param settings: Fields of the course's settings, and their names in sentences.
    """

    title: str
    course: Mapping[str, str]
    settings: Mapping[str, str]


SETTINGS: Mapping[str, Setting] = {
    "default_view": Setting("Home page", {"default_view": "home page"}, {}),
    "visibility": Setting(
        "Visibility",
        {
            "is_public": "course is public",
            "is_public_to_auth_users": "course is visible to the institution",
            "public_syllabus": "syllabus is public",
            "public_syllabus_to_auth": "syllabus is visible to the institution",
        },
        {},
    ),
    "license": Setting("License", {"license": "license"}, {}),
    "grading": Setting(
        "Grading",
        {"apply_assignment_group_weights": "weights of assignment groups", "hide_final_grades": "totals are hidden"},
        {
            "grading_standard_enabled": "grading scheme",
            "hide_distribution_graphs": "distribution of grades is hidden",
        },
    ),
    "students": Setting(
        "What students may do",
        {},
        {
            "allow_student_discussion_topics": "students create discussions",
            "allow_student_discussion_editing": "students edit their posts",
            "allow_student_forum_attachments": "students attach files",
            "allow_student_organized_groups": "students organize groups",
        },
    ),
}

UNSET: Mapping[str, str] = {"license": "private"}
"""What Canvas takes a setting for that was never set; one that is on or off is off."""

NAVIGATION = "navigation"


def compare_settings(
    source: Listings, destination: Listings, *, copied: bool, skipped: Collection[str] = ()
) -> list[AssetRow]:
    """Return one row per setting; none for a setting that could not be read on both sides.

    :param source: The listings of the source: ``course``, ``settings`` and ``tabs``.
    :param destination: The listings of the destination.
    :param copied: Whether the copy was to bring settings; if not, differences are expected.
    :param skipped: Settings that the copy left out.
    """
    rows = []
    for name, setting in SETTINGS.items():
        differences = [
            *_differences(source, destination, "course", setting.course),
            *_differences(source, destination, "settings", setting.settings),
        ]
        if any(each is not None for each in differences):
            phrases = [each for each in differences if each]
            rows.append(_row(name, setting.title, phrases, copied=copied and name not in skipped))
    if "tabs" in source and "tabs" in destination:
        phrases = _navigation_differences(source["tabs"], destination["tabs"])
        rows.append(_row(NAVIGATION, "Navigation", phrases, copied=copied))
    return rows


def _differences(source: Listings, destination: Listings, listing: str, fields: Mapping[str, str]) -> list[str | None]:
    """Return, for each field, how it differs: empty if it does not, None if that is not known."""
    before, after = (next(iter(to_objects(side.get(listing))), None) for side in (source, destination))
    if before is None or after is None:
        return [None] * len(fields)
    return [_difference(before, after, field, label) for field, label in fields.items()]


def _difference(before: Mapping[str, Any], after: Mapping[str, Any], field: str, label: str) -> str | None:
    if field not in before or field not in after:
        return None
    old, new = before[field], after[field]
    if isinstance(old, bool) or isinstance(new, bool):  # what was never set is off
        return "" if bool(old) == bool(new) else f"{label}: {_yes_or_no(old)} -> {_yes_or_no(new)}"
    old, new = (UNSET.get(field) if value is None else value for value in (old, new))
    if old is None or new is None:
        return ""
    return "" if old == new else f"{label}: '{to_text(old)}' -> '{to_text(new)}'"


def _yes_or_no(value: object) -> str:
    return "yes" if value else "no"


def _navigation_differences(source: Sequence[Any], destination: Sequence[Any]) -> list[str]:
    """Return how the navigation of two courses differs: hidden tabs, tabs of tools, and the order of the others."""
    before, after = _tabs(source), _tabs(destination)
    hidden = [tab.label for key, tab in before.items() if tab.hidden and key in after and not after[key].hidden]
    shown = [tab.label for key, tab in before.items() if not tab.hidden and key in after and after[key].hidden]
    lacking = [tab.label for key, tab in before.items() if tab.is_tool and not tab.hidden and key not in after]
    phrases = []
    if hidden:
        phrases.append(f"hidden in the source only: {', '.join(hidden)}")
    if shown:
        phrases.append(f"hidden in the destination only: {', '.join(shown)}")
    if lacking:
        phrases.append(f"not in the destination: {', '.join(lacking)}")
    common = [key for key, tab in before.items() if not tab.hidden and key in after and not after[key].hidden]
    if common != (there := [key for key in after if key in common]):
        old, new = (", ".join(before[key].label for key in keys) for keys in (common, there))
        phrases.append(f"order: {old} -> {new}")
    return phrases


@dataclass(frozen=True)
class _Tab:
    label: str
    hidden: bool
    is_tool: bool


def _tabs(bodies: Sequence[Any]) -> dict[str, _Tab]:
    """Return the tabs in their order; a tool's by its label, since the copy of a tool has another id."""
    tabs = {}
    for body in sorted(to_objects(bodies), key=lambda each: to_number(each.get("position")) or 0):
        tab_id, label = to_text(body.get("id")) or "", to_text(body.get("label")) or ""
        is_tool = body.get("type") == "external" or tab_id.startswith("context_external_tool_")
        tabs[f"tool {label}" if is_tool else tab_id] = _Tab(label or tab_id, body.get("hidden") is True, is_tool)
    return tabs


def _row(name: str, title: str, phrases: Sequence[str], *, copied: bool) -> AssetRow:
    status, detail = Status.MATCHED, ""
    if phrases:
        status, detail = Status.MATCHED_CHANGED, "; ".join(phrases)
        if not copied:
            status, detail = Status.EXPECTED_EXCLUDED, f"{NOT_COPIED}: {detail}"
    return AssetRow(
        asset_type="course_settings",
        asset_key=f"source:{name}",
        status=status,
        detail=detail,
        in_source=True,
        in_destination=True,
        source_asset_id=name,
        dest_asset_id=name,
        source_title=title,
        dest_title=title,
        matched_by="name",
    )

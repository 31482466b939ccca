"""The differences between an asset and its copy, and how they are described.

``COMPARED`` lists what is compared, by asset type: what Canvas's listings have and a copy takes over. Texts and bodies
are not compared: a copy rewrites their links. Nor are dates, since a copy shifts them on purpose, nor the slugs of
pages, which Canvas makes unique.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_canvas.reconciliation.assets import Asset

_SECONDS_PER_DAY = 86_400
_NO_MODULES: Mapping[str, str] = {}

NOT_COMPARED = "Texts, questions, dates, restrictions and positions are not compared, nor the bytes of files."


def _quoted(value: Any) -> str:
    """Return a value in quotes."""
    return f"'{value}'"


def _yes_or_no(value: Any) -> str:
    """Return yes or no."""
    return "yes" if value else "no"


def format_number(value: Any) -> str:
    """Return a number without needless decimals; none for None."""
    if value is None:
        return "none"
    return str(int(value)) if value == int(value) else str(value)


def _bytes(value: Any) -> str:
    """Return a number of bytes."""
    return f"{int(value):,} bytes"


@dataclass(frozen=True)
class Field:
    """A field of an asset that is compared with that of its copy.

    :param label: Its name in reports.
    :param get: Returns its value; None if it is unknown.
    :param format_value: Writes its value.
    :param none_is_a_value: Whether None is a value and not unknown.
    """

    label: str
    get: Callable[[Asset], Any]
    format_value: Callable[[Any], str] = _quoted
    none_is_a_value: bool = False


TITLE = Field("title", lambda asset: asset.title)
POINTS = Field("points", lambda asset: asset.points_possible, format_number, none_is_a_value=True)
MODULE = Field("module", lambda asset: asset.module_title)
_PUBLISHED = Field("published", lambda asset: asset.published, _yes_or_no)

COMPARED: Mapping[str, tuple[Field, ...]] = {
    "announcements": (TITLE, _PUBLISHED),
    "assignments": (
        TITLE,
        POINTS,
        _PUBLISHED,
        Field("submission types", lambda asset: asset.submission_types),
        Field("grading type", lambda asset: asset.grading_type),
    ),
    "discussion_topics": (TITLE, POINTS, _PUBLISHED),
    "files": (
        TITLE,
        Field("size", lambda asset: asset.size, _bytes),
        Field("folder", lambda asset: asset.folder_path),
    ),
    "modules": (TITLE, _PUBLISHED),
    "module_items": (
        TITLE,
        Field("type", lambda asset: asset.item_type),
        _PUBLISHED,
        MODULE,
        Field("indent", lambda asset: asset.indent, format_number),
        Field("external URL", lambda asset: asset.external_url),
    ),
    "pages": (TITLE, _PUBLISHED),
    "quizzes": (
        TITLE,
        POINTS,
        _PUBLISHED,
        Field("quiz type", lambda asset: asset.quiz_type),
        Field("number of questions", lambda asset: asset.question_count, format_number),
    ),
}


def compared_fields() -> dict[str, list[str]]:
    """Return the names of the fields that are compared, by asset type."""
    return {asset_type: [field.label for field in fields] for asset_type, fields in COMPARED.items()}


def differences(source: Asset, destination: Asset, modules: Mapping[str, str] = _NO_MODULES) -> dict[str, str]:
    """Return one phrase per difference, such as ``points: 10 -> 20``, by the name of the field.

    A value that only one side has counts as unknown, not as different, except for points: there, none is a value.

    :param source: The source's asset.
    :param destination: Its copy.
    :param modules: The copies of modules: destination id by source id.
    """
    phrases = {}
    for field in COMPARED[source.asset_type]:
        before, after = field.get(source), field.get(destination)
        known = field.none_is_a_value or (before is not None and after is not None)
        if field is POINTS and lacks_points(source):
            known = False
        is_equal = before == after
        if field is MODULE and (module_id := modules.get(source.module_id or "")):
            is_equal = module_id == destination.module_id
        if known and not is_equal:
            now = field.format_value(after) if before != after else f"another {field.format_value(after)}"
            phrases[field.label] = f"{field.label}: {field.format_value(before)} -> {now}"
    return phrases


def lacks_points(asset: Asset) -> bool:
    """Return whether Canvas has not yet counted the points of a quiz, or of its gradebook entry.

    Canvas writes the points of a quiz when it is published; a copy has them at once.
    """
    is_quiz = asset.asset_type == "quizzes" or asset.shell_of == "quiz"
    return is_quiz and asset.published is False


def due_delta_days(source: Asset, destination: Asset) -> int | None:
    """Return by how many days the due date moved, rounded: daylight saving time must not count."""
    if source.due_at is None or destination.due_at is None:
        return None
    return round((destination.due_at - source.due_at).total_seconds() / _SECONDS_PER_DAY)

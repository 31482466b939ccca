"""The kinds of content migrations: where each can be made, and what it imports from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.parameters import check_choice

EXTERNAL_TOOL = "context_external_tool"
"""Part of the type of a migration that an LTI tool makes, with the tool's number behind it."""


@dataclass(frozen=True)
class MigrationType:
    """What Canvas wants of a migration of one type.

    :param contexts: Where it can be made.
    :param setting: Which of the ``settings`` it needs, if one.
    :param file: Whether it imports a file.
    """

    contexts: tuple[str, ...]
    setting: str | None = None
    file: bool = True


MIGRATION_TYPES: Mapping[str, MigrationType] = {
    "canvas_cartridge_importer": MigrationType(("account_id", "course_id")),
    "common_cartridge_importer": MigrationType(("account_id", "course_id")),
    "course_copy_importer": MigrationType(("course_id",), setting="source_course_id", file=False),
    # Canvas takes one without a file, and then has nothing to import: it fails later.
    "moodle_converter": MigrationType(("account_id", "course_id")),
    "qti_converter": MigrationType(("account_id", "course_id")),
    # The list of migrators calls its setting source_folder_id, which Canvas does not read.
    "zip_file_importer": MigrationType(("course_id", "group_id", "user_id"), setting="folder_id"),
}


def check_migration_type(
    migration_type: str, context: Mapping[str, Any], settings: Mapping[str, Any], pre_attachment: Mapping[str, Any]
) -> None:
    """Refuse a new migration that Canvas would refuse, or could not carry out.

    Of a type that is not known here (a plugin of the site, sent as ``Unchecked``) everything is taken.

    :raises CanvasInputError: For an unknown type, the wrong context, and when not exactly one source is given.
    """
    if EXTERNAL_TOOL in str(migration_type):
        known = MigrationType(tuple(CONTEXTS))
    elif check_choice("migration_type", migration_type, MIGRATION_TYPES) in MIGRATION_TYPES:
        known = MIGRATION_TYPES[migration_type]
    else:
        return
    for name, value in context.items():
        if value is not None and name not in known.contexts:
            raise CanvasInputError(
                f"Canvas makes no {migration_type} in {CONTEXTS.get(name, name)}: give {' or '.join(known.contexts)}."
            )
    _check_source(migration_type, known, settings, pre_attachment)


def _check_source(
    migration_type: str, known: MigrationType, settings: Mapping[str, Any], pre_attachment: Mapping[str, Any]
) -> None:
    sources = [name for name in ("file_url", "content_export_id", "source_course_id") if settings.get(name)]
    if pre_attachment:
        sources.append("pre_attachment")
    if len(sources) > 1:
        raise CanvasInputError(
            f"Canvas imports from one source, and {' and '.join(sources)} were given: give one of them."
        )
    if known.setting and not settings.get(known.setting):
        raise CanvasInputError(f"{migration_type} needs settings={{{known.setting!r}: ...}}.")
    if known.file and sources in ([], ["source_course_id"]):
        raise CanvasInputError(
            f"{migration_type} needs a file: give pre_attachment={{'name': ...}} to upload one, "
            "settings={'file_url': ...} for Canvas to fetch one, or settings={'content_export_id': ...}."
        )

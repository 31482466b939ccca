"""Migrators: the kinds of migration, what each needs, and where it may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canvas_emulator.model.content_base import ContextType

COURSE_COPY = "course_copy_importer"
ZIP = "zip_file_importer"


@dataclass(frozen=True)
class Migrator:
    """A kind of migration.

    :param name: What the list of migrators calls it.
    :param title: ``migration_type_title`` of its migrations; None where Canvas has none.
    :param contexts: What it can import into.
    :param needs_file: Whether a migration must bring a file, or say where one is.
    :param is_announced_to_need_file: What the list says about that, which is not always so.
    :param required_settings: What the list says of its settings.
    """

    name: str
    title: str | None
    contexts: frozenset[ContextType]
    needs_file: bool = True
    is_announced_to_need_file: bool = True
    required_settings: tuple[str, ...] = ()


_COURSES_AND_ACCOUNTS = frozenset({ContextType.ACCOUNT, ContextType.COURSE})

MIGRATORS: Mapping[str, Migrator] = {
    "canvas_cartridge_importer": Migrator(
        "Canvas Course Export Package", "Canvas Common Cartridge", _COURSES_AND_ACCOUNTS
    ),
    COURSE_COPY: Migrator(
        "Copy a Canvas Course",
        "Course Copy",
        frozenset({ContextType.COURSE}),
        needs_file=False,
        is_announced_to_need_file=False,
        required_settings=("source_course_id",),
    ),
    ZIP: Migrator(
        "Unzip .zip file into folder",
        "File Import",
        frozenset({ContextType.COURSE, ContextType.GROUP, ContextType.USER}),
        required_settings=("source_folder_id",),
    ),
    "common_cartridge_importer": Migrator("Common Cartridge 1.x Package", "Common Cartridge", _COURSES_AND_ACCOUNTS),
    "moodle_converter": Migrator(
        "Moodle 1.9/2.x", "Moodle Importer", _COURSES_AND_ACCOUNTS, is_announced_to_need_file=False
    ),
    "qti_converter": Migrator("QTI .zip file", "QTI", _COURSES_AND_ACCOUNTS),
}

NOT_IMPORTED = frozenset({"kaltura"})
"""Types that Canvas knows for other purposes: no context takes them."""


def listed(context_type: ContextType) -> list[dict[str, Any]]:
    """Return the migrators of a context, as the API lists them."""
    return [
        {
            "type": migration_type,
            "requires_file_upload": migrator.is_announced_to_need_file,
            "name": migrator.name,
            "required_settings": list(migrator.required_settings),
        }
        for migration_type, migrator in MIGRATORS.items()
        if context_type in migrator.contexts
    ]

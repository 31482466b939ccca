"""The rows of a course that a copy or an export can take."""

from __future__ import annotations

from canvas_emulator.effects.selection import Rows
from canvas_emulator.model.content import CONTENT_KINDS, CalendarEvent, Content, File, Folder
from canvas_emulator.model.world import World


def copyable_rows(world: World, course_id: int) -> Rows:
    """Return the rows of a course that are copied if all are selected, by kind and id.

    Deleted rows, folders without a file in them or below them, and events of single sections are left out.
    """
    filled = _filled_folders(world, course_id)

    def is_copied(row: Content) -> bool:
        match row:
            case Folder():
                return f"{row.full_name}/" in filled
            case CalendarEvent():
                return row.course_section_id is None
            case _:
                return True

    return {kind: {row.id: row for row in world.live(kind, course_id) if is_copied(row)} for kind in CONTENT_KINDS}


def _filled_folders(world: World, course_id: int) -> set[str]:
    """Return the paths of the folders that have a file in them or below them, each with a slash at its end."""
    paths = {folder.id: folder.full_name for folder in world.live(Folder, course_id)}
    filled: set[str] = set()
    for file in world.live(File, course_id):
        names = paths.get(file.folder_id or 0, "").split("/")
        filled |= {"/".join(names[: length + 1]) + "/" for length in range(len(names))}
    return filled

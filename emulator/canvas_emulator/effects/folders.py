"""The tree of folders of a context. A folder knows its full name; its parent is the one whose name that begins with."""

from __future__ import annotations

from collections.abc import Mapping

from canvas_emulator.model.content import Folder
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context
from canvas_emulator.model.world import World

ROOT_NAMES: Mapping[ContextType, str] = {ContextType.COURSE: "course files", ContextType.USER: "my files"}
OTHER_ROOT_NAME = "files"


def root_folder(world: World, context: Context) -> Folder:
    """Return the folder that all others are in, made when it is first needed."""
    return _folder(world, context, ROOT_NAMES.get(context.type, OTHER_ROOT_NAME))


def folder_at(world: World, context: Context, path: str, *, below: Folder | None = None) -> Folder:
    """Return the folder of a path below another, or below the root; what is missing of it is made.

    :param path: names with slashes between; empty parts mean nothing.
    """
    folder = below or root_folder(world, context)
    for name in path.split("/"):
        if name:
            folder = _folder(world, context, f"{folder.full_name}/{name}")
    return folder


def folders_of(world: World, context: Context) -> list[Folder]:
    """Return the live folders of a context, by id."""
    return world.live(Folder, context.id, context.type)


def parent_of(world: World, folder: Folder) -> Folder | None:
    """Return the folder that a folder is in; None for the root."""
    return _named(world, Context(folder.context_type, folder.course_id), folder.full_name.rpartition("/")[0])


def subfolders(world: World, folder: Folder) -> list[Folder]:
    """Return the folders right within a folder, by name."""
    found = folders_of(world, Context(folder.context_type, folder.course_id))
    return sorted((each for each in found if each.full_name.rpartition("/")[0] == folder.full_name), key=_title)


def _folder(world: World, context: Context, full_name: str) -> Folder:
    return _named(world, context, full_name) or world.add(
        Folder(
            course_id=context.id,
            context_type=context.type,
            title=full_name.rpartition("/")[2],
            full_name=full_name,
        )
    )


def _named(world: World, context: Context, full_name: str) -> Folder | None:
    return next((folder for folder in folders_of(world, context) if folder.full_name == full_name), None)


def _title(folder: Folder) -> str:
    return folder.title.lower()

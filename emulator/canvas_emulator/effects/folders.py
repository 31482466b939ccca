"""The tree of folders of a context. A folder has a full name, which starts with the full name of its parent."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote_plus

from canvas_emulator.model.content import File, Folder
from canvas_emulator.model.content_base import ContextType
from canvas_emulator.model.contexts import Context
from canvas_emulator.model.world import World

ROOT_NAMES: Mapping[ContextType, str] = {ContextType.COURSE: "course files", ContextType.USER: "my files"}
OTHER_ROOT_NAME = "files"


def root_folder(world: World, context: Context) -> Folder:
    """Return the root folder of a context, created on first use."""
    return _folder(world, context, ROOT_NAMES.get(context.type, OTHER_ROOT_NAME))


def folder_at(world: World, context: Context, path: str, *, below: Folder | None = None) -> Folder:
    """Return the folder at a path below another folder or the root, and create missing ones.

    :param path: Names with slashes between; empty parts mean nothing.
    """
    folder = below or root_folder(world, context)
    for name in path.split("/"):
        if name:
            folder = _folder(world, context, f"{folder.full_name}/{name}")
    return folder


def folders_of(world: World, context: Context) -> list[Folder]:
    """Return the folders of a context that are not deleted, by id."""
    return world.live(Folder, context.id, context.type)


def file_at(world: World, context: Context, path: str) -> File | None:
    """Find a file by its path below the root folder, as links by path are resolved.

    The case of the path does not matter. If nothing is there, a ``+`` is read as a space, then the leading folders of
    the path are dropped one by one.
    """
    folders = {folder.id: folder.full_name.partition("/")[2] for folder in folders_of(world, context)}
    files = {
        f"{folders.get(file.folder_id or 0, '')}/{file.title}".lstrip("/").lower(): file
        for file in world.live(File, context.id, context.type)
    }
    names = path.lower().split("/")
    for start in range(len(names)):
        below = "/".join(names[start:])
        if (file := files.get(below) or files.get(unquote_plus(below))) is not None:
            return file
    return None


def parent_of(world: World, folder: Folder) -> Folder | None:
    """Return the parent of a folder; None for the root."""
    return _named(world, Context(folder.context_type, folder.course_id), folder.full_name.rpartition("/")[0])


def subfolders(world: World, folder: Folder) -> list[Folder]:
    """Return the direct subfolders of a folder, by name."""
    folders = folders_of(world, Context(folder.context_type, folder.course_id))
    return sorted((each for each in folders if each.full_name.rpartition("/")[0] == folder.full_name), key=_title)


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

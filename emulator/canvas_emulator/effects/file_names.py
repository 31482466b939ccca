"""Names of files: unique in their folder."""

from __future__ import annotations

from itertools import count

from canvas_emulator.model.content import File
from canvas_emulator.model.contexts import Context
from canvas_emulator.model.world import World


def same_name(world: World, context: Context, folder_id: int | None, name: str) -> File | None:
    """Return the live file of this name in a folder."""
    files = world.live(File, context.id, context.type)
    return next((file for file in files if (file.folder_id, file.title) == (folder_id, name)), None)


def free_name(world: World, context: Context, folder_id: int | None, name: str, file: File | None = None) -> str:
    """Return a name that no other file of the folder has: ``a.txt``, ``a-1.txt``, ``a-2.txt``.

    :param file: The file that gets the name, if it exists already.
    """
    others = world.live(File, context.id, context.type)
    taken = {other.title for other in others if other.folder_id == folder_id and other is not file}
    stem, dot, extension = name.rpartition(".")
    numbered = (f"{stem}-{number}{dot}{extension}" if dot else f"{name}-{number}" for number in count(1))
    return name if name not in taken else next(each for each in numbered if each not in taken)

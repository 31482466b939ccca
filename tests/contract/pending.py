"""The exchanges to which the emulator does not respond as the recorded Canvas did, until they are mended.

Their names are in ``pending/<subject>.txt``, sorted, one per line. A name there whose exchange passes fails the suite.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "pending"


@cache
def pending(subject: str) -> frozenset[str]:
    """Return the names of the exchanges of a subject that are not mended yet."""
    path = FOLDER / f"{subject}.txt"
    return frozenset(path.read_text().split()) if path.exists() else frozenset()


def write(subject: str, names: Iterable[str]) -> None:
    """Write the names of a subject; no names delete the file."""
    path, text = FOLDER / f"{subject}.txt", "".join(f"{name}\n" for name in sorted(names))
    if text:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text)
    else:
        path.unlink(missing_ok=True)

"""Copy the recordings of a real Canvas into ``tests/recordings``."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Mapping
from pathlib import Path

TOP = Path(__file__).parents[1]
TARGET = TOP / "tests" / "recordings"
DEFAULT_SOURCE = TOP.parent / "shared" / "recordings"
PATTERNS = ("*.jsonl", "packages/imports.jsonl", "packages/course-14*")
"""What is copied. The other packages are samples of others, which may not be redistributed."""


def files_of(folder: Path) -> Mapping[Path, bytes]:
    """Return the content of the files that belong to the recordings in a folder, by their relative path."""
    found = (path for pattern in PATTERNS for path in folder.glob(pattern))
    return {path.relative_to(folder): path.read_bytes() for path in found}


def update(source: Path, target: Path = TARGET) -> list[Path]:
    """Make the copy equal to its source, and return the paths that changed.

    :param source: The folder with the recordings.
    :param target: The copy.
    """
    new, old = files_of(source), files_of(target)
    for path in old.keys() - new.keys():
        (target / path).unlink()
    for path in new:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, target / path)
    return sorted(path for path in new.keys() | old.keys() if new.get(path) != old.get(path))


def main() -> None:
    """Copy the recordings, and print what changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", type=Path, default=DEFAULT_SOURCE)
    source = parser.parse_args().source
    if not files_of(source):
        raise SystemExit(f"{source} has no recordings; name the folder with the *.jsonl files")
    changed = update(source)
    print("\n".join(f"updated {path}" for path in changed) or "the copy is up to date")


if __name__ == "__main__":
    main()

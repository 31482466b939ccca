"""Measure the structure of the code: files, lines, levels and imports of each room.

``python benchmarks/structure.py`` prints a table with a row per room, and one with a row per package. A room is a
folder of a package, without its sub-folders; scripts, tests, benchmarks and example DAGs are one room each, with their
sub-folders. ``--root`` measures another checkout, ``--chains`` prints each room's longest chain of imports.

- levels: files in the longest chain of imports among the room's own files. A cycle counts with all its files.
- arrows: pairs of files of the room of which one imports the other.
- to other rooms: pairs of files of which one is in the room, and imports the other, which is not.

Imports within functions count; imports under ``if TYPE_CHECKING:`` do not, nor do modules that are named in text.
"""

from __future__ import annotations

import argparse
import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

PACKAGES = ("airflow_provider_canvas", "emulator/canvas_emulator")
NESTED_EMULATOR = "airflow_provider_canvas/emulator"
"""The emulator's folder in older checkouts, in which it is a part of the provider."""
WHOLE_ROOMS = ("emulator/tests", "scripts", "tests", "benchmarks", "dags_examples")
SMALL = 60
"""Files with fewer lines are counted as small."""

Arrows = Mapping[Path, frozenset[Path]]
"""For each file, the files that it imports."""


def imports_of(file: Path, root: Path) -> frozenset[Path]:
    """Return the files of the checkout that a file imports.

    :param file: A Python file.
    :param root: The folder of the checkout.
    """
    in_package = any(file.is_relative_to(root / package) for package in PACKAGES)
    own_folders = [] if in_package else [folder for folder in file.parents if folder.is_relative_to(root)]
    bases = [*own_folders, root, root / "emulator", root / "tests", root / "scripts"]
    imported = set()
    for names in _imported_names(ast.parse(file.read_text(), str(file))):
        modules = (_module(name, bases) for name in names)
        if module := next((module for module in modules if module), None):
            imported.add(module)
    return frozenset(imported - {file})


def _imported_names(node: ast.AST) -> Iterator[tuple[str, ...]]:
    """Yield the possible dotted names of each import, longest first."""
    if isinstance(node, ast.Import):
        yield from ((alias.name,) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from ((f"{node.module}.{alias.name}", node.module) for alias in node.names)
    elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        for statement in node.orelse:
            yield from _imported_names(statement)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _imported_names(child)


def _module(name: str, bases: Sequence[Path]) -> Path | None:
    """Return the file of a module, from the first folder that has it."""
    for base in bases:
        path = base.joinpath(*name.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file
    return None


def longest_chain(files: Sequence[Path], arrows: Arrows) -> list[Path]:
    """Return the longest chain of imports among some files; files that import each other are all part of it.

    :param files: The files. Imports of other files do not count.
    :param arrows: The imports of each file.
    """
    inside = frozenset(files)
    reached = {file: _reached(file, arrows, inside) for file in files}

    def cycle_of(file: Path) -> frozenset[Path]:
        return frozenset(other for other in reached[file] if file in reached[other]) | {file}

    @cache
    def chain_from(cycle: frozenset[Path]) -> list[Path]:
        targets = sorted({target for file in cycle for target in arrows[file] & inside} - cycle)
        longest = max((chain_from(cycle_of(target)) for target in targets), key=len, default=[])
        return [*sorted(cycle), *longest]

    return max((chain_from(cycle_of(file)) for file in files), key=len, default=[])


def _reached(start: Path, arrows: Arrows, inside: frozenset[Path]) -> frozenset[Path]:
    """Return the files that a file imports, directly or through others."""
    reached: set[Path] = set()
    waiting = [start]
    while waiting:
        new = (arrows[waiting.pop()] & inside) - reached
        reached |= new
        waiting.extend(new)
    return frozenset(reached)


def rooms_of(root: Path) -> dict[str, list[Path]]:
    """Return the Python files of each room of a checkout.

    :param root: The folder of the checkout.
    """
    rooms: defaultdict[str, list[Path]] = defaultdict(list)
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            rooms[file.parent.relative_to(root).as_posix()].append(file)
    for name in WHOLE_ROOMS:
        rooms[name] = sorted((root / name).rglob("*.py"))
    return {name: files for name, files in rooms.items() if files}


def packages_of(rooms: Mapping[str, Sequence[Path]]) -> dict[str, list[Path]]:
    """Return the Python files of each package, also for older checkouts that have the emulator in the provider.

    :param rooms: The files of each room.
    """
    packages: dict[str, list[Path]] = {"the provider": [], "the emulator": []}
    for name, files in rooms.items():
        if name.startswith((NESTED_EMULATOR, PACKAGES[1])):
            packages["the emulator"] += files
        elif name.startswith(PACKAGES[0]):
            packages["the provider"] += files
    return packages


def print_table(title: str, groups: Mapping[str, Sequence[Path]], arrows: Arrows) -> None:
    """Print a row for each group of files.

    :param title: The kind of groups.
    :param groups: The files of each group.
    :param arrows: The imports of each file.
    """
    print(
        f"| {title} | files | of them `__init__` | lines | under {SMALL} lines | levels | arrows | to other {title}s |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, files in groups.items():
        inside = frozenset(files)
        lines = [len(file.read_text().splitlines()) for file in files]
        cells = (
            len(files),
            sum(file.name == "__init__.py" for file in files),
            sum(lines),
            sum(count < SMALL for count in lines),
            len(longest_chain(files, arrows)),
            sum(len(arrows[file] & inside) for file in files),
            sum(len(arrows[file] - inside) for file in files),
        )
        print(f"| {name} | " + " | ".join(f"{cell:,}" for cell in cells) + " |")
    print()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="the checkout (default: this one)")
    parser.add_argument("--chains", action="store_true", help="also print each room's longest chain of imports")
    options = parser.parse_args()
    root = options.root.resolve()
    rooms = rooms_of(root)
    arrows = {file: imports_of(file, root) for files in rooms.values() for file in files}
    print_table("room", rooms, arrows)
    print_table("package", packages_of(rooms), arrows)
    if options.chains:
        for name, files in rooms.items():
            chain = longest_chain(files, arrows)
            print(f"{name}: " + " -> ".join(file.relative_to(root / name).as_posix() for file in chain))


if __name__ == "__main__":
    main()

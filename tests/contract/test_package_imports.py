"""Packages become in the emulator what a real Canvas made of them.

The recordings contain exports of one course. Public packages, which may not be redistributed, are tried when a folder
with them is beside the checkout.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION

from tests.contract.imported_course import imported, made, recorded, refusal
from tests.support.recordings import FOLDER

OUR_OWN = FOLDER / "packages"
BESIDE = Path(__file__).parents[2].parent / "shared" / "recordings" / "packages"

IMPORTS: list[dict[str, Any]] = [json.loads(line) for line in (OUR_OWN / "imports.jsonl").read_text().splitlines()]

STORED_NAME = "Quiz Files/[^/]+"
"""A folder that is named after the file that Canvas stored, and the id of the migration."""

RENAMED: Mapping[str, tuple[str, str]] = {
    "Student Annotation Documents 2": (
        "Student Annotation Documents",
        "Canvas keeps a folder of this name for itself in each course, so that an imported one gets a number.",
    ),
}
"""Names in a real course that are not followed, with what the emulator has in their place and why."""


def found(package: str) -> bytes:
    """Return a package, or skip the test if it is not there."""
    for folder in (OUR_OWN, BESIDE):
        if (path := folder / package).is_file():
            return path.read_bytes()
    pytest.skip(f"{package} is not beside the checkout")


def neutral(value: object) -> Any:
    """Return facts without what differs from course to course, and from file to file."""
    if isinstance(value, tuple):
        return tuple(map(neutral, value))
    if not isinstance(value, str):
        return value
    for name, (kept, _) in RENAMED.items():
        value = value.replace(name, kept)
    return re.sub(r"/courses/\d+", "/courses/N", re.sub(STORED_NAME, "Quiz Files/NAME", value))


def counted(facts: Counter[Any]) -> Counter[Any]:
    """Return neutral facts with their numbers."""
    return Counter(neutral(each) for each in facts.elements())


def issues(world: World) -> Counter[Any]:
    """Return the issues of the migration into the destination."""
    (migration,) = world.migrations_of(DESTINATION)
    rows = world.issues_of(migration).values()
    return counted(Counter((row.issue_type, row.description, row.error_message) for row in rows))


@pytest.mark.parametrize("case", IMPORTS, ids=lambda case: f"{case['package']}-{case['migration_type']}")
def test_an_import_makes_what_it_made_in_a_real_canvas(case: dict[str, Any]) -> None:
    """Counts, names, types, points and states of all that was made are the recorded ones, and so are the issues."""
    data, name, migration_type = found(case["package"]), case["package"], case["migration_type"]
    told = Counter((row["issue_type"], row["description"], row["error_message"]) for row in case["issues"])
    if case["workflow_state"] == "failed":
        error = refusal(data, name, migration_type)
        assert error is not None
        assert (error.issue_type, error.description) in {(kind, description) for kind, description, _ in told}
        return
    world = imported(data, name, migration_type)
    there, real = made(world), recorded(case["made"])
    print(f"\n{name} as {migration_type}\n{'kind':20}{'emulator':>10}{'Canvas':>10}")  # noqa: T201  the table
    for kind in real:
        print(f"{kind:20}{there[kind].total():10}{real[kind].total():10}")  # noqa: T201  the table
        names = counted(there[kind]), counted(real[kind])
        assert set(names[0]) == set(names[1])
        assert kind == "folders" or names[0] == names[1]
    assert issues(world) == counted(told)

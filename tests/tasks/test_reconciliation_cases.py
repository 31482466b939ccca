"""The rows of a reconciliation agree with the emulator's own rows, for copies and changes of every kind."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import MAPPED_KINDS, Module, ModuleItem
from canvas_emulator.model.faults import Defect, ImportDefect
from canvas_emulator.model.world import World
from canvas_emulator.seeds.planted import in_a_selection, in_the_source
from canvas_emulator.seeds.planted.changes import Courses, PlantedChange
from canvas_emulator.seeds.small import WRITER, build
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.reconciliation.differences import compared_fields
from airflow_provider_canvas.reconciliation.report.type_labels import TYPE_LABELS
from tests.support.copy_cases import CASES, PLANTED, history_of, plant_all
from tests.support.copy_lab import SQL_CONNECTION, TEACHER_CONNECTION, CopyLab, Result
from tests.support.copy_truth import FIELDS

SELECTING = [change for change in in_a_selection.CHANGES if change.name != "page_that_was_not_selected"]
"""The planted changes that select something."""
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "reconciliation.md"


@pytest.fixture
def world() -> World:
    """Return a world with empty courses, on a clock that stands still."""
    return World(build, clock=ManualClock())


@pytest.fixture
def lab(
    connection: str, emulator: EmulatorServer, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CopyLab:
    """Return a lab whose operator writes to a SQLite database."""
    database = tmp_path / "reconciliation.db"
    connections = {
        SQL_CONNECTION: {"conn_type": "sqlite", "host": str(database)},
        TEACHER_CONNECTION: {"conn_type": "canvas", "host": emulator.url, "password": WRITER},
    }
    for conn_id, fields in connections.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))
    return CopyLab(world, database)


def documented(result: Result, words: str) -> str:
    """Return the line of the documentation's table for a result."""
    wrong = len(result.wrong)
    return f"| `{result.case}` | {words} | {result.rows} | {result.rows - wrong} | {wrong} |"


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, lab: CopyLab) -> None:
    """No row of a case contradicts the emulator's own rows; the documentation has its numbers (UPDATE_GOLDEN=1)."""
    run, words = CASES[name]
    run(lab)
    assert {result.case: result.wrong for result in lab.results if result.wrong} == {}
    assert [result.case for result in lab.results] == list(words)
    for result in lab.results:
        line = documented(result, words[result.case])
        if os.environ.get("UPDATE_GOLDEN"):
            text = DOCUMENTATION.read_text(encoding="utf-8")
            DOCUMENTATION.write_text(re.sub(rf"\| `{result.case}` \|.*", line, text), encoding="utf-8")
        assert line in DOCUMENTATION.read_text(encoding="utf-8").splitlines()


def test_documented_cases() -> None:
    """The documentation's table has the cases that are tested, and no others."""
    line = re.compile(r"^\| `(\w+)` \| .* \| \d+ \| \d+ \| \d+ \|$", re.MULTILINE)
    assert line.findall(DOCUMENTATION.read_text(encoding="utf-8")) == [
        case for _, words in CASES.values() for case in words
    ]


def test_documented_fields() -> None:
    """The documentation names the fields that are compared, and the emulator's truth is about these."""
    text = DOCUMENTATION.read_text(encoding="utf-8")
    for asset_type, labels in compared_fields().items():
        assert f"| {TYPE_LABELS[asset_type]} | {', '.join(labels)} |" in text.splitlines()
        assert set(FIELDS[asset_type]) == set(labels)


@pytest.mark.parametrize("change", [*PLANTED, *SELECTING], ids=lambda change: change.name)
def test_one_change(change: PlantedChange, lab: CopyLab) -> None:
    """The rows say the facts about a change that is planted alone, and agree with the emulator's rows."""
    history = history_of(lab, filled=False)
    migration_id, facts = plant_all(lab, history, [change])
    select = {"select": history.selection} if history.is_selective else {}
    assert facts
    assert lab.reconcile(change.name, history, migration_id, facts, **select).wrong == ()


def test_untouched_copy(lab: CopyLab) -> None:
    """An untouched copy of a course with an unpublished quiz passes with full coverage."""
    history = history_of(lab, filled=False)
    untouched = [change for change in PLANTED if change.name == "unpublished_quiz_untouched"]
    result = lab.reconcile("untouched", history, *plant_all(lab, history, untouched))
    assert (result.verdict, result.coverage, result.statuses, result.wrong) == ("pass", 100, {"matched": 2}, ())


def test_changes_in_the_source_do_not_fail_a_copy(lab: CopyLab) -> None:
    """What was added to the source after a copy is not missing, and fails no threshold."""
    history = history_of(lab, filled=False)
    planted = plant_all(lab, history, in_the_source.ADDITIONS)
    result = lab.reconcile("added", history, *planted, fail_if={"missing": 0, "coverage_below": 100})
    assert (result.verdict, dict(result.statuses)) == ("warn", {"matched": 1, "replaced": 1, "added_since": 6})


@pytest.mark.parametrize("seed", range(12))
def test_random_changes(seed: int, lab: CopyLab) -> None:
    """No row contradicts the facts about random planted changes, nor the emulator's rows after another copy."""
    random = Random(seed)
    history = history_of(lab, filled=random.random() < 0.5)
    migration_id, facts = plant_all(lab, history, random.sample(PLANTED, random.randint(3, 25)))
    assert lab.reconcile("first", history, migration_id, facts).wrong == ()
    second_id = lab.copy(history.source_id, history.destination_id, history)
    assert lab.reconcile("second", history, second_id).wrong == ()


@pytest.mark.parametrize("seed", range(6))
def test_random_selections(seed: int, lab: CopyLab) -> None:
    """No row contradicts the emulator's rows after a random selection was copied, and some of the copies deleted."""
    random, history = Random(seed), history_of(lab)
    kinds = random.sample([kind for kind in MAPPED_KINDS if kind is not ModuleItem], random.randint(1, 4))
    select = {kind.KIND: [random.choice(lab.world.live(kind, history.source_id)).id] for kind in kinds}
    history.is_selective = True
    migration_id = lab.copy(history.source_id, history.destination_id, history, select=select)
    copies = [row for kind in MAPPED_KINDS for row in lab.world.live(kind, history.destination_id)]
    courses = Courses(lab.world, history.source_id, history.destination_id)
    deleted = random.sample(copies, random.randint(0, len(copies)))
    modules = {row.id for row in deleted if isinstance(row, Module)}
    deleted += [row for row in copies if isinstance(row, ModuleItem) and row.module_id in modules]
    courses.delete(*deleted)
    assert lab.reconcile("selection", history, migration_id, select=select).wrong == ()


@pytest.mark.parametrize("seed", range(6))
def test_random_losses(seed: int, lab: CopyLab) -> None:
    """Rows that Canvas failed to import are missing, and not added since, whatever was added to the source later."""
    random, history = Random(seed), history_of(lab)
    rows = [row for kind in MAPPED_KINDS for row in lab.world.live(kind, history.source_id)]
    lost = random.sample(rows, 4)
    lab.world.faults.import_defects += [ImportDefect(row.KIND, row.title, Defect.NOT_COPIED) for row in lost]
    additions = random.sample(in_the_source.ADDITIONS, 3)
    migration_id, facts = plant_all(lab, history, additions)
    result = lab.reconcile("losses", history, migration_id, facts)
    assert result.wrong == ()
    assert result.statuses["missing_in_destination"] >= 4


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("wrong source", r"source_course_id names course \d+, but content_migration \d+ copied course \d+"),
        ("deleted source", r"Course \d+, the source of content_migration \d+, was deleted"),
        ("zip", r"Only course copies, .* can be reconciled"),
    ],
)
def test_refused(case: str, message: str, lab: CopyLab) -> None:
    """A reconciliation that could only be wrong is refused, and the error says why."""
    history, arguments = history_of(lab), dict[str, Any]()
    migration_id = lab.copy(history.source_id, history.destination_id, history)
    if case == "wrong source":
        arguments["source_course_id"] = lab.course()
    elif case == "deleted source":
        lab.world.tables.courses[history.source_id].workflow_state = "deleted"
    else:
        migration_id = lab.import_zip(history.destination_id)
    with pytest.raises(AirflowFailException, match=message):
        lab.reconcile(case, history, migration_id, **arguments)
    assert lab.results == []

"""Test that the tables of the README are complete and that its examples run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from canvas_emulator.control.routes import OPERATIONS
from canvas_emulator.machines.content_migration import COURSE_COPY, Stored, reported
from canvas_emulator.model.faults import Action
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.options import command_parser
from canvas_emulator.testing import CanvasEmulator
from tests.support.caller import Caller

TEXT = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
ENDPOINTS = re.findall(r"^\| `(\w+) /_emulator/(\w+)` \| (.*) \|$", TEXT, re.MULTILINE)
FAULTS = re.findall(r"```json\n(.*?)\n```", TEXT, re.DOTALL)
PLUGIN, *PYTHON = re.findall(r"```python\n(.*?)\n```", TEXT, re.DOTALL)
TESTS = [example for example in PYTHON if "def test_" in example]

pytest_plugins = ["pytester"]


def section(title: str) -> str:
    """Return the text of a section of the README."""
    return TEXT.partition(f"# {title}\n")[2].partition("\n## ")[0]


def test_every_endpoint_is_described() -> None:
    """The table of endpoints lists exactly the existing control endpoints."""
    assert {(method, name) for method, name, _ in ENDPOINTS} == set(OPERATIONS)


@pytest.mark.parametrize(("method", "name", "text"), ENDPOINTS, ids=[f"{m} {n}" for m, n, _ in ENDPOINTS])
def test_examples_of_endpoints_work(canvas: Caller, world: World, method: str, name: str, text: str) -> None:
    """Each request body in the table of endpoints is accepted, but for those that need a fault or a copy."""
    world.tables.users[4] = world.tables.users[1]
    examples = re.findall(r"`(\{.*?\})`", text)
    for example in examples or ([] if name in ("faults", "defects", "new_quizzes") and method == "POST" else ["{}"]):
        response = canvas(method, f"/_emulator/{name}", json=json.loads(example))
        assert response.status_code == 200, response.text


@pytest.mark.parametrize("example", FAULTS)
def test_examples_of_faults_work(canvas: Caller, example: str) -> None:
    """Each example of a fault is accepted."""
    assert canvas("POST", "/_emulator/faults", json=json.loads(example)).status_code == 200


def test_actions_are_described() -> None:
    """The table of actions lists all actions."""
    rows = re.findall(r"^\| (`.*?) \| ", section("Faults"), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} - {"action"} == {*map(str, Action)}


def test_options_are_described() -> None:
    """The README names all options of the command."""
    options = {text for action in command_parser()._actions for text in action.option_strings if text.startswith("--")}
    assert {option for option in options if option not in TEXT} == {"--help"}


def test_settings_that_are_named_exist() -> None:
    """Each setting that the section about settings names exists."""
    named = {name for name in re.findall(r"`([a-z_0-9]+)`", section("Settings")) if "_" in name} - {
        "inst_fs",
        "needs_opening",
    }
    assert len(named) > 10
    assert named <= set(vars(Settings()))


def test_attributes_of_the_fixture_are_described() -> None:
    """The table of the fixture lists exactly its attributes."""
    table = section("In tests with pytest").partition("`canvas_emulator.`")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (`.*?) \| ", table, re.MULTILINE)
    names = {name for cell in cells for name in re.findall(r"`(\w+)", cell)}
    assert names == {name for name in dir(CanvasEmulator) if not name.startswith("_")}


def test_stages_of_a_course_copy_are_described() -> None:
    """The table of stages agrees with the plan of a course copy."""
    described: dict[int, tuple[str, str]] = {}
    for first, last, state, api in re.findall(r"^\| (\d+)(?: to (\d+))? \| `(\w+)` \| `(\w+)` \|", TEXT, re.MULTILINE):
        described |= dict.fromkeys(range(int(first), int(last or first) + 1), (state, api))
    assert described == {
        number: (str(stage.state), str(reported(Stored(stage.state), imports_immediately=True)))
        for number, stage in enumerate(COURSE_COPY)
    }


def test_examples_of_tests_run(pytester: pytest.Pytester) -> None:
    """The tests in the README pass as they are written."""
    assert len(TESTS) > 3
    _runs(pytester, PLUGIN, *TESTS)


def test_example_of_another_world_runs(pytester: pytest.Pytester) -> None:
    """With the README's override of ``canvas_emulator_world``, a test gets the courses of a term."""
    (override,) = (example for example in PYTHON if example not in TESTS)
    test = "def test_other(canvas_emulator): canvas_emulator.course('MATH-1010-001')"
    _runs(pytester, f"{PLUGIN}\n{override}", test)


def _runs(pytester: pytest.Pytester, conftest: str, *tests: str) -> None:
    pytester.makeconftest(conftest)
    pytester.makepyfile(**{f"test_{number}": test for number, test in enumerate(tests)})
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-q", f"--rootdir={pytester.path}")
    result.assert_outcomes(passed=len(tests))

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from canvas_emulator.__main__ import _parser
from canvas_emulator.control.routes import OPERATIONS
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from tests.support.caller import Caller

TEXT = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text(encoding="utf-8")
ENDPOINTS = re.findall(r"^\| `(\w+) /_emulator/(\w+)` \| (.*) \|$", TEXT, re.MULTILINE)
FAULTS = re.findall(r"```json\n(.*?)\n```", TEXT, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)\n```", TEXT, re.DOTALL)

pytest_plugins = ["pytester"]


def test_every_endpoint_is_described() -> None:
    """The table has the endpoints that there are, no more and no fewer."""
    assert {(method, name) for method, name, _ in ENDPOINTS} == set(OPERATIONS)


@pytest.mark.parametrize(("method", "name", "text"), ENDPOINTS, ids=[f"{m} {n}" for m, n, _ in ENDPOINTS])
def test_examples_of_endpoints_work(canvas: Caller, world: World, method: str, name: str, text: str) -> None:
    """Each body that the table shows is understood."""
    world.tables.users[4] = world.tables.users[1]
    examples = re.findall(r"`(\{.*?\})`", text)
    for example in examples or ([] if name == "faults" and method == "POST" else ["{}"]):
        answer = canvas(method, f"/_emulator/{name}", json=json.loads(example))
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("example", FAULTS)
def test_examples_of_faults_work(canvas: Caller, example: str) -> None:
    """Each fault that the page shows can be set."""
    assert canvas("POST", "/_emulator/faults", json=json.loads(example)).status_code == 200


def test_options_are_described() -> None:
    """The table of options has all of the command's."""
    options = {text for action in _parser()._actions for text in action.option_strings if text.startswith("--")}
    assert {option for option in options if option not in TEXT} == {"--help"}


def test_settings_that_are_named_exist() -> None:
    """What the page calls a setting is one."""
    section = TEXT.partition("### Settings")[2].partition("## OAuth2")[0]
    named = {name for name in re.findall(r"`([a-z_0-9]+)`", section) if "_" in name} - {"inst_fs"}
    assert named <= set(vars(Settings()))


def test_the_example_of_a_test_runs(pytester: pytest.Pytester) -> None:
    """The conftest and the test of the page run as they are written."""
    plugin, test, _ = PYTHON
    _runs(pytester, plugin, test)


def test_the_example_of_another_world_runs(pytester: pytest.Pytester) -> None:
    """With the page's override, a test has a term."""
    plugin, _, world = PYTHON
    imports = (
        "import pytest",
        "from canvas_emulator.model.clock import RealClock",
        "from canvas_emulator.seeds.term import term_world",
    )
    test = "def test_other(canvas_emulator): canvas_emulator.course('2026FA-MATH-1010-001')"
    _runs(pytester, "\n".join((*imports, plugin, world)), test)


def _runs(pytester: pytest.Pytester, conftest: str, test: str) -> None:
    pytester.makeconftest(conftest)
    pytester.makepyfile(test)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-q", f"--rootdir={pytester.path}")
    result.assert_outcomes(passed=1)

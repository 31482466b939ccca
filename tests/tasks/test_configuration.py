"""Defaults that an administrator sets in Airflow's section ``[canvas]``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, conf
from canvas_emulator.model.world import World

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.settings import USER_AGENT, Settings
from airflow_provider_canvas.get_provider_info import CONFIG_OPTIONS, CONN_FIELDS
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.configuration import LIMITS, configured_number, user_agent_suffix
from airflow_provider_canvas.operators.bulk_course_copy import CanvasBulkCourseCopyOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from tests.support.task_attempt import Attempt, deferred

ROOT = Path(__file__).parents[2]
NUMBERS = sorted(LIMITS)
OF_CONNECTIONS = sorted(CONFIG_OPTIONS.keys() & CONN_FIELDS.keys())


def set_option(monkeypatch: pytest.MonkeyPatch, option: str, value: object) -> None:
    """Set an option as an administrator does in the environment."""
    monkeypatch.setenv(f"AIRFLOW__CANVAS__{option.upper()}", str(value))


def test_every_option_is_read() -> None:
    """Each option is a number with limits, or the suffix of the user agent: no option is without effect."""
    assert set(CONFIG_OPTIONS) == {*LIMITS, "user_agent_suffix"}
    sources = [path.read_text() for path in (ROOT / "airflow_provider_canvas").rglob("*.py")]
    for option in CONFIG_OPTIONS.keys() - CONN_FIELDS.keys() - {"user_agent_suffix"}:
        assert any(re.search(rf'_or_option\([^)]*"{option}"\)', text) for text in sources), option


@pytest.mark.parametrize("option", NUMBERS)
def test_default(option: str) -> None:
    """Without a setting, the default of the description counts, and it is within the limits."""
    default = CONFIG_OPTIONS[option]["default"]
    assert configured_number(option) == (None if default is None else float(default))
    minimum, maximum = LIMITS[option]
    assert minimum <= float(CONFIG_OPTIONS[option]["example"]) <= maximum
    assert default is None or minimum <= float(default) <= maximum


@pytest.mark.parametrize("option", sorted(CONFIG_OPTIONS))
def test_page(option: str) -> None:
    """The page has a row for each option, with its default and its limits, and so has Airflow's own description."""
    (row,) = re.findall(
        rf"^\| `{option}` \|([^|]*)\|([^|]*)\|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE
    )
    default, limits = (cell.strip() for cell in row)
    if option in LIMITS:
        minimum, maximum = LIMITS[option]
        assert limits == f"{minimum:g} to {maximum:.0f}"
        assert re.search(rf"from {minimum:g} (\(never\) )?to {maximum:.0f}", CONFIG_OPTIONS[option]["description"])
        assert default == (CONFIG_OPTIONS[option]["default"] or "twice `read_timeout`")
    if option in CONN_FIELDS:
        schema = CONN_FIELDS[option]["schema"]
        assert LIMITS[option] == (schema["minimum"], schema["maximum"])


@pytest.mark.parametrize("value", ["soon", "0.01", "-1", "1e9", "nan", "inf", "1,5", "10 s", "0x10", "null", "[1]"])
@pytest.mark.parametrize("option", NUMBERS)
def test_wrong_number(monkeypatch: pytest.MonkeyPatch, option: str, value: str) -> None:
    """A value that is not a number within the limits is refused with the option, the limits and the variable."""
    set_option(monkeypatch, option, value)
    if option == "retry_for" and value == "0.01":
        assert configured_number(option) == 0.01
        return
    minimum, maximum = LIMITS[option]
    with pytest.raises(CanvasInputError, match=rf"\[canvas\] {option} .* is '{re.escape(value)}': write") as refusal:
        configured_number(option)
    assert f"from {minimum:,g} to {maximum:.0f}, such as {CONFIG_OPTIONS[option]['example']}" in str(refusal.value)
    assert f"AIRFLOW__CANVAS__{option.upper()}" in str(refusal.value)


@pytest.mark.parametrize("option", ["max_in_flight", "per_page"])
def test_number_that_is_not_whole(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    """A count is a whole number."""
    set_option(monkeypatch, option, "2.5")
    with pytest.raises(CanvasInputError, match="write a whole number"):
        configured_number(option)


@pytest.mark.parametrize("value", ["", " ", "None"])
@pytest.mark.parametrize("option", NUMBERS)
def test_blank_option(monkeypatch: pytest.MonkeyPatch, option: str, value: str) -> None:
    """A blank option counts as not set."""
    default = configured_number(option)
    set_option(monkeypatch, option, value)
    assert configured_number(option) == default


@pytest.mark.parametrize("value", ["100% sure", "%(no_such_option)s", "%"])
@pytest.mark.parametrize("option", ["poll_interval", "user_agent_suffix"])
def test_percent_sign_in_the_file(monkeypatch: pytest.MonkeyPatch, option: str, value: str) -> None:
    """A percent sign has a meaning in ``airflow.cfg``: the message says how to write one."""
    sections = conf._sections
    monkeypatch.setitem(sections, "canvas", {**sections.get("canvas", {}), option: value})
    with pytest.raises(CanvasInputError, match=rf"\[canvas\] {option} .* contains a percent sign: write two of them"):
        user_agent_suffix() if option == "user_agent_suffix" else configured_number(option)


@pytest.mark.parametrize("option", OF_CONNECTIONS)
def test_connection_comes_before_option(monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    """A connection takes the option for a field that it leaves empty, and its own value otherwise."""
    connection = {"conn_type": "canvas", "host": "https://school.example", "password": "7~x"}

    def setting(extra: dict[str, Any]) -> Any:
        monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps({**connection, "extra": extra}))
        return getattr(CanvasHook().settings, option)

    set_option(monkeypatch, option, 40)
    assert setting({}) == setting({option: ""}) == setting({option: None}) == 40
    assert setting({option: 50}) == 50
    set_option(monkeypatch, option, "forty")
    with pytest.raises(CanvasInputError, match=rf"\[canvas\] {option} "):
        setting({})
    assert setting({option: 50}) == 50


def test_total_timeout_without_option(monkeypatch: pytest.MonkeyPatch) -> None:
    """The total timeout is twice the read timeout, whichever of both the option sets."""
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", "canvas://:x@school.example")
    set_option(monkeypatch, "read_timeout", 90)
    assert (CanvasHook().settings.read_timeout, CanvasHook().settings.total_timeout) == (90, 180)


def copy_task(**arguments: Any) -> CanvasCourseCopyOperator:
    return CanvasCourseCopyOperator(
        task_id="copy", source_course_id=1010, destination_course_id=2001, deferrable=True, **arguments
    )


def test_trigger_has_the_interval_of_the_worker(connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deferred task hands poll interval and deadline to the triggerer, from the worker's options."""
    set_option(monkeypatch, "poll_interval", 30)
    set_option(monkeypatch, "timeout", 600)
    trigger = deferred(copy_task(), Attempt()).trigger
    monkeypatch.delenv("AIRFLOW__CANVAS__POLL_INTERVAL")
    _, arguments = trigger.serialize()
    assert arguments["poll_interval"] == 30
    assert 590 < arguments["deadline"] - arguments["began_at"] < 610


def test_argument_comes_before_option(connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a task says counts, whatever the options say, even if they are wrong."""
    set_option(monkeypatch, "poll_interval", "often")
    set_option(monkeypatch, "timeout", "long")
    _, arguments = deferred(copy_task(poll_interval=7, timeout=timedelta(minutes=5)), Attempt()).trigger.serialize()
    assert arguments["poll_interval"] == 7
    assert 290 < arguments["deadline"] - arguments["began_at"] < 310


@pytest.mark.parametrize("option", ["poll_interval", "timeout"])
def test_wrong_option_fails_a_task(connection: str, world: World, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    """A wrong option fails the task without a retry, before anything is sent."""
    set_option(monkeypatch, option, "soon")
    with pytest.raises(AirflowFailException, match=rf"\[canvas\] {option} .* is 'soon': write a number"):
        copy_task().execute(Attempt().context(copy_task()))
    assert not world.requests


def test_options_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch takes its limits from the options, and from its arguments first."""
    set_option(monkeypatch, "max_in_flight", 50)
    set_option(monkeypatch, "poll_interval", 20)
    set_option(monkeypatch, "batch_timeout", 3600)
    set_option(monkeypatch, "timeout", 60)
    task = CanvasBulkCourseCopyOperator(task_id="copy", batch="b")
    assert (task.copies_in_flight, task.seconds_between_polls, task._check()) == (50, 20, 3600)
    task = CanvasBulkCourseCopyOperator(task_id="copy", batch="b", max_in_flight=9, poll_interval=5, timeout=100)
    assert (task.copies_in_flight, task.seconds_between_polls, task._check()) == (9, 5, 100)


WRONG_SUFFIXES = ["a\r\nX-Evil: 1", "a\nb", "a\tb", "a\0b", "\x1b[31m", "Köln", "a\u2028b", "x" * 201, "\x7f"]


@pytest.mark.parametrize("suffix", WRONG_SUFFIXES, ids=ascii)
def test_suffix_that_no_header_can_contain(suffix: str) -> None:
    """A suffix with a line break, a control character or another alphabet is refused by every client."""
    with pytest.raises(CanvasInputError, match="write"):
        Settings("https://school.example", "x", user_agent_suffix=suffix)


@pytest.mark.parametrize("suffix", [text for text in WRONG_SUFFIXES if "\0" not in text], ids=ascii)
def test_wrong_suffix_names_the_option(monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    """A wrong suffix in the configuration is refused with the option's name."""
    set_option(monkeypatch, "user_agent_suffix", suffix)
    with pytest.raises(CanvasInputError, match=r"\[canvas\] user_agent_suffix .* write"):
        user_agent_suffix()


def test_user_agent(connection: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request to Canvas has the name of this package, its version, and the suffix."""
    assert CanvasHook().settings.user_agent == USER_AGENT
    set_option(monkeypatch, "user_agent_suffix", "(registrar; canvas-team@school.example)")
    assert CanvasHook().settings.user_agent == f"{USER_AGENT} (registrar; canvas-team@school.example)"
    assert CanvasHook().courses.get(course_id=1010)["id"] == 1010


CONFIG_COMMANDS = """
from airflow.cli import cli_parser

parser = cli_parser.get_parser()
for command in (
    ["get-value", "canvas", "poll_interval"],
    ["get-value", "canvas", "retry_for"],
    ["list", "--section", "canvas", "--include-descriptions", "--include-env-vars", "--include-examples"],
):
    arguments = parser.parse_args(["config", *command])
    arguments.func(arguments)
"""
"""A program that runs commands of ``airflow config`` in one process; each would take ten seconds to start."""


def test_airflow_lists_the_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow's own commands show what is set, what is not, and what each option means."""
    set_option(monkeypatch, "poll_interval", 30)
    command = [sys.executable, "-c", CONFIG_COMMANDS]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    begin = lines.index("[canvas]")
    assert [line for line in lines[:begin] if line.isdecimal()] == ["30", "120"]
    for option in CONFIG_OPTIONS:
        assert any(re.match(f"(# )?{option} = ", line) for line in lines[begin:]), option
        assert any(f"AIRFLOW__CANVAS__{option.upper()}" in line for line in lines[begin:]), option

"""Parameters are checked when the DAG is parsed; blank values of templates are handled when the task runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException, BaseOperator
from canvas_emulator.model.world import World

from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.create_course import CanvasCreateCourseOperator
from airflow_provider_canvas.utils.canvas_task import CanvasTask
from airflow_provider_canvas.utils.parameters import (
    check_bool,
    check_choice,
    check_seconds,
    check_type,
    none_if_blank,
)
from tests.support.task_attempt import Attempt

BLANK = ["", " ", "\n\t", "None", "null", " None\n"]


@pytest.mark.parametrize("value", BLANK)
def test_blank_text_counts_as_not_given(value: str) -> None:
    """``None`` and blank text count as not given."""
    assert none_if_blank(value) is None


@pytest.mark.parametrize("value", [0, False, [], {}, "0", "none of them", "NULL"])
def test_other_values_are_kept(value: Any) -> None:
    """Values other than ``None`` and the blank texts are kept, also falsy ones."""
    assert none_if_blank(value) is value


def choice(value: Any) -> Any:
    return check_choice("if_running", value, ("wait", "adopt", None))


def seconds(value: Any) -> Any:
    return check_seconds("timeout", value)


def boolean(value: Any) -> Any:
    return check_bool("deferrable", value)


def mapping(value: Any) -> Any:
    return check_type("settings", value, Mapping, such_as="{'folder_id': 7}")


LATER = ["{{ params.x }}", "{% if x %}wait{% endif %}", BaseOperator(task_id="earlier").output]


@pytest.mark.parametrize("check", [choice, seconds, boolean, mapping])
@pytest.mark.parametrize("value", LATER, ids=["expression", "statement", "xcom"])
def test_templates_and_xcoms_pass(check: Callable[[Any], Any], value: Any) -> None:
    """Templates and XComs pass the checks at parse time, because they are checked when the task runs."""
    assert check(value) is value


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (choice, "adopt"),
        (choice, None),
        (seconds, 30),
        (seconds, "30"),
        (seconds, timedelta(hours=2)),
        (boolean, None),
        (boolean, True),
        (boolean, "False"),
        (boolean, 0),
        (boolean, "None"),
        (mapping, {"folder_id": 7}),
        (mapping, "{'folder_id': 7}"),
        (mapping, None),
    ],
)
def test_valid_values_pass_unchanged(check: Callable[[Any], Any], value: Any) -> None:
    """A check returns the value as it was written."""
    assert check(value) is value


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (choice, "adpot", r"^if_running is 'adpot': write 'wait' or 'adopt' or None\. Did you mean 'adopt'\?$"),
        (choice, "", r"^if_running is ''"),
        (choice, True, r"^if_running is True: write"),
        (choice, ["wait"], r"^if_running is \['wait'\]: write"),
        (seconds, [], r"^timeout is \[\]: write seconds above zero"),
        (seconds, "soon", r"^timeout is 'soon': write seconds"),
        (seconds, None, r"^timeout is None: write seconds"),
        (boolean, "maybe", r"^deferrable is 'maybe': write True or False"),
        (boolean, 2, r"^deferrable is 2: write"),
        (boolean, [], r"^deferrable is \[\]: write"),
        (mapping, 7, r"^settings is 7: write a value such as {'folder_id': 7}\.$"),
        (mapping, [1], r"^settings is \[1\]: write"),
    ],
)
def test_invalid_values_are_rejected(check: Callable[[Any], Any], value: Any, message: str) -> None:
    """The error includes the parameter, the value and a valid form."""
    with pytest.raises(ValueError, match=message):
        check(value)


def test_each_blank_parameter_is_logged_once(connection: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Blank parameters are logged once, when the task begins to run; omitted parameters are not logged."""
    course = {"name": "Biology"}
    task = CanvasCreateCourseOperator(task_id="create", account_id=1, course=course, offer="None")
    task.perform = lambda context: {}  # type: ignore[method-assign]
    task.execute(Attempt().context(task))
    lines = [line for line in capsys.readouterr().out.splitlines() if "counts as not given" in line]
    assert len(lines) == 1
    assert "Parameter offer is the text 'None' after rendering: it counts as not given." in lines[0]


def test_blank_select_is_rejected(connection: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """A blank ``select`` fails the task, because Canvas would copy everything without one."""
    task = CanvasCourseCopyOperator(task_id="copy", source_course_id=1010, destination_course_id=2001, select=" ")
    with pytest.raises(AirflowFailException, match="select is ' ', which names nothing"):
        task.execute(Attempt().context(task))
    assert "counts as not given" not in capsys.readouterr().out
    assert not world.requests


def test_every_task_has_the_same_base() -> None:
    """All operators, sensors and transfers inherit the connection and the hook from one class."""
    from importlib import import_module

    from airflow_provider_canvas.get_provider_info import get_provider_info

    info = get_provider_info()
    paths = [path for kind in ("operators", "sensors") for each in info[kind] for path in each["python-modules"]]
    paths += [each["python-module"] for each in info["transfers"]]
    modules = [import_module(path) for path in paths]
    tasks = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseOperator) and value.__module__ == module.__name__
    }
    assert len(tasks) >= len(modules)
    assert all(issubclass(task, CanvasTask) for task in tasks)
    assert all(task.hook is CanvasTask.hook for task in tasks)  # type: ignore[attr-defined]

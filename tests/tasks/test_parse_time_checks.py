"""What breaks a DAG when it is parsed: values that no template can mend."""

from __future__ import annotations

import datetime
import inspect
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from airflow_provider_canvas.api.content_exports import EXPORT_TYPES
from airflow_provider_canvas.api.courses import BATCH_EVENTS
from airflow_provider_canvas.api.migration_settings import INSERT_INTO_MODULE_TYPES
from airflow_provider_canvas.api.parameters import Unchecked
from airflow_provider_canvas.operators.base_migration import ContentMigrationOperator
from airflow_provider_canvas.operators.content_export import CanvasContentExportOperator
from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from tests.architecture.test_signatures import TASKS, own_parameters

TEMPLATE = "{{ params.anything }}"
IDS = re.compile(r"(course|account|group|user|section|term|migration|export|progress)_id$")
WRONG_IDS: tuple[Any, ...] = (True, 1.5, [], {}, 0, -3, object())
WRONG_FLAGS: tuple[Any, ...] = ("maybe", 2, 1.0, [], {})
WRONG_DURATIONS: tuple[Any, ...] = (
    "soon",
    0,
    -1,
    True,
    [],
    datetime.timedelta(0),
    datetime.timedelta(days=400),
    float("nan"),
)


def hints(task: Any) -> dict[str, Any]:
    """Return the types of a task's parameters."""
    module = inspect.getmodule(task)
    names = {**vars(datetime), **vars(module), "os": __import__("os"), "Any": Any}
    annotations = {name: each.annotation for name, each in own_parameters(task).items()}
    found = {}
    for name, text in annotations.items():
        try:
            found[name] = get_type_hints(type("Holder", (), {"__annotations__": {name: text}}), names)[name]
        except NameError:
            continue  # only type checkers import it
    return found


def wrong_values() -> Iterator[Any]:
    """Yield each task with a parameter and a value that is plainly wrong for its type."""
    for task in TASKS:
        for name, hint in hints(task).items():
            values: tuple[Any, ...] = ()
            if bool in (hint, *get_args(hint)):
                values = WRONG_FLAGS
            elif datetime.timedelta in get_args(hint) and name != "poke_interval":
                values = WRONG_DURATIONS
            elif IDS.search(name):
                values = WRONG_IDS
            elif any(get_origin(each) is Literal for each in (hint, *get_args(hint))):
                values = ("no such value", 3, [])
            for number, value in enumerate(values):
                yield pytest.param(task, name, value, id=f"{task.__name__}-{name}-{number}")


def create(task: Any, **parameters: Any) -> Any:
    """Create a task whose other required parameters are templates."""
    own = own_parameters(task)
    required = {name: TEMPLATE for name, each in own.items() if each.default is inspect.Parameter.empty}
    return task(**{"task_id": "parsed", **required, **parameters})


@pytest.mark.parametrize(("task", "name", "value"), list(wrong_values()))
def test_a_wrong_value_breaks_the_dag(task: Any, name: str, value: Any) -> None:
    """The error names the parameter, and shows what to write."""
    with pytest.raises(ValueError, match=rf"^{name} is .*: write ") as refused:
        create(task, **{name: value})
    assert not refused.value.__context__


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
def test_templates_are_checked_later(task: Any) -> None:
    """A template passes for every parameter; it is checked when the task runs."""
    for name in own_parameters(task):
        if name != "poke_interval":
            assert getattr(create(task, **{name: TEMPLATE}), name) == TEMPLATE


def test_a_misspelt_value_gets_the_nearest() -> None:
    """The error suggests the value that was probably meant."""
    with pytest.raises(
        ValueError, match=r"if_running is 'wiat': write 'wait' or 'adopt' or 'fail'. Did you mean 'wait'"
    ):
        create(CanvasCourseCopyOperator, if_running="wiat")


def test_closed_sets_are_those_of_the_api() -> None:
    """The values that are allowed when a DAG is parsed are those that the endpoints allow."""
    from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator

    for kind in EXPORT_TYPES:
        create(CanvasContentExportOperator, export_type=kind)
    for event in BATCH_EVENTS:
        create(CanvasBatchUpdateCoursesOperator, event=event)
    for kind in INSERT_INTO_MODULE_TYPES:
        create(CanvasCourseCopyOperator, insert_into_module_type=kind)
    assert issubclass(CanvasCourseCopyOperator, ContentMigrationOperator)


def test_what_only_a_newer_canvas_knows_passes() -> None:
    """``Unchecked`` text is sent as it is."""
    create(CanvasContentExportOperator, export_type=Unchecked("brand_new"))


@pytest.mark.parametrize("name", sorted(CanvasLegacyCourseCopyOperator.unsupported_parameters))
def test_a_parameter_that_a_task_does_not_support(name: str) -> None:
    """It is refused when the DAG is parsed, and the error names an operator that supports it."""
    with pytest.raises(ValueError, match=rf"does not support {name}: use CanvasCourseCopyOperator"):
        create(CanvasLegacyCourseCopyOperator, **{name: TEMPLATE})

"""Wrong values that no template can correct are errors when the DAG is parsed."""

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
    types = {}
    for name, text in annotations.items():
        try:
            types[name] = get_type_hints(type("Holder", (), {"__annotations__": {name: text}}), names)[name]
        except NameError:
            continue  # only type checkers import the type
    return types


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
def test_wrong_values(task: Any, name: str, value: Any) -> None:
    """The error of a wrong value names the parameter and a valid value."""
    with pytest.raises(ValueError, match=rf"^{name} is .*: write ") as refused:
        create(task, **{name: value})
    assert not refused.value.__context__


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
def test_templates_pass(task: Any) -> None:
    """Every parameter accepts a template, which is checked when the task runs."""
    for name in own_parameters(task):
        if name != "poke_interval":
            assert getattr(create(task, **{name: TEMPLATE}), name) == TEMPLATE


def test_misspelt_value() -> None:
    """The error of a misspelt value suggests the nearest valid one."""
    with pytest.raises(
        ValueError, match=r"if_running is 'wiat': write 'wait' or 'adopt' or 'fail'. Did you mean 'wait'"
    ):
        create(CanvasCourseCopyOperator, if_running="wiat")


def test_valid_values() -> None:
    """The values that are accepted when a DAG is parsed include those of the endpoints."""
    from airflow_provider_canvas.operators.batch_update_courses import CanvasBatchUpdateCoursesOperator

    for kind in EXPORT_TYPES:
        create(CanvasContentExportOperator, export_type=kind)
    for event in BATCH_EVENTS:
        create(CanvasBatchUpdateCoursesOperator, event=event)
    for kind in INSERT_INTO_MODULE_TYPES:
        create(CanvasCourseCopyOperator, insert_into_module_type=kind)
    assert issubclass(CanvasCourseCopyOperator, ContentMigrationOperator)


def test_unchecked_value() -> None:
    """An unchecked value is accepted."""
    create(CanvasContentExportOperator, export_type=Unchecked("brand_new"))


@pytest.mark.parametrize("name", sorted(CanvasLegacyCourseCopyOperator.unsupported_parameters))
def test_unsupported_parameters(name: str) -> None:
    """An unsupported parameter is an error that names an operator that supports it."""
    with pytest.raises(ValueError, match=rf"does not support {name}: use CanvasCourseCopyOperator"):
        create(CanvasLegacyCourseCopyOperator, **{name: TEMPLATE})

"""What an author sees of each operator, sensor and transfer: every parameter, typed, with its default and its text."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import pytest

from airflow_provider_canvas.get_provider_info import get_provider_info

PACKAGE = "airflow_provider_canvas."
INFO = get_provider_info()
MODULES = [
    *(module for kind in ("operators", "sensors") for each in INFO[kind] for module in each["python-modules"]),
    *(each["python-module"] for each in INFO["transfers"]),
]
TASKS = sorted(
    {
        value
        for module in map(importlib.import_module, MODULES)
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__ and hasattr(value, "execute")
    },
    key=lambda task: task.__name__,
)
INHERITED_FROM_AIRFLOW = {"poke_interval", "timeout", "soft_fail", "mode", "exponential_backoff", "max_wait"}
"""Parameters of Airflow's sensors; a sensor of ours names those whose default or meaning it changes."""


def own_parameters(task: type) -> dict[str, inspect.Parameter]:
    """Return the keywords that a class itself names in its signature."""
    parameters = inspect.signature(vars(task)["__init__"]).parameters if "__init__" in vars(task) else {}
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {name: each for name, each in parameters.items() if name != "self" and each.kind in kinds}


def bases(task: type) -> list[type]:
    """Return the classes of this package that a task inherits from, the nearest first."""
    return [base for base in task.__mro__[1:] if base.__module__.startswith(PACKAGE)]


def documented(kind: type) -> dict[str, str]:
    """Return the text of each ``:param:`` of a class's own docstring, in one line."""
    text = inspect.cleandoc(vars(kind).get("__doc__") or "")
    found = re.findall(r"^:param (\w+): (.*?)(?=^:|^\S|\Z)", text, re.DOTALL | re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}


@pytest.fixture(params=TASKS, ids=lambda task: task.__name__)
def task(request: pytest.FixtureRequest) -> Any:
    """Each operator, sensor and transfer."""
    return request.param


def test_no_parameter_hides_in_a_base_class(task: Any) -> None:
    """``help()``, editors and type checkers show every parameter, with the type and the default of the base class."""
    own = own_parameters(task)
    for base in bases(task):
        for name, parameter in own_parameters(base).items():
            if name in task.unsupported_parameters:
                assert name not in own
                continue
            assert name in own, f"{name} of {base.__name__} is hidden in **kwargs"
            if own[name].default is not parameter.empty:  # a task may require what its base does not
                assert (own[name].default, own[name].annotation) == (parameter.default, parameter.annotation), name


def test_every_parameter_is_typed(task: Any) -> None:
    """Each has an annotation that says more than ``Any``."""
    own = own_parameters(task)
    assert [name for name, each in own.items() if each.annotation in (inspect.Parameter.empty, "Any", Any)] == []


def test_every_parameter_has_its_text(task: Any) -> None:
    """The class's docstring has a ``:param:`` for each, and for nothing else, in the order of the signature."""
    assert list(documented(task)) == list(own_parameters(task))


def test_shared_parameters_have_one_text(task: Any) -> None:
    """What several tasks take from one base class is described in the same words."""
    own = documented(task)
    for base in bases(task):
        for name, words in documented(base).items():
            if name in own and own_parameters(task)[name].default == own_parameters(base)[name].default:
                assert own[name] == words, name


def test_templated_parameters_say_so(task: Any) -> None:
    """``(templated)`` stands at the end of the text of each template field, and of nothing else."""
    fields = {name for name in own_parameters(task) if name in task.template_fields}
    assert {name for name, words in documented(task).items() if words.endswith("(templated)")} == fields


def test_every_parameter_can_be_mapped(task: Any) -> None:
    """``partial()`` and ``expand()`` accept each parameter."""
    for name in own_parameters(task):
        if name in INHERITED_FROM_AIRFLOW:
            continue
        task.partial(task_id="mapped").expand(**{name: [1, 2]})

"""Public code has docstrings, tasks document their parameters, and ``__init__`` of a task only assigns them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import BaseOperator

import airflow_provider_canvas


def modules() -> Iterator[ModuleType]:
    """Yield every module of the provider."""
    for info in pkgutil.walk_packages(airflow_provider_canvas.__path__, "airflow_provider_canvas."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


MODULES = list(modules())


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the public classes and functions that a module defines, and the public methods of these classes."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value):
            yield f"{module.__name__}.{name}", value
            for method, function in vars(value).items():
                if inspect.isfunction(function) and not method.startswith("_") and not _protocol(value):
                    yield f"{module.__name__}.{name}.{method}", function
        elif inspect.isfunction(value):
            yield f"{module.__name__}.{name}", value


def _protocol(kind: type) -> bool:
    return bool(getattr(kind, "_is_protocol", False))


def documented(value: Any, name: str) -> bool:
    """Return whether a class, function or method has a docstring, or overrides one that has."""
    return bool(inspect.getdoc(value))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_modules_and_public_names_have_docstrings(module: ModuleType) -> None:
    """Each module, public class, public function and public method has a docstring."""
    assert module.__doc__
    assert [name for name, value in public(module) if not documented(value, name)] == []


TASKS = [
    value
    for module in MODULES
    if module.__name__.split(".")[1:2] in (["operators"], ["sensors"], ["transfers"])
    for _, value in public(module)
    if inspect.isclass(value) and issubclass(value, BaseOperator)
]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
def test_parameters_of_tasks(task: type[BaseOperator]) -> None:
    """Each parameter is described on the class, and marked as "(templated)" exactly if it is a template field."""
    text = inspect.cleandoc(task.__doc__ or "")
    described = dict(re.findall(r"^:param (\w+):(.*?)(?=^:|\Z|^\S)", text, re.MULTILINE | re.DOTALL))
    own = own_parameters(task)
    assert set(own) <= set(described)
    for name in own:
        assert ("(templated)" in described[name]) is (name in task.template_fields), name


def own_parameters(task: type[BaseOperator]) -> list[str]:
    """Return the parameters of a task's ``__init__``, which it may inherit, without those of the bases behind it."""
    init = next(vars(kind)["__init__"] for kind in task.__mro__ if "__init__" in vars(kind))
    return [name for name, parameter in inspect.signature(init).parameters.items() if _named(name, parameter)]


def _named(name: str, parameter: inspect.Parameter) -> bool:
    return name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
def test_init_only_assigns(task: type[BaseOperator]) -> None:
    """Each parameter is stored unchanged under its name, because it may be a template."""
    marker = "".join(("{{ params.", "anything }}"))
    names = set(own_parameters(task)) - {"poke_interval"}  # which Airflow's own sensor checks: it is no template
    made = task(task_id="x", **dict.fromkeys(names, marker))
    assert all(getattr(made, name) is marker for name in names)

"""What a reader of the code or the generated documentation can rely on."""

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
    for info in pkgutil.walk_packages(airflow_provider_canvas.__path__, "airflow_provider_canvas."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


MODULES = list(modules())


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The module's own public classes and functions, and the public methods of its classes."""
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
    """Whether it has a docstring of its own, or overrides something that has one."""
    return bool(inspect.getdoc(value)) or name.rpartition(".")[2] in {"look", "recall", "note"}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_modules_and_what_is_public_in_them(module: ModuleType) -> None:
    """Each module says what lives there; each public class, function and method says what it is for."""
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
    """Each parameter is described on the class, and marked "(templated)" exactly if it is."""
    text = inspect.cleandoc(task.__doc__ or "")
    described = dict(re.findall(r"^:param (\w+):(.*?)(?=^:|\Z|^\S)", text, re.MULTILINE | re.DOTALL))
    own = [name for name, p in inspect.signature(vars(task)["__init__"]).parameters.items() if _named(name, p)]
    assert set(own) <= set(described)
    for name in own:
        assert ("(templated)" in described[name]) is (name in task.template_fields), name


def _named(name: str, parameter: inspect.Parameter) -> bool:
    return name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.__name__)
def test_init_only_assigns(task: type[BaseOperator]) -> None:
    """What is given is what is kept, under the same name: a template may still be in it."""
    marker = "".join(("{{ params.", "anything }}"))
    names = [n for n, p in inspect.signature(vars(task)["__init__"]).parameters.items() if _named(n, p)]
    made = task(task_id="x", **dict.fromkeys(names, marker))
    assert all(getattr(made, name) is marker for name in names)

"""An author who knows the name of a class can guess its import."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

import pytest

import airflow_provider_canvas
from airflow_provider_canvas import client
from airflow_provider_canvas.get_provider_info import get_provider_info
from tests.support.public_classes import ENDINGS, defined_in, module_of, public_classes

INFO = get_provider_info()
ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "operators.md"


def listed(package: str) -> set[str]:
    """Return the modules of a package that the provider's description lists."""
    if package == "links":
        return {path.rpartition(".")[0] for path in INFO["extra-links"]}
    if package == "notifications":
        return {path.rpartition(".")[0] for path in INFO.get("notifications", [])}
    if package == "transfers":
        return {each["python-module"] for each in INFO["transfers"]}
    return {module for each in INFO[package] for module in each["python-modules"]}


@pytest.mark.parametrize(
    ("package", "name", "module"),
    [
        ("operators", "CanvasFooBarOperator", "operators.foo_bar"),
        ("sensors", "CanvasFooSensor", "sensors.foo"),
        ("transfers", "CanvasFooToBarOperator", "transfers.foo_to_bar"),
        ("triggers", "CanvasFooTrigger", "triggers.foo"),
        ("notifications", "CanvasFooNotifier", "notifications.foo"),
        ("notifications", "CanvasNotifier", "notifications.canvas"),
        ("links", "CanvasFooBarLink", "links.foo_bar"),
        ("hooks", "CanvasHook", "hooks.canvas"),
        ("hooks", "CanvasAsyncHook", "hooks.canvas_async"),
    ],
)
def test_the_rule(package: str, name: str, module: str) -> None:
    """The module has the name of the class, without ``Canvas`` and without what the package says already."""
    assert module_of(package, name) == f"airflow_provider_canvas.{module}"


@pytest.mark.parametrize("package", ENDINGS)
def test_each_class_is_where_the_rule_says(package: str) -> None:
    """Each public class of a package ends with the package's word, and its module follows from its name."""
    classes = defined_in(package)
    assert {name for name in classes if not name.endswith(ENDINGS[package])} == set()
    assert classes == {name: module_of(package, name) for name in classes}


@pytest.mark.parametrize("package", ENDINGS)
def test_airflow_knows_each_module(package: str) -> None:
    """The provider's description lists exactly the modules that define public classes."""
    assert listed(package) == set(defined_in(package).values())


def every_class() -> dict[str, Any]:
    """Return all classes of the provider whose names begin with ``Canvas``, by name."""
    found = {}
    for info in pkgutil.walk_packages(airflow_provider_canvas.__path__, "airflow_provider_canvas."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__ and name.startswith("Canvas"):
                found[name] = value
    return found


def test_no_class_hides_elsewhere() -> None:
    """What is called ``Canvas...`` is public, or a base class in a module that says so."""
    public = set(public_classes())
    bases = {"Canvas", "CanvasTask"} | {
        name for name, value in every_class().items() if value.__module__.rpartition(".")[2].startswith("base")
    }
    assert set(every_class()) - public - bases == set()


def test_every_error_and_client_comes_from_the_client_package() -> None:
    """Clients, their settings and all errors are imported from ``airflow_provider_canvas.client``."""
    errors = {name for name, value in every_class().items() if issubclass(value, Exception)}
    assert errors <= set(client.__all__)


@pytest.mark.parametrize(("name", "module"), sorted(public_classes().items()))
def test_each_import_works(name: str, module: str) -> None:
    """``from <documented module> import <class>`` gives the class."""
    assert getattr(importlib.import_module(module), name).__name__ == name


@pytest.mark.parametrize("package", ["operators", "sensors", "transfers", "triggers"])
def test_the_table_names_each_module(package: str) -> None:
    """The row of each class in ``docs/operators.md`` has the class's module beside it."""
    rows = TABLE.read_text(encoding="utf-8")
    wanted = [f"| `{name}` | `{module.partition('.')[2]}` |" for name, module in defined_in(package).items()]
    assert [row for row in wanted if row not in rows] == []


def test_the_table_names_each_example() -> None:
    """``docs/operators.md`` names each example DAG."""
    table = TABLE.read_text(encoding="utf-8")
    assert [path.name for path in sorted((ROOT / "dags_examples").glob("*.py")) if path.name not in table] == []

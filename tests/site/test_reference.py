"""The built reference has everything that is public. ``make docs`` builds it and runs these tests."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import BaseHook, BaseOperator, BaseOperatorLink
from airflow.triggers.base import BaseTrigger
from canvas_emulator import testing
from canvas_emulator.options import command_parser

import airflow_provider_canvas
from airflow_provider_canvas import client
from airflow_provider_canvas.api.canvas import routes
from airflow_provider_canvas.client.operations import Operation, Operations
from airflow_provider_canvas.get_provider_info import get_provider_info
from tests.site.built_site import described, inventory

INFO = get_provider_info()
PACKAGES = [[each] for each in ("operators", "sensors", "transfers", "triggers", "hooks", "links", "notifications")]
KINDS = (BaseOperator, BaseTrigger, BaseHook, BaseOperatorLink)


def modules() -> Iterator[ModuleType]:
    """Yield all modules of the provider."""
    for info in pkgutil.walk_packages(airflow_provider_canvas.__path__, "airflow_provider_canvas."):
        yield importlib.import_module(info.name)


MODULES = list(modules())
CLASSES = {
    f"{value.__module__}.{name}": value
    for module in MODULES
    if module.__name__.split(".")[1:2] in PACKAGES and not module.__name__.rpartition(".")[2].startswith("base")
    for name, value in vars(module).items()
    if name.startswith("Canvas") and inspect.isclass(value) and value.__module__ == module.__name__
    if issubclass(value, KINDS) or name.endswith("Notifier")
} | {f"{getattr(client, name).__module__}.{name}": getattr(client, name) for name in client.__all__}
TABLES = {
    f"canvas_{name}": value(f"canvas_{name}", None)
    for module in MODULES
    for name, value in vars(module).items()
    if getattr(value, "__module__", "") == module.__name__ and callable(value) and not inspect.isclass(value)
    if getattr(inspect.unwrap(value), "__annotations__", {}).get("return") == "Table"
}


def test_every_kind_of_class_is_found() -> None:
    """The tests below are about classes and tables that exist."""
    assert len(CLASSES) > 50
    assert len(TABLES) == 6
    for suffix in ("Operator", "Sensor", "Trigger", "Hook", "Link", "Notifier", "Client", "Error"):
        assert any(name.endswith(suffix) for name in CLASSES), suffix


@pytest.mark.parametrize("name", CLASSES)
def test_class_and_its_parameters(name: str) -> None:
    """The reference describes each public class, and each parameter that it names in its signature."""
    kind = CLASSES[name]
    description = described(name, "py:exception" if issubclass(kind, Exception) else "py:class")
    names = {each.text_content() for each in description.xpath(".//dl[contains(@class, 'field-list')]//strong")}
    assert parameters(kind) - names == set()


def parameters(kind: type) -> set[str]:
    """Return the parameters of a class that its own docstring describes or its ``__init__`` names."""
    init = vars(kind).get("__init__")
    if init is None:
        return set()
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return {name for name, each in inspect.signature(init).parameters.items() if each.kind in kinds and name != "self"}


def names(kind: str) -> set[str]:
    """Return the names of all objects of a type."""
    return set(inventory()[kind])


def test_every_endpoint() -> None:
    """Each endpoint is a method of its group."""
    methods = {tuple(name.split(".")[-2:]) for name in names("py:method")}
    missing = [name for name, route in routes().items() if (owner(route), name.partition(".")[2]) not in methods]
    assert missing == []


def test_every_operation() -> None:
    """Each operation of several requests is described, with its parameters."""
    operations = {name for name, each in vars(Operations).items() if isinstance(each, Operation)}
    prefix = f"{Operations.__module__}.Operations."
    assert {f"{prefix}{name}" for name in operations} <= names("py:method")
    text = described(f"{prefix}upload", "py:method").text_content()
    assert "parent_folder_path" in text
    assert "caller" not in text


def owner(route: Any) -> str:
    """Return the class of an endpoint."""
    return str(route.define.__qualname__).partition(".")[0]


def test_every_connection_field() -> None:
    """Each field of the form is described by its JSON name, with the label of the form."""
    (connection,) = INFO["connection-types"]
    labels = {name: field["label"] for name, field in connection["conn-fields"].items()}
    labels |= connection["ui-field-behaviour"]["relabeling"]
    assert names("std:connection-field") == {f"canvas.{name}" for name in labels}
    for name, label in labels.items():
        assert label in described(f"canvas.{name}", "std:connection-field").text_content()


def test_every_configuration_option() -> None:
    """Each option has a description, and a label as in the inventories of Airflow's own providers."""
    options = {(name, option) for name, section in INFO["config"].items() for option in section["options"]}
    assert names("std:config-option") == {f"{section}.{name}" for section, name in options}
    assert {f"config:{section}__{name}" for section, name in options} <= names("std:label")


def test_every_column() -> None:
    """Each column of each table has a description that is more than its name and type."""
    columns = {f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns}
    assert names("std:sql-column") == columns
    assert {name for name in columns if len(meaning(name)) < 5} == set()


def meaning(column: str) -> str:
    """Return the text below the name of a column."""
    return str(described(column, "std:sql-column").xpath("string(dd)")).strip()


def test_every_command_line_option() -> None:
    """Each option of ``canvas-emulator`` is described."""
    options = {f"canvas-emulator.{name}" for action in command_parser()._actions for name in action.option_strings}
    assert options == names("std:cmdoption")


def test_every_fixture() -> None:
    """Each pytest fixture is described."""
    fixtures = {
        name
        for name, value in vars(testing).items()
        if not name.startswith("_") and type(value).__name__ == "FixtureFunctionDefinition"
    }
    assert fixtures == names("std:fixture")


@pytest.mark.parametrize("name", [name for name in CLASSES if name.endswith(("Operator", "Sensor"))])
def test_label_of_task(name: str) -> None:
    """Other sites can link to each operator and sensor as they link to those of Airflow's own providers."""
    assert f"howto/operator:{name.rpartition('.')[2]}".lower() in names("std:label")


def test_label_of_connection() -> None:
    """Other sites can link to the connection."""
    assert "howto/connection:canvas" in names("std:label")

"""The provider's description for Airflow is complete, valid and true."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import airflow
import jsonschema
import pytest

from airflow_provider_canvas.get_provider_info import (
    CONFIG_OPTIONS,
    CONN_FIELDS,
    UI_FIELD_BEHAVIOUR,
    get_provider_info,
)
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.connection_fields import EXTRAS

SCHEMA = Path(airflow.__file__).with_name("provider_info.schema.json")


def test_schema() -> None:
    """The description follows Airflow's schema; Airflow ignores it otherwise."""
    jsonschema.validate(get_provider_info(), json.loads(SCHEMA.read_text()))


def python_paths(value: Any) -> Iterator[str]:
    """Yield all paths of this package's modules, classes and functions in a value."""
    match value:
        case dict():
            for item in value.values():
                yield from python_paths(item)
        case list():
            for item in value:
                yield from python_paths(item)
        case str() if value.startswith("airflow_provider_canvas."):
            yield value


@pytest.mark.parametrize("path", sorted(set(python_paths(get_provider_info()))))
def test_paths_exist(path: str) -> None:
    """Each module, class and function in the description exists."""
    try:
        importlib.import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        assert hasattr(importlib.import_module(module), name)


def test_fields_of_the_form() -> None:
    """The form has exactly the extras that the hook reads."""
    assert set(CONN_FIELDS) == set(EXTRAS)


def test_fields_on_the_page() -> None:
    """The page maps each label of the form to its name in JSON, with the limits that the form has."""
    page = (Path(__file__).parents[2] / "docs/connection.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| `(\w+)` \| (.*?) \| ?(.*?) \|", page, re.MULTILINE)
    labels = {**UI_FIELD_BEHAVIOUR["relabeling"], "port": "Port"}
    labels |= {name: field["label"] for name, field in CONN_FIELDS.items()}
    assert {name: label for label, name, _, _ in rows} == labels
    for _, name, default, limits in rows:
        field = CONN_FIELDS.get(name, {"schema": {}, "description": ""})
        if "minimum" in field["schema"]:
            assert limits == f"{field['schema']['minimum']:g} to {field['schema']['maximum']:g}"
            assert limits in field["description"]
            assert default == (CONFIG_OPTIONS[name]["default"] or "twice `read_timeout`")
            assert f"{default} by default" in field["description"] or "by default twice" in field["description"]


def test_placeholders_fit() -> None:
    """A placeholder is not longer than the boxes of the form are wide, and no field has one that is hidden."""
    placeholders = UI_FIELD_BEHAVIOUR["placeholders"]
    assert not [text for text in placeholders.values() if len(text) > 35]
    assert not set(placeholders) & set(UI_FIELD_BEHAVIOUR["hidden-fields"])


def test_secret_fields_of_the_form() -> None:
    """Secrets are password fields, so that Airflow masks them."""
    hidden = {name for name, field in CONN_FIELDS.items() if field["schema"].get("format") == "password"}
    assert hidden == {"client_secret", "refresh_token"}


def test_hook_matches_the_description() -> None:
    """Hook and description have the same connection type and name; Airflow logs a warning otherwise."""
    described = get_provider_info()["connection-types"][0]
    assert (CanvasHook.conn_type, CanvasHook.hook_name) == (described["connection-type"], described["hook-name"])


def test_entry_point() -> None:
    """The installed package has the entry point by which Airflow finds it."""
    entry_points = importlib.metadata.entry_points(group="apache_airflow_provider")
    (entry,) = [entry for entry in entry_points if entry.value.startswith("airflow_provider_canvas.")]
    assert entry.load() is get_provider_info


PROVIDERS_COMMANDS = """
from airflow.cli import cli_parser

parser = cli_parser.get_parser()
for name in ("list", "hooks", "links", "triggers"):
    arguments = parser.parse_args(["providers", name, "-o", "plain"])
    print("COMMAND", name)
    arguments.func(arguments)
"""
"""A program that runs four commands of ``airflow providers`` in one process; each would take ten seconds to start."""


def test_airflow_lists_the_provider() -> None:
    """Airflow's own commands list the package, its hook, its link and its trigger."""
    command = [sys.executable, "-c", PROVIDERS_COMMANDS]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    output_of = dict(part.split("\n", 1) for part in output.split("COMMAND ")[1:])
    assert "airflow-provider-canvas" in output_of["list"]
    assert "airflow_provider_canvas.hooks.canvas.CanvasHook" in output_of["hooks"]
    assert "airflow_provider_canvas.links.course_imports.CanvasCourseImportsLink" in output_of["links"]
    assert "airflow_provider_canvas.triggers.job" in output_of["triggers"]

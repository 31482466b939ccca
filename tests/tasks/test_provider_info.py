"""What Airflow learns about the package is true, and in the form that it expects."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import airflow
import jsonschema
import pytest

from airflow_provider_canvas.get_provider_info import CONN_FIELDS, get_provider_info
from airflow_provider_canvas.hooks.canvas import CanvasHook
from airflow_provider_canvas.hooks.connection_settings import EXTRAS

SCHEMA = Path(airflow.__file__).with_name("provider_info.schema.json")


def test_it_follows_airflows_schema() -> None:
    """Airflow ignores a description that does not."""
    jsonschema.validate(get_provider_info(), json.loads(SCHEMA.read_text()))


def dotted(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for item in value.values():
                yield from dotted(item)
        case list():
            for item in value:
                yield from dotted(item)
        case str() if value.startswith("airflow_provider_canvas."):
            yield value


@pytest.mark.parametrize("path", sorted(set(dotted(get_provider_info()))))
def test_every_path_leads_somewhere(path: str) -> None:
    """Each module, class and function that is named exists."""
    try:
        importlib.import_module(path)
    except ModuleNotFoundError:
        module, _, name = path.rpartition(".")
        assert hasattr(importlib.import_module(module), name)


def test_the_form_has_every_field_that_the_hook_reads() -> None:
    """No extra is hidden from the form, and the form promises none that is not read."""
    assert set(CONN_FIELDS) == set(EXTRAS)


def test_the_form_hides_secrets() -> None:
    """What opens a door is a password field, so that Airflow masks it."""
    hidden = {name for name, field in CONN_FIELDS.items() if field["schema"].get("format") == "password"}
    assert hidden == {"client_secret", "refresh_token"}


def test_hook_and_description_agree() -> None:
    """Airflow warns of an inconsistency otherwise."""
    described = get_provider_info()["connection-types"][0]
    assert (CanvasHook.conn_type, CanvasHook.hook_name) == (described["connection-type"], described["hook-name"])


def test_the_installed_package_announces_itself() -> None:
    """Airflow finds the package by its entry point."""
    found = importlib.metadata.entry_points(group="apache_airflow_provider")
    (entry,) = [entry for entry in found if entry.value.startswith("airflow_provider_canvas.")]
    assert entry.load() is get_provider_info


PROVIDERS_COMMANDS = """
from airflow.cli import cli_parser

parser = cli_parser.get_parser()
for name in ("list", "hooks", "links", "triggers"):
    arguments = parser.parse_args(["providers", name, "-o", "plain"])
    print("COMMAND", name)
    arguments.func(arguments)
"""
"""A program that runs four commands of ``airflow providers``: starting each by itself takes ten seconds."""


def test_airflow_lists_it() -> None:
    """Airflow's own commands show the package, its hook, its link and its trigger."""
    command = [sys.executable, "-c", PROVIDERS_COMMANDS]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    listed = dict(part.split("\n", 1) for part in output.split("COMMAND ")[1:])
    assert "airflow-provider-canvas" in listed["list"]
    assert "airflow_provider_canvas.hooks.canvas.CanvasHook" in listed["hooks"]
    assert "airflow_provider_canvas.links.canvas.CanvasCourseImportsLink" in listed["links"]
    assert "airflow_provider_canvas.triggers.job" in listed["triggers"]

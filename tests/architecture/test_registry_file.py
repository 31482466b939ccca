"""``.airflow-registry.yaml``, from which a registry of Airflow providers lists the classes, agrees with the package.

Its form is that of the file which the author of Airflow's registry wrote for another provider. The keys of the lists
are those of Airflow's ``provider.yaml``.
"""

from __future__ import annotations

import importlib
import inspect
import tomllib
from pathlib import Path
from typing import Any

import yaml

from airflow_provider_canvas.get_provider_info import get_provider_info

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def entry(path: str) -> dict[str, str]:
    """Return the entry of a class: its path, and the summary of its docstring."""
    module, _, name = path.rpartition(".")
    summary = inspect.getdoc(getattr(importlib.import_module(module), name)) or ""
    return {"module": path, "description": summary.splitlines()[0].replace("``", "`")}


def public_classes(module: str) -> list[str]:
    """Return the paths of the public classes that a module defines."""
    members = vars(importlib.import_module(module)).values()
    return [f"{module}.{c.__name__}" for c in members if inspect.isclass(c) and c.__module__ == module and c.__doc__]


def expected() -> dict[str, Any]:
    """Return what the file must contain."""
    info, urls = get_provider_info(), PROJECT["urls"]
    pictures = urls["Repository"].replace("https://github.com/", "https://raw.githubusercontent.com/")
    modules = {
        kind: [module for each in info[kind] for module in each["python-modules"]]
        for kind in ("operators", "sensors", "hooks", "triggers")
    }
    modules["transfers"] = [each["python-module"] for each in info["transfers"]]
    return {
        "package-name": PROJECT["name"],
        "display-name": info["name"],
        "description": info["description"],
        "logo": f"{pictures}/main/docs/_static/logo.svg",
        "docs-url": urls["Documentation"],
        "source-url": urls["Repository"],
        **{
            kind: [entry(path) for module in sorted(names) for path in public_classes(module)]
            for kind, names in modules.items()
        },
        "notifications": [entry(path) for path in info["notifications"]],
    }


def test_the_file_lists_all_public_classes_with_their_summaries() -> None:
    """Each operator, sensor, hook, trigger, transfer and notifier is listed as the provider's information lists it."""
    assert yaml.safe_load((ROOT / ".airflow-registry.yaml").read_text(encoding="utf-8")) == expected()
    assert (ROOT / "docs" / "_static" / "logo.svg").is_file()

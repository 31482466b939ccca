"""Importing operators and sensors loads no heavy module, and imports between rooms point one way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_canvas.get_provider_info import get_provider_info

ROOT = Path(__file__).parents[2]

INFO = get_provider_info()
TASKS = sorted(
    [
        *(module for kind in ("operators", "sensors") for each in INFO[kind] for module in each["python-modules"]),
        *(each["python-module"] for each in INFO["transfers"]),
    ]
)
SHARED = (
    "api",
    "api.errors",
    "api.storable",
    "api.text_values",
    "lineage",
    "lineage.without_failing",
    "links",
    "links.base",
    "links.course_imports",
    "links.page",
    "operators",
    "operators.base",
    "operators.base_export",
    "operators.base_import",
    "operators.base_job",
    "operators.base_migration",
    "operators.course_fields",
    "operators.imported_content",
    "operators.migration_parameters",
    "operators.migration_result",
    "operators.package_file",
    "operators.source_course",
    "security",
    "security.masked_url",
    "security.redaction",
    "security.secret_names",
    "security.url_secrets",
    "security.secret",
    "sensors",
    "sensors.base",
    "transfers",
    "utils",
    "utils.canvas_task",
    "utils.explained_errors",
    "utils.job_failures",
    "utils.object_storage",
    "utils.parameters",
    "utils.result_sentences",
    "utils.task_instance",
    "utils.waiting",
)
"""The other modules that parsing a DAG loads. Neither the hook nor the client is among them."""

HEAVY = ("requests", "aiohttp", "httpx", "urllib3", "pandas", "numpy", "sqlalchemy", "jinja2", "starlette", "uvicorn")


SDK = (
    "from airflow.providers.common.compat.sdk import BaseOperator, BaseSensorOperator, BaseOperatorLink, XCom, conf, "
    "BaseHook, AirflowFailException, AirflowSensorTimeout"
)


def loaded_by(code: str, *, after: str) -> set[str]:
    """Return the modules that ``code`` loads in a new interpreter that has run ``after``."""
    script = (
        f"import json, sys\n{after}\nbefore = set(sys.modules)\n{code}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def added() -> set[str]:
    return loaded_by("\n".join(f"import {module}" for module in TASKS), after=SDK)


@pytest.mark.parametrize("library", HEAVY)
def test_no_heavy_library_is_loaded(added: set[str], library: str) -> None:
    """A DAG file that imports every operator and sensor loads no HTTP library, no pandas, no SQLAlchemy."""
    assert not {module for module in added if module.partition(".")[0] == library}


def test_only_the_listed_modules_are_loaded(added: set[str]) -> None:
    """Parsing a DAG loads neither the hook nor the client."""
    loaded = {module for module in added if module.startswith("airflow_provider_canvas.")}
    assert loaded - {"airflow_provider_canvas.get_provider_info"} == {
        *TASKS,
        *(f"airflow_provider_canvas.{name}" for name in SHARED),
    }


def test_the_trigger_loads_no_heavy_library() -> None:
    """The trigger's module loads no heavy library, because Airflow imports it in the event loop."""
    added = loaded_by("import airflow_provider_canvas.triggers.job", after=f"{SDK}\nimport airflow.triggers.base")
    assert not {module.partition(".")[0] for module in added} & set(HEAVY)


def test_provider_info_loads_nothing() -> None:
    """The provider's description loads no other module, because every Airflow process reads it."""
    code = "from airflow_provider_canvas.get_provider_info import get_provider_info\nget_provider_info()"
    added = loaded_by(code, after="from typing import Any")
    assert added - {"__future__"} == {"airflow_provider_canvas", "airflow_provider_canvas.get_provider_info"}


def test_dependencies_point_one_way() -> None:
    """The import contracts in ``pyproject.toml`` hold."""
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr

"""Each operator and sensor has a snippet in the documentation, and tests run the code of each snippet."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from airflow.providers.common.compat.sdk import BaseOperator
from airflow.triggers.base import BaseTrigger

from airflow_provider_canvas import operators, sensors, transfers, triggers

ROOT = Path(__file__).parents[2]
PAGES = sorted(page for page in (ROOT / "docs").glob("*.md") if page.stem != "testing")
"""All pages but the one whose snippets are tests: ``tests/tasks/test_testing_page.py`` runs them."""
RUN = [*sorted((ROOT / "dags_examples").glob("*.py")), ROOT / "tests" / "tasks" / "how_to.py"]
"""Files that tests run: each example DAG by a test of its own, the other by ``tests/tasks/test_how_to.py``."""

TASK = re.compile(r"\bCanvas\w+(?:Operator|Sensor)\b")


def stripped(code: str) -> str:
    """Return code without indentation and empty lines, and with a line break before and after each line."""
    return "\n".join(["", *filter(None, map(str.strip, code.splitlines())), ""])


def snippets(page: Path) -> list[str]:
    """Return the Python snippets of a page that use an operator or a sensor."""
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [block for block in blocks if TASK.search(block)]


def public(*packages: object) -> Iterator[type]:
    """Yield the public operators, sensors and triggers of packages, without their base classes."""
    for package in packages:
        name = package.__name__  # type: ignore[attr-defined]
        for info in pkgutil.iter_modules(package.__path__, f"{name}."):  # type: ignore[attr-defined]
            module = importlib.import_module(info.name)
            for value in vars(module).values():
                defined_here = inspect.isclass(value) and value.__module__ == module.__name__
                if defined_here and not info.name.rpartition(".")[2].startswith("base") and issubclass(value, Runs):
                    yield value


Runs = (BaseOperator, BaseTrigger)
TASKS = sorted({kind.__name__ for kind in public(operators, sensors, transfers)})


@pytest.mark.parametrize("page", [page for page in PAGES if snippets(page)], ids=lambda page: page.stem)
def test_snippets_are_run(page: Path) -> None:
    """Each snippet is in a file that a test runs, apart from white space."""
    files = [stripped(path.read_text(encoding="utf-8")) for path in RUN]
    missing = [snippet for snippet in snippets(page) if not any(stripped(snippet) in file for file in files)]
    assert missing == []


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_snippet(name: str) -> None:
    """A snippet creates each operator and sensor."""
    assert any(re.search(rf"\b{name}(\.partial)?\(", block) for page in PAGES for block in snippets(page))


def test_the_table_is_complete() -> None:
    """``docs/operators.md`` names each operator, sensor and trigger, and each example DAG."""
    table = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    names = {*TASKS, *(kind.__name__ for kind in public(triggers))}
    assert {name for name in names if f"`{name}`" not in table} == set()
    assert {path.name for path in (ROOT / "dags_examples").glob("*.py") if path.name not in table} == set()

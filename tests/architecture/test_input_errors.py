"""Bad input has an error type of its own, and no other error counts as the user's mistake."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "airflow_provider_canvas"
ROOMS_OF_TASKS = ("operators", "sensors", "transfers", "triggers", "utils")


def nodes(*rooms: str) -> Iterator[tuple[Path, ast.AST]]:
    """Return the nodes of all modules of some rooms; of the package without rooms."""
    for folder in [PACKAGE / room for room in rooms] or [PACKAGE]:
        for path in sorted(folder.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield path.relative_to(PACKAGE), node


def test_no_module_raises_a_plain_value_error() -> None:
    """Bad input is a ``CanvasInputError``."""
    raised = [
        f"{path}:{node.lineno}"
        for path, node in nodes()
        if isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and getattr(node.exc.func, "id", None) == "ValueError"
    ]
    assert raised == []


def test_tasks_read_a_value_error_as_nothing_but_a_failed_conversion() -> None:
    """A task converts a ``ValueError`` of a single library call, and lets no block of its own end with one."""
    caught = [
        str(path)
        for path, node in nodes(*ROOMS_OF_TASKS)
        if isinstance(node, ast.ExceptHandler) and node.type is not None and "ValueError" in ast.unparse(node.type)
    ]
    assert sorted(caught) == ["transfers/manifest.py", "utils/object_storage.py"]

"""Examples follow the advice of the pages."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.support.snippets import ROOT, blocks

EXAMPLES = sorted((ROOT / "dags_examples").glob("*.py"))
CODE = [
    *(pytest.param(path.read_text(encoding="utf-8"), id=path.stem) for path in EXAMPLES),
    *(pytest.param(block.code, id=str(block)) for block in blocks("python") if block.kind == "dag"),
]


def tasks(code: str) -> Iterator[ast.FunctionDef]:
    """Yield the functions of a file that are tasks."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef):
            decorators = {ast.unparse(each).partition("(")[0] for each in node.decorator_list}
            if decorators & {"task", "task.short_circuit", "task.branch", "task.sensor"}:
                yield node


def calls(node: ast.AST, name: str) -> bool:
    """Return whether code calls a function or class."""
    return any(isinstance(each, ast.Call) and ast.unparse(each.func) == name for each in ast.walk(node))


@pytest.mark.parametrize("code", CODE)
def test_a_task_with_the_hook_does_not_repeat_permanent_errors(code: str) -> None:
    """Each ``@task`` that sends requests with the hook does it in ``with fail_without_retry()``.

    The test of a connection raises nothing.
    """
    for task in tasks(code):
        blocks_of_with = [node for node in ast.walk(task) if isinstance(node, ast.With)]
        guarded = [node for node in blocks_of_with if calls(node.items[0], "fail_without_retry")]
        if calls(task, "CanvasHook") and ".test_connection()" not in ast.unparse(task):
            assert any(calls(node, "CanvasHook") for node in guarded), task.name


def test_there_are_such_tasks() -> None:
    """The test above finds the tasks of two example DAGs and of a page."""
    found = [param.id for param in CODE if any(calls(task, "CanvasHook") for task in tasks(str(param.values[0])))]
    assert {"canvas_course_archive", "canvas_publish_term"} < set(found)

"""Write ``docs/endpoints.md``: every endpoint and operation of the hook, from their definitions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.api.canvas import routes
from airflow_provider_canvas.api.endpoint import Route
from airflow_provider_canvas.client.operations import Operation, Operations

PAGE = Path(__file__).resolve().parent.parent / "docs" / "endpoints.md"

INTRO = """\
# Endpoints

All requests that the hook can send to Canvas. This page is written by `python scripts/endpoints.py` from the
definitions in [`airflow_provider_canvas/api`](../airflow_provider_canvas/api).

- The keywords shown are required. Of keywords with "or" between them, exactly one is required. `...` stands for
  optional ones.
- A paginated endpoint yields the items of all pages. Its `.pages(...)` yields one page at a time.
- Every endpoint can run as a task: its name without `hook.` is the `endpoint` of `CanvasApiOperator`.
"""

ENDPOINTS = """\
| Route | Call | Paginated | What it does |
|---|---|---|---|
"""

OPERATIONS = """\
## Operations

An operation takes several requests that belong together. It is a method of the hook itself.

| Call | What it does |
|---|---|
"""


def page() -> str:
    """Return the text of the page."""
    resources: dict[str, list[str]] = {}
    for name, route in routes().items():
        resources.setdefault(name.partition(".")[0], []).append(_row(name, route))
    tables = (f"## {resource}\n\n{ENDPOINTS}{''.join(rows)}" for resource, rows in resources.items())
    return "\n".join((INTRO, *tables, OPERATIONS + "".join(_operation_rows())))


def _row(name: str, route: Route[..., Any]) -> str:
    cells = (
        f"`{route.method} {_path(route)}`",
        f"`hook.{name}({', '.join(_keywords(route))})`",
        "yes" if route.paginated else "no",
        _summary(route),
    )
    return f"| {' | '.join(cells)} |\n"


def _path(route: Route[..., Any]) -> str:
    """Return the route as Canvas writes it, its contexts in braces: ``/api/v1/{courses,groups}/:context_id/files``."""
    path = re.sub(r"\{(\w+)\}", r":\1", route.route)
    several = "{" + ",".join(CONTEXTS[name] for name in route.contexts) + "}"
    return f"{route.base}/" + path.replace(":context/", f"{several}/:context_id/")


def _keywords(route: Route[..., Any]) -> Iterator[str]:
    """Yield the required keywords, and ``...`` if there are optional ones."""
    if "{context}" in route.route:
        yield " or ".join(f"{name}=" for name in route.contexts)
    parameters = [
        each
        for each in inspect.signature(route.define).parameters.values()
        if each.kind is each.KEYWORD_ONLY or (each.kind is each.VAR_KEYWORD and "{context}" not in route.route)
    ]
    yield from _signature(parameters)


def _signature(parameters: list[inspect.Parameter]) -> Iterator[str]:
    required = [each for each in parameters if each.default is each.empty and each.kind is not each.VAR_KEYWORD]
    for each in required:
        yield f"{each.name}=" if each.kind is each.KEYWORD_ONLY else each.name
    if len(required) < len(parameters):
        yield "..."


def _summary(route: Route[..., Any]) -> str:
    """Return the docstring's first line with a link to the documentation, and the replacement of a deprecated route."""
    lines = inspect.cleandoc(route.__doc__ or "").splitlines()
    summary = f"{_markdown(lines[0])} [Documentation]({lines[-1]})"
    return f"{summary} **Deprecated**: use {route.deprecated}." if route.deprecated else summary


def _markdown(text: str) -> str:
    """Return a line of a docstring as Markdown."""
    return text.replace("``", "`")


def _operation_rows() -> Iterator[str]:
    for name, operation in sorted(vars(Operations).items()):
        if isinstance(operation, Operation):
            parameters = list(inspect.signature(operation.flow).parameters.values())[1:]  # after the caller
            summary = _markdown(inspect.cleandoc(operation.__doc__ or "").partition("\n")[0])
            yield f"| `hook.{name}({', '.join(_signature(parameters))})` | {summary} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(routes())} endpoints")

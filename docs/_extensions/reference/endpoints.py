"""The endpoint groups of clients and hooks: each endpoint with its route, keywords and documentation."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from sphinx.util.inspect import stringify_signature

from airflow_provider_canvas.api.call import CONTEXTS
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import Resource, Route
from airflow_provider_canvas.client.operations import Operation, Operations
from reference.objects import indent
from reference.public import full_name, summary


def groups() -> dict[str, type]:
    """Return the classes of endpoints by their names on a client and a hook."""
    return {name: type(group) for name, group in vars(Canvas[Any](io=object())).items() if isinstance(group, Resource)}


def pages() -> dict[str, str]:
    """Return the pages of all groups, by file name."""
    return {f"{name}.md": "\n".join(_page(name, group)) for name, group in groups().items()}


def _page(name: str, group: type) -> Iterator[str]:
    yield from (f"# {name}", "", "```{eval-rst}")
    yield from _group(name, group)
    yield from ("```", "")


def _group(name: str, group: type) -> Iterator[str]:
    yield from (f".. py:currentmodule:: {group.__module__}", "", f".. py:class:: {group.__name__}", "")
    yield indent(inspect.getdoc(group) or "")
    yield ""
    for attribute, route in vars(group).items():
        if isinstance(route, Route):
            yield indent(_endpoint(name, attribute, route))
            yield ""


def _endpoint(group: str, name: str, route: Route[..., Any]) -> str:
    pages = ", paginated" if route.paginated else ""
    lines = [
        f".. py:method:: {name}({', '.join(_keywords(route))})",
        "",
        f'   ``{route.method} {_path(route)}``{pages}. As a task: ``endpoint="{group}.{name}"``.',
        "",
    ]
    if route.deprecated:
        lines += [f"   **Deprecated**: use {route.deprecated}.", ""]
    return "\n".join([*lines, indent(inspect.getdoc(route.define) or "")])


def _path(route: Route[..., Any]) -> str:
    path = re.sub(r"\{(\w+)\}", r":\1", route.route)
    several = "{" + ",".join(CONTEXTS[name] for name in route.contexts) + "}"
    return f"{route.base}/" + path.replace(":context/", f"{several}/:context_id/")


def _keywords(route: Route[..., Any]) -> Iterator[str]:
    """Yield ``*``, then each keyword with its type and default."""
    yield "*"
    parameters = inspect.signature(route.define).parameters
    unpacked = getattr(route.unpacked_type, "__annotations__", {})
    for name, is_required in route.parameters.items():
        if name in parameters:
            annotation = str(parameters[name].annotation)
        else:
            annotation = _text(unpacked[name]) if name in unpacked else "Id"
        yield f"{name}: {annotation}" + ("" if is_required else f" = {route.defaults.get(name)!r}")


def _text(annotation: Any) -> str:
    return getattr(annotation, "__forward_arg__", None) or str(annotation)


def endpoint_groups() -> str:
    """Return a list of the groups, that also adds their pages to the menu."""
    lines = [f":class:`{name} <{full_name(group)}>`\n    {summary(group)}\n" for name, group in groups().items()]
    pages = [f"   endpoints/{name}" for name in groups()]
    return "\n".join([*lines, ".. toctree::", "   :hidden:", "", *pages])


def operations() -> str:
    """Return the descriptions of the operations, which take several requests."""
    lines = [f".. py:currentmodule:: {Operations.__module__}", "", f".. py:class:: {Operations.__name__}", ""]
    lines += [indent(summary(Operations)), ""]
    for name, operation in sorted(vars(Operations).items()):
        if isinstance(operation, Operation):
            text = indent(inspect.getdoc(operation) or "")
            lines += [indent(f".. py:method:: {name}{_signature(operation)}\n\n{text}"), ""]
    return "\n".join(lines)


def _signature(operation: Operation[..., Any]) -> str:
    """Return the arguments of an operation and its result, without the caller that a client adds."""
    signature = inspect.signature(operation.flow)
    result = str(signature.return_annotation).removeprefix("Flow[").removesuffix("]")
    own = list(signature.parameters.values())[1:]
    return stringify_signature(signature.replace(parameters=own, return_annotation=result))

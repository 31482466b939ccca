"""The XComs of the tasks: their keys, what is in them, and which operators push them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import airflow_provider_canvas
from reference.objects import describe
from reference.public import full_name, provided_classes, summary

PACKAGE = airflow_provider_canvas.__name__


def xcoms() -> str:
    """Return the descriptions of all XComs."""
    result = "The result of the task, a dict of JSON types. The class of each operator says what is in it."
    return "\n".join([describe("xcom", "return_value", "return_value", "", result), *_pushed(), *_of_links()])


def _of_links() -> Iterator[str]:
    for link in provided_classes("extra-links"):
        key = link.key  # type: ignore[attr-defined]
        yield describe("xcom", key, key, "", f"The URL of the link :class:`~{full_name(link)}`: {summary(link)}")


def _pushed() -> Iterator[str]:
    """Yield what is pushed under a constant key, wherever it is in the package."""
    root = Path(airflow_provider_canvas.__path__[0])
    for path in sorted(root.rglob("*.py")):
        for pusher, key in _pushes(ast.parse(path.read_text(encoding="utf-8"))):
            module = import_module(".".join((PACKAGE, *path.relative_to(root).with_suffix("").parts)))
            owner, _, name = key.rpartition(".")
            defined_in = vars(module)[owner] if owner else module
            value = getattr(defined_in, name)
            users = ", ".join(f":class:`~{full_name(each)}`" for each in _users(vars(module)[pusher]))
            yield describe("xcom", value, value, "", f"{_meaning(defined_in, name)}\n\nPushed by {users}.")


def _pushes(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each class that pushes something and the expression of the key, apart from links."""
    for of_class in [node for node in tree.body if isinstance(node, ast.ClassDef)]:
        for node in ast.walk(of_class):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "xcom_push":
                key = next(ast.unparse(each.value) for each in node.keywords if each.arg == "key")
                if key != "cls.key":
                    yield of_class.name, key


def _meaning(module: ModuleType, name: str) -> str:
    """Return the docstring of a constant."""
    body = ast.parse(inspect.getsource(module)).body
    for node, following in pairwise(body):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name and isinstance(following, ast.Expr):
            text = str(ast.literal_eval(following.value)).removeprefix("The key of the XCom with ")
            return text[:1].upper() + text[1:]
    raise LookupError(f"{module.__name__}.{name} has no docstring: say below it what the XCom contains.")


def _users(pusher: type) -> list[type]:
    """Return the public operators that inherit from a class, or else those whose modules import it, also indirectly."""
    operators = [each for kind in ("operators", "transfers") for each in provided_classes(kind)]
    heirs = [each for each in operators if issubclass(each, pusher)]
    return heirs or [each for each in operators if pusher.__module__ in _imports(each.__module__)]


def _imports(module: str) -> set[str]:
    """Return a module of tasks and all modules of tasks that it imports when it runs, also indirectly."""
    found, new = set[str](), {module}
    while new:
        found |= new
        new = {imported for name in new for imported in _imported(name)} - found
    return found


@cache
def _imported(module: str) -> frozenset[str]:
    tree = ast.parse(inspect.getsource(import_module(module)))
    for_types = {child for node in ast.walk(tree) if _is_for_types(node) for child in ast.walk(node)}
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node not in for_types]
    names = {name for node in nodes for name in (node.module or "", *(f"{node.module}.{a.name}" for a in node.names))}
    return frozenset(name for name in names if name.startswith(f"{PACKAGE}.operators.") and _is_module(name))


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _is_module(name: str) -> bool:
    return (Path(airflow_provider_canvas.__path__[0]).parent / f"{name.replace('.', '/')}.py").exists()

"""Docstrings of both distributions and of the scripts follow the convention of CONTRIBUTING.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("airflow_provider_canvas", "emulator/canvas_emulator", "scripts")

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

ROLE = re.compile(r":\w+:`[^`]+`")
SINGLE_BACKTICKS = re.compile(r"(?<![`:])`(?!`)[^`\n]+`(?![`_])")
FIELD = re.compile(r"^:(\w+)(?: ([\w.*]+))?:(.*?)(?=^:\w|\Z|^\S)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Violation:
    """A docstring that does not follow the convention.

    :param area: The folder that owns the file.
    :param place: The file and line.
    :param message: What is wrong.
    """

    area: str
    place: str
    message: str


def area_of(path: Path) -> str:
    """Return the folder below the package that owns a file, or the folder itself for scripts."""
    folders = path.relative_to(ROOT).parts[:-1]
    return "/".join(folders[: 3 if folders[0] == "emulator" else 2])


def public_definitions(tree: ast.Module) -> Iterator[Documented]:
    """Yield a module, its public classes and functions, and the public methods of these classes."""
    yield tree
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                methods = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
                yield from (method for method in methods if not method.name.startswith("_"))


def parameters(node: Documented) -> tuple[set[str], set[str], bool]:
    """Return the parameters that a docstring may describe, those that it must, and whether there are keywords."""
    if isinstance(node, ast.ClassDef):
        return _class_parameters(node)
    if isinstance(node, ast.Module):
        return set(), set(), False
    names, keywords = _arguments(node)
    return names, set(), keywords


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[set[str], bool]:
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return {each.arg for each in every if each} - {"self", "cls"}, arguments.kwarg is not None


def _class_parameters(node: ast.ClassDef) -> tuple[set[str], set[str], bool]:
    fields = {
        each.target.id for each in node.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    described = {
        first.target.id
        for first, second in zip(node.body, node.body[1:], strict=False)
        if isinstance(first, ast.AnnAssign) and isinstance(first.target, ast.Name) and isinstance(second, ast.Expr)
    }
    init = next((each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)
    if init:
        names, keywords = _arguments(init)
        return (
            names | fields,
            {name for name in names if not (keywords and init.args.kwarg and name == init.args.kwarg.arg)},
            keywords,
        )
    if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
        public = {name for name in fields if not name.startswith("_")}
        return fields, public - described - _not_parameters(node), bool(node.bases)
    return fields, set(), bool(node.bases)


def _not_parameters(node: ast.ClassDef) -> set[str]:
    """Return the fields of a dataclass that are no parameters: class variables, and fields with ``init=False``."""
    return {
        each.target.id
        for each in node.body
        if isinstance(each, ast.AnnAssign)
        and isinstance(each.target, ast.Name)
        and ("ClassVar" in ast.unparse(each.annotation) or (each.value and "init=False" in ast.unparse(each.value)))
    }


def problems(node: Documented) -> Iterator[str]:
    """Yield what is wrong with the docstring of a definition."""
    docstring = ast.get_docstring(node)
    if docstring is None:
        return
    summary = docstring.partition("\n")[0]
    if not summary.endswith("."):
        yield f"the first line does not end with a full stop: {summary!r}"
    if not re.match(r"[A-Z0-9`*:\"]", summary):
        yield f"the first line does not start with a capital letter: {summary!r}"
    if match := SINGLE_BACKTICKS.search(ROLE.sub("", docstring)):
        yield f"single backticks: {match[0]}"
    described = {}
    for kind, name, text in FIELD.findall(docstring):
        flat = re.sub(r"\s+", " ", text).strip()
        if kind == "param":
            described[name.strip("*")] = flat
        if kind in ("param", "return", "raises") and not re.fullmatch(r"[A-Z0-9`\"':(].*(\.|\(templated\))", flat):
            yield f":{kind} {name}: does not start with a capital letter and end with a full stop: {flat!r}"
    allowed, required, keywords = parameters(node)
    if not keywords and (unknown := set(described) - allowed):
        yield f"describes parameters that do not exist: {sorted(unknown)}"
    if missing := required - set(described):
        yield f"does not describe the parameters {sorted(missing)}"


@cache
def violations() -> list[Violation]:
    """Return all docstrings that do not follow the convention."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [
        Violation(area_of(path), f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}", problem)
        for path in files
        for node in public_definitions(ast.parse(path.read_text(encoding="utf-8")))
        for problem in problems(node)
    ]


AREAS = sorted({area_of(path) for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")})


@pytest.mark.parametrize("area", AREAS)
def test_docstrings_follow_the_convention(area: str) -> None:
    """Every docstring of an area follows the convention; the failure names each that does not."""
    report = [f"{violation.place}: {violation.message}" for violation in violations() if violation.area == area]
    assert not report, "\n".join(report)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ('def f():\n    """Return it."""', None),
        ('def f():\n    """Return it"""', "full stop"),
        ('def f():\n    """return it."""', "capital letter"),
        ('def f():\n    """Return `it`."""', "single backticks"),
        ('def f(a):\n    """Return it.\n\n    :param a: The value.\n    """', None),
        ('def f(a):\n    """Return it.\n\n    :param a: the value\n    """', "capital letter and end"),
        ('def f(a):\n    """Return it.\n\n    :param b: The value.\n    """', "do not exist"),
        ('class C:\n    """A class."""\n    def __init__(self, a): ...', "does not describe"),
        ('@dataclass\nclass C:\n    """A class."""\n    a: int', "does not describe"),
        ('@dataclass\nclass C:\n    """A class."""\n    a: int\n    """The value."""', None),
    ],
)
def test_each_rule(code: str, problem: str | None) -> None:
    """Each rule finds a violation, and accepts a docstring that follows it."""
    messages = list(problems(ast.parse(code).body[0]))
    assert len(messages) == (problem is not None)
    assert problem is None or problem in messages[0]

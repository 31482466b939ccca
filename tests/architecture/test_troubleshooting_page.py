"""``docs/troubleshooting.md`` has the errors and messages of the code, and no message that the code does not have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "airflow_provider_canvas"
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")

MIN_LENGTH = 8
"""Characters of a message beside its values; a shorter one cannot be searched for."""

ERROR = re.compile(r"\bCanvas\w*Error\b")
PLACEHOLDER = re.compile(r"%(?:\.\d+)?[a-z]|…+")
ROW = re.compile(r"^\| (`[^|]+`) \| ", re.MULTILINE)


def text_of(node: ast.AST) -> str:
    """Return a message as the page writes it: ``…`` stands for each value."""
    match node:
        case ast.Constant(value=str(text)):
            return re.sub(r"…+", "…", PLACEHOLDER.sub("…", text))
        case ast.JoinedStr(values=values):
            return re.sub(r"…+", "…", "".join(map(text_of, values)))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return text_of(left) + text_of(right)
        case _:
            return "…"


@cache
def nodes() -> list[ast.AST]:
    """Return the nodes of all modules of the package."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))]
    return [node for tree in trees for node in ast.walk(tree)]


def errors_of_input() -> set[str]:
    """Return the errors about the user's input, whose messages say what to write; the page has their kinds."""
    return {"CanvasInputError"} | {
        node.name
        for node in nodes()
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "CanvasInputError" for base in node.bases)
    }


def messages_of_the_page() -> list[str]:
    """Return the messages in the first column of the page's tables, without those that are names of classes."""
    _, _, tables = PAGE.partition("\n## Connection\n")
    return [message for cell in ROW.findall(tables) for message in re.findall("`([^`]+)`", cell)]


def is_message(node: ast.AST) -> bool:
    """Return whether a node is a message with some words of its own."""
    return len(text_of(node).replace("…", "").strip(" .:,;")) >= MIN_LENGTH


def messages_of_the_code() -> Iterator[str]:
    """Yield the messages of the warnings and of the errors of the package; bad input is documented by its kinds."""
    of_input = errors_of_input()
    for node in nodes():
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[message, *_])):
                documented = ERROR.fullmatch(name) and name not in of_input
            case ast.Call(func=ast.Attribute(attr="warning" | "exception"), args=[message, *_]):
                documented = True
            case _:
                continue
        if documented and is_message(message):
            yield text_of(message)


def test_each_message_of_the_page_is_in_the_code() -> None:
    """A message that the page explains is a part of a text in the code, and long enough to be found."""
    messages = [message.strip("… ") for message in messages_of_the_page()]
    code = "\n".join(text_of(node) for node in nodes() if isinstance(node, ast.Constant | ast.JoinedStr))
    assert [message for message in messages if message not in code or len(message) < MIN_LENGTH] == []


def test_each_message_of_the_code_is_on_the_page() -> None:
    """The page explains each warning and each error that is not about the user's input."""
    known = [part.strip("… ") for part in messages_of_the_page()]
    missing = {message for message in messages_of_the_code() if not any(part in message for part in known)}
    assert missing == set(), "add each message to docs/troubleshooting.md, with what it means and what to do"


def test_the_page_has_each_class_of_errors() -> None:
    """The page has a row for each public class of errors, and names no other one."""
    classes = {node.name for node in nodes() if isinstance(node, ast.ClassDef) and ERROR.fullmatch(node.name)}
    rows = set(re.findall(r"^\| `(Canvas\w*Error)` \|", PAGE, re.MULTILINE))
    assert rows == classes
    assert set(ERROR.findall(PAGE)) <= classes

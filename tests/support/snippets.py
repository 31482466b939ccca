"""The code blocks of the documentation's pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted([*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "recipes").glob("*.md")]),
    *sorted((ROOT / "docs" / "reference").glob("*.md")),  # not what a build of the site makes below it
    ROOT / "emulator" / "README.md",
]
"""All pages whose snippets a reader pastes, in an order that is the same in each process."""

BLOCK = re.compile(
    r"^(?P<indent>[ ]*)```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^(?P=indent)```[ ]*$", re.DOTALL | re.MULTILINE
)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
FILE_NAME = re.compile(r"`([\w./-]+\.(?:cfg|csv|ini|jsonl?|py|sql|toml|txt|ya?ml))`")


@dataclass(frozen=True)
class Block:
    """A code block.

    :param page: Its page, relative to the repository.
    :param line: The line of its first character.
    :param language: Its language, such as ``python``.
    :param code: Its text, without indentation.
    :param file: The file that the line above it names, such as ``conftest.py``, if it ends with a colon; else empty.
    :param heading: The heading above it.
    """

    page: str
    line: int
    language: str
    code: str
    file: str
    heading: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def kind(self) -> str:
        """How a reader runs a block of Python: ``tests``, ``dag`` or ``program``."""
        tree = ast.parse(self.code)
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        if any(node.name.startswith("test_") for node in functions):
            return "tests"
        called = {
            node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        decorators = {ast.unparse(each).partition("(")[0] for node in functions for each in node.decorator_list}
        return "dag" if "DAG" in called or "dag" in decorators else "program"

    @property
    def names(self) -> list[str]:
        """What the promises of a block are filed under: its page with its DAGs, or else with its heading."""
        dags = re.findall(r'\b(?:DAG\(\s*|dag_id=)"([^"]+)"', self.code) if self.kind == "dag" else []
        return [f"{self.page}: {name}" for name in dags or [self.heading]]

    @property
    def imports(self) -> set[tuple[str, str]]:
        """The module and the name of each ``from ... import ...`` of a block of Python."""
        return {
            (node.module or "", alias.name)
            for node in ast.walk(ast.parse(self.code))
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }


@cache
def blocks_of(page: Path) -> tuple[Block, ...]:
    """Return the blocks of a page, in its order."""
    return tuple(_read(page))


def blocks(*languages: str) -> list[Block]:
    """Return the blocks of all pages in these languages."""
    return [block for page in PAGES for block in blocks_of(page) if block.language in languages]


def files_of(page: str) -> dict[str, str]:
    """Return the files that the blocks of a page are, with their texts.

    :param page: The page, relative to the repository.
    """
    return {block.file: block.code for block in blocks_of(ROOT / page) if block.file}


def _read(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        before = text[: found.start()].rstrip().rpartition("\n")[2]
        named = FILE_NAME.findall(before) if before.endswith(":") else []
        yield Block(
            page=page.relative_to(ROOT).as_posix(),
            line=text.count("\n", 0, found.start("code")) + 1,
            language=found["language"],
            code=dedent(found["code"]),
            file=named[0] if len(named) == 1 else "",
            heading=(HEADING.findall(text[: found.start()]) or [""])[-1],
        )

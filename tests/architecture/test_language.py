"""Names, messages, comments and documentation use the field's words (see the glossary in CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHON = ("airflow_provider_canvas", "emulator", "scripts", "benchmarks", "dags_examples", "tests")
PAGES = ("*.md", "docs/*.md", "emulator/*.md")

NAMES = {
    r"answers?": "response, or the name of what it holds",
    r"no_answer": "TransportError",
    r"looks?": "poll, check",
    r"watch|watch(es|ers?)|\w+_watch": "waiter",
    r"mark(_of)?": "idempotency_key",
    r"speakers?": "caller",
    r"convers(e|ing|ations?)": "call, flow",
    r"forgetful": "InMemoryStore",
    r"(\w+_)?recall(ed|s)?": "get",
    r"submittable": "JobRequest",
    r"\w+_to_make": "JobRequest",
    r"adrive": "run_async",
    r"judged?|judg(ing|ement)": "decide",
    r"again": "retry",
    r"pacing": "rate_limit",
    r"admit(ted)?": "acquire",
    r"procedures?": "operation",
    r"arriving": "partial_download",
    r"landings?": "download_target",
    r"delivery": "upload_steps",
    r"in_words": "format_duration, description",
    r"leash": "supervise",
    r"running_stage": "local_stack",
    r"said": "the name of what it is: message, arguments, options",
    r"ours|theirs": "the name of what it is",
    r"alike": "matches",
    r"foreign": "started_by_other",
    r"about": "extra, details",
    r"led_to": "redirect_target",
    r"accomplished": "completed",
    r"given|flag": "none_if_blank, drop_none, parse_bool",
    r"refuse_nonsense": "validate",
    r"mind_\w+": "check_...",
    r"see_through": "wait_or_defer",
    r"no_vain_retry": "fail_without_retry",
    r"most_\w+": "max_...",
    r"aask|asking": "call",
    r"blocking|awaiting": "sync, async",
    r"lenient": "coerce",
    r"holding": "breakpoints",
    r"anew": "again",
    r"somebody": "other, user, the name of the role",
}
"""Retired names and what to use instead. A pattern stands for a whole name, in lower case with underscores."""

PHRASES = {
    r"\banew\b": "again",
    r"what there is": "name the things",
    r"\bas far as\b": "to which extent, or name the thing",
    r"\bis to be had\b": "is available",
    r"\bsuch an? one\b": "name the thing",
    r"\bno more than that\b": "only",
    r"\bsomebody\b": "name who: a user, another process",
    r"\brow an? (?!line)\w+": "row per ...",
    r"\bgo(es)? on (in|with|where|waiting|for)\b": "continue, is still running",
    r"\bin vain\b": "without success",
    r"\bstill be at it\b": "still be processing it",
    r"\bas ever\b": "as before",
    r"\bconversations?\b": "request, flow",
    r"\b(a|the|our|its|no|without a) mark\b": "idempotency key",
    r"\b(an|the|no|every|each|whose|lost|late) answer\b|\b(the|all|no|lost|late) answers\b": "response",
    r"\b(a|one|each|every|the first|the next|another) look\b|\b(two|three|all|between) looks\b": "poll",
    r"\bwatch(es|ed|ing|ers?)?\b": "wait, waiter",
    r"\b(awaiting|blocking) (client|hook)": "async client, sync client",
}
"""Retired phrases and what to write instead, in messages, docstrings, comments and pages."""

CANVAS_KEYS = frozenset({("quiz_questions.py", "answers")})
"""Retired words that Canvas uses for the keys of its objects: the file that declares the object, and the key."""


@dataclass(frozen=True)
class Use:
    """A use of a retired word.

    :param place: The file and line.
    :param text: The word.
    :param instead: What to use.
    """

    place: str
    text: str
    instead: str


def snake_case(name: str) -> str:
    """Return a name in lower case with underscores, without those at its ends."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")


def defined_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each name that a file defines; names of other packages are not its own."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.arg(arg=name):
                yield node.lineno, name
            case ast.alias(asname=str(name)):
                yield node.lineno, name


def texts(tree: ast.AST, code: str) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each string and each comment of a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


@cache
def retired_name(name: str) -> str | None:
    """Return what to use instead of a name, or ``None`` if the name is not retired."""
    return next((instead for pattern, instead in NAMES.items() if re.fullmatch(pattern, snake_case(name))), None)


def retired_phrases(text: str) -> Iterator[tuple[str, str]]:
    """Yield each retired phrase of a text, and what to write instead."""
    flat = re.sub(r"\s+", " ", text)
    for pattern, instead in PHRASES.items():
        for match in re.finditer(pattern, flat, re.IGNORECASE):
            yield match[0], instead


def uses() -> Iterator[Use]:
    """Yield all uses of retired words."""
    for folder in PYTHON:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path != Path(__file__):
                yield from _uses_in_code(path)
    for pattern in PAGES:
        for page in sorted(ROOT.glob(pattern)):
            for phrase, instead in retired_phrases(page.read_text(encoding="utf-8")):
                yield Use(str(page.relative_to(ROOT)), phrase, instead)


def _uses_in_code(path: Path) -> Iterator[Use]:
    code, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT)
    tree = ast.parse(code)
    for line, text in [(1, path.stem), *defined_names(tree)]:
        if (path.name, text) not in CANVAS_KEYS and (instead := retired_name(text)):
            yield Use(f"{name}:{line}", text, instead)
    for line, text in texts(tree, code):
        for phrase, instead in retired_phrases(text):
            yield Use(f"{name}:{line}", phrase, instead)


def test_retired_words() -> None:
    """No file uses a retired word; the failure names each use and its replacement."""
    report = [f"{use.place}: {use.text!r}, write: {use.instead}" for use in uses()]
    assert not report, "\n" + "\n".join(report)


@pytest.mark.parametrize(
    ("name", "retired"),
    [
        ("answer", True),
        ("Answers", True),
        ("_look", True),
        ("WATCHES", True),
        ("MOST_ROWS", True),
        ("CourseToMake", True),
        ("_mind_the_gap", True),
        ("quiz_answer_unknown", False),
        ("lookup", False),
        ("outlook", False),
        ("foreign_key", False),
        ("marker", False),
        ("almost_done", False),
    ],
)
def test_names_are_compared_as_a_whole(name: str, retired: bool) -> None:
    """A retired name is found in any spelling, and a longer name that contains it is not."""
    assert bool(retired_name(name)) is retired

"""The rows of the source course that a migration selects.

Canvas stores what was asked for as ``copy`` options: ``everything``, ``all_<type>``, or by type the migration ids of
single rows. The types have two spellings, the API's (``pages``) and the internal one (``wiki_pages``); both work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from canvas_emulator.effects.mapping import migration_id
from canvas_emulator.model.content import (
    CONTENT_KINDS,
    ITEM_CONTENT,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Folder,
    Module,
    ModuleItem,
    QuestionBank,
    Quiz,
    QuizQuestion,
)
from canvas_emulator.model.parsing import parse_bool, parse_int, parse_list

Rows = Mapping[type[Content], Mapping[int, Content]]

ShownFiles = Callable[[str], Iterable[File]]
"""From a piece of HTML to the files that it shows."""


def no_files(html: str) -> Iterable[File]:  # noqa: ARG001  one of the functions that find files
    """Find no files, where files do not come along with the HTML that shows them."""
    return ()


EVERYTHING: Mapping[str, Any] = {"everything": True}

API_SPELLINGS = {
    "context_modules": "modules",
    "content_tags": "module_items",
    "wiki_pages": "pages",
    "attachments": "files",
    "context_external_tools": "external_tools",
    "assessment_question_banks": "question_banks",
}

INTERNAL_SPELLINGS = {api: internal for internal, api in API_SPELLINGS.items()}


def options_of_select(select: Mapping[str, Any]) -> dict[str, Any]:
    """Turn ``select``, lists of ids by type, into ``copy`` options. Unknown ids select nothing."""
    kinds = {kind.KIND: kind for kind in CONTENT_KINDS}
    options: dict[str, Any] = {}
    for name, ids in select.items():
        if (kind := kinds.get(API_SPELLINGS.get(name, name))) is not None:
            row_ids = [row_id for text in parse_list(ids) if (row_id := parse_int(text)) is not None]
            options[INTERNAL_SPELLINGS.get(kind.KIND, kind.KIND)] = {
                migration_id(kind, row_id): "1" for row_id in row_ids
            }
    return options


def selects(options: Mapping[str, Any], name: str) -> bool:
    """Tell whether the options select everything, or ``name`` (``course_settings``, ``syllabus_body``)."""
    return parse_bool(options.get("everything")) or parse_bool(options.get(f"all_{name}"))


def chosen_rows(
    by_kind: Rows,
    key: Callable[[Content], str],
    options: Mapping[str, Any],
    shown: ShownFiles = no_files,
    syllabus: str = "",
) -> list[Content]:
    """Return the rows, of a course or a package, that the options select, with the rows that these bring along.

    A module brings its items and what they show, an item what it shows, a graded quiz or discussion its assignment and
    the other way round, a file its folders, a folder that was selected its files, and HTML the files that it shows.

    :param by_kind: All rows by kind and id.
    :param key: The migration id of a row.
    :param options: The ``copy`` options.
    :param shown: Finds the files that a piece of HTML shows.
    :param syllabus: HTML that counts if the options select the syllabus.
    :return: The rows, in the order in which they are to be copied.
    """
    chosen: set[Content] = set()
    waiting = [row for kind in CONTENT_KINDS for row in _named(by_kind[kind], kind, key, options)]
    folder_ids = {row.id for row in waiting if isinstance(row, Folder)}
    waiting += [row for row in by_kind[File].values() if isinstance(row, File) and row.folder_id in folder_ids]
    if syllabus and selects(options, "syllabus_body"):
        waiting += _present(by_kind, shown(syllabus))
    while waiting:
        row = waiting.pop()
        if row not in chosen:
            chosen.add(row)
            waiting += [
                by_kind[kind][row_id] for kind, row_id in _dragged(by_kind, row) if row_id in by_kind.get(kind, {})
            ]
            for text in row.texts().values():
                waiting += _present(by_kind, shown(text if isinstance(text, str) else " ".join(text)))
    return [row for kind in CONTENT_KINDS for row in by_kind[kind].values() if row in chosen]


def _present(by_kind: Rows, files: Iterable[File]) -> list[Content]:
    return [by_kind[File][file.id] for file in files if file.id in by_kind[File]]


def _named(
    rows: Mapping[int, Content], kind: type[Content], key: Callable[[Content], str], options: Mapping[str, Any]
) -> list[Content]:
    spellings = [kind.KIND, *(internal for internal, name in API_SPELLINGS.items() if name == kind.KIND)]
    if any(selects(options, name) for name in spellings):
        return list(rows.values())
    keys: set[str] = set()
    for name in spellings:
        if isinstance(named := options.get(name), Mapping):
            keys |= {key.removeprefix("id_") for key, value in named.items() if parse_bool(value)}
    return [row for row in rows.values() if key(row) in keys] if keys else []


def _dragged(by_kind: Rows, row: Content) -> list[tuple[type[Content], int]]:
    """Return the rows that come along with one, by kind and id."""
    dragged: list[tuple[type[Content], int]] = []
    match row:
        case Module():
            items = by_kind[ModuleItem].values()
            dragged = [
                (ModuleItem, item.id) for item in items if isinstance(item, ModuleItem) and item.module_id == row.id
            ]
        case ModuleItem(content_id=int(content_id)) if row.type in ITEM_CONTENT:
            dragged = [(ITEM_CONTENT[row.type], content_id)]
        case File(folder_id=int(folder_id)):
            dragged = _folders(by_kind, folder_id)
        case Quiz() | QuestionBank():
            dragged = _questions(by_kind, row)
            if isinstance(row, Quiz) and row.assignment_id is not None:
                dragged.append((Assignment, row.assignment_id))
        case DiscussionTopic(assignment_id=int(shell_id)):
            dragged = [(Assignment, shell_id)]
        case Assignment(quiz_id=int(quiz_id)):
            dragged = [(Quiz, quiz_id)]
        case Assignment(discussion_topic_id=int(topic_id)):
            dragged = [(DiscussionTopic, topic_id)]
    return dragged


def _folders(by_kind: Rows, folder_id: int) -> list[tuple[type[Content], int]]:
    """Return a folder and those above it."""
    folders = [row for row in by_kind[Folder].values() if isinstance(row, Folder)]
    path = next((f"{folder.full_name}/" for folder in folders if folder.id == folder_id), "")
    return [(Folder, folder.id) for folder in folders if path.startswith(f"{folder.full_name}/")]


def _questions(by_kind: Rows, owner: Content) -> list[tuple[type[Content], int]]:
    reference = "quiz_id" if isinstance(owner, Quiz) else "question_bank_id"
    return [(QuizQuestion, row.id) for row in by_kind[QuizQuestion].values() if getattr(row, reference) == owner.id]

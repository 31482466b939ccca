"""Compare courses by what their rows say, with titles in the place of ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from canvas_emulator.effects.copyable_rows import copyable_rows
from canvas_emulator.model.content import (
    CONTENT_KINDS,
    Announcement,
    Content,
    File,
    Folder,
    LearningOutcomeGroup,
    ModuleItem,
    QuizQuestion,
)
from canvas_emulator.model.world import World


def comparable(world: World, course_id: int) -> dict[str, list[dict[str, Any]]]:
    """What the copyable rows of a course say, by kind, with titles in the place of ids: courses can be compared."""
    rows = copyable_rows(world, course_id)
    return {
        kind.KIND: [_facts(world, row) for row in rows[kind].values() if not _is_root(row)] for kind in CONTENT_KINDS
    }


def _is_root(row: Content) -> bool:
    """Tell whether a row is the root of outcome groups, which an import adds."""
    return isinstance(row, LearningOutcomeGroup) and row.is_root


def packaged(world: World, course_id: int) -> dict[str, list[dict[str, Any]]]:
    """What a package keeps of a course: all but empty folders, times of posts, types of files, fragments of links,
    and the comments and the HTML of answers of questions.

    The groups that an import adds are left out, the descriptions of assignments that are those of their quiz or
    discussion, and the places of questions in a bank.
    """
    kinds = comparable(world, course_id)
    paths = [f"{folder.full_name}/" for folder in _folders_of_files(world, course_id)]
    kept = {kind: sorted(map(_kept, rows), key=_sorted_items) for kind, rows in kinds.items()}
    kept["assignment_groups"] = [facts for facts in kept["assignment_groups"] if facts["title"] not in ADDED_GROUPS]
    used = [facts for facts in kept["folders"] if any(path.startswith(f"{facts['full_name']}/") for path in paths)]
    return {**kept, "folders": used}


ADDED_GROUPS = frozenset({"Assignments", "Imported Assignments"})


def _sorted_items(facts: dict[str, Any]) -> str:
    return str(sorted(facts.items()))


def _folders_of_files(world: World, course_id: int) -> Iterator[Folder]:
    folder_ids = {file.folder_id for file in world.live(File, course_id)}
    yield from (folder for folder in world.live(Folder, course_id) if folder.id in folder_ids)


def _kept(facts: dict[str, Any]) -> dict[str, Any]:
    lost = {"posted_at", "content_type", "qti", *QuizQuestion.MORE_HTML, "new_quiz_items"}
    if facts.get("discussion_topic_id") or (facts.get("quiz_id") and "grading_type" in facts):
        lost.add("description")
    if facts.get("question_bank_id") and not facts["quiz_id"]:
        lost.add("position")
    if facts.get("assignment_group_id") in ADDED_GROUPS:
        facts["assignment_group_id"] = None
    kept = {name: value for name, value in facts.items() if name not in lost}
    return {name: _FRAGMENT.sub("", value) if isinstance(value, str) else value for name, value in kept.items()}


_FRAGMENT = re.compile(r'(?<=[\w\]])#\w+(?=")|(?<=/THIS)/(?=")|(?<=\])/preview(?=")')
"""What a link loses in a package, and what one to the course itself or to a file gets."""


def _facts(world: World, row: Content) -> dict[str, Any]:
    names = {field.name for field in fields(row)} - row.OWN - {"data"}
    facts = {name: getattr(row, name) for name in names}
    for name, kind in row.references().items():
        facts[name] = _titles(world, kind, row.course_id, facts[name])
    if row.HTML is not None:
        facts[row.HTML] = _neutral(world, row.course_id, facts[row.HTML])
    if isinstance(row, File):
        facts["data"] = b"".join(row.chunks())
    return facts


def _titles(world: World, kind: type[Content], course_id: int, reference: Any) -> Any:
    if isinstance(reference, tuple):
        return tuple(_titles(world, kind, course_id, each) for each in reference)
    target = None if reference is None else world.find(kind, course_id, reference)
    if target is not None and _is_root(target):
        return None
    return target.title if target else reference


def _neutral(world: World, course_id: int, html: str) -> str:
    """Replace the course and the ids in links by titles."""
    for kind in CONTENT_KINDS:
        for row in world.live(kind, course_id):
            for end in ('"', "/", "?", "#"):
                html = html.replace(f"/{row.SECTION}/{row.id}{end}", f"/{row.SECTION}/[{row.title}]{end}")
                if isinstance(row, Announcement):
                    html = html.replace(f"/announcements/{row.id}{end}", f"/announcements/[{row.title}]{end}")
                if isinstance(row, ModuleItem):
                    html = html.replace(f"module_item_id={row.id}{end}", f"module_item_id=[{row.title}]{end}")
    html = html.replace("&amp;", "&").replace("]/?", "]?")
    html = re.sub(r"/file_contents/course%20files/([^/\"]+)", r"/files/[\1]", html)
    return html.replace(f"/courses/{course_id}", "/courses/THIS").replace('"/files/', '"/courses/THIS/files/')

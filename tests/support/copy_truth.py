"""The truth about two courses of the emulator, one of which was copied into the other, from the emulator's own rows.

Nothing here uses the API or the provider: pairs come from the migration ids of rows, deletions from rows that are
still in their tables, and Canvas's renaming from what the titles were when the copy ended.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from canvas_emulator.effects.mapping import blueprint_key, migration_id
from canvas_emulator.model.content import (
    MAPPED_KINDS,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Folder,
    Module,
    ModuleItem,
    Quiz,
)
from canvas_emulator.model.world import World

Key = tuple[str, int | None, int | None]
"""Type of the asset, and its ids in the source and in the destination."""


@dataclass(frozen=True)
class Truth:
    """The status that a row must have.

    :param status: The status.
    :param differs: The labels of the compared fields that differ.
    """

    status: str
    differs: frozenset[str] = frozenset()


def _points(world: World, row: Any) -> float | None:
    """Return the points of a row: for a graded discussion, those of its assignment."""
    if isinstance(row, DiscussionTopic):
        graded = world.find(Assignment, row.course_id, row.assignment_id or 0)
        return graded.points_possible if graded else None
    points: float | None = row.points_possible
    return points


def _folder(world: World, row: Any) -> str | None:
    folder = world.find(Folder, row.course_id, row.folder_id or 0)
    return folder.full_name if folder else None


def _attribute(name: str) -> Callable[[World, Any], Any]:
    return lambda world, row: getattr(row, name)


TITLE, PUBLISHED = {"title": _attribute("title")}, {"published": _attribute("published")}
FIELDS: Mapping[str, Mapping[str, Callable[[World, Any], Any]]] = {
    "announcements": TITLE | PUBLISHED,
    "assignments": TITLE
    | PUBLISHED
    | {
        "points": _points,
        "submission types": lambda world, row: tuple(sorted(row.submission_types)),
        "grading type": _attribute("grading_type"),
    },
    "discussion_topics": TITLE | PUBLISHED | {"points": _points},
    "files": TITLE | {"size": _attribute("size"), "folder": _folder},
    "modules": TITLE | PUBLISHED,
    "module_items": TITLE
    | PUBLISHED
    | {
        "type": _attribute("type"),
        "indent": _attribute("indent"),
        "external URL": _attribute("external_url"),
        "module": _attribute("module_id"),
    },
    "pages": TITLE | PUBLISHED,
    "quizzes": TITLE
    | PUBLISHED
    | {"points": _points, "quiz type": _attribute("quiz_type"), "number of questions": _attribute("question_count")},
}
"""The fields that a reconciliation says it compares, by asset type, and how they are read from the rows."""


@dataclass
class CopyHistory:
    """What was done with two courses, of which the truth about them depends.

    :param world: The world of both courses.
    :param source_id: The source.
    :param destination_id: The destination.
    :param is_sync: Whether the destination was synced with a blueprint, and not copied into.
    :param selection: What the copy selected, as in ``select``; empty for everything.
    :param is_selective: Whether the copy was told what to copy, so that the rest is missing on purpose.
    :param began_at: When the copy that is reconciled began.
    :param renamed: Titles that Canvas gave to copies instead of those of the source, by type and id of the copy.
    """

    world: World
    source_id: int
    destination_id: int
    is_sync: bool = False
    selection: dict[str, list[int]] = field(default_factory=dict)
    is_selective: bool = False
    began_at: datetime | None = None
    renamed: dict[tuple[str, int], str] = field(default_factory=dict)

    def note_titles(self) -> None:
        """Note the titles that Canvas changed on import. Call it as soon as a copy has ended."""
        for kind in MAPPED_KINDS:
            for source, copy in self.pairs(kind):
                self.renamed.pop((kind.KIND, copy.id), None)
                if copy.title != source.title and not source.deleted and not copy.deleted:
                    self.renamed[kind.KIND, copy.id] = copy.title

    def pairs(self, kind: type[Content]) -> Iterator[tuple[Any, Any]]:
        """Yield each row of the source that was copied, deleted or not, with its copy, deleted or not."""
        copies = {row.migration_id: row for row in self.world.rows(kind, self.destination_id) if row.migration_id}
        for source in self.world.rows(kind, self.source_id):
            if (copy := copies.get(self._key(kind, source.id))) is not None:
                yield source, copy

    def truths(self) -> dict[Key, Truth]:
        """Return the truth about each asset of both courses."""
        return {key: truth for kind in MAPPED_KINDS for key, truth in self._of_kind(kind)}

    def _of_kind(self, kind: type[Content]) -> Iterator[tuple[Key, Truth]]:
        pairs, name = list(self.pairs(kind)), kind.KIND
        sources, copies = ({pair[side].id for pair in pairs} for side in (0, 1))
        only_source = [row for row in self.world.live(kind, self.source_id) if row.id not in sources]
        only_destination = [row for row in self.world.live(kind, self.destination_id) if row.id not in copies]
        for source, copy in pairs:
            yield self._of_pair(source, copy, only_source, only_destination)
        for row in only_source:
            if self.is_selective and not self._is_later(row):
                yield (name, row.id, None), Truth("expected_excluded")
            elif namesake := self._same(row, only_destination):
                only_destination.remove(namesake)
                yield (name, row.id, namesake.id), Truth("unmapped_name_match", self._differs(row, namesake))
            else:
                yield (name, row.id, None), Truth("added_since" if self._is_later(row) else "missing_in_destination")
        live = [(source, copy) for source, copy in pairs if not copy.deleted]
        old_titles = {self._place(copy, source.title) for source, copy in live if self._is_renamed(copy)}
        for number, row in enumerate(only_destination):
            twins = (*(copy for _, copy in live), *only_destination[:number])
            is_double = self._same(row, twins) or self._place(row, row.title) in old_titles
            yield (name, None, row.id), Truth("duplicate" if is_double else "orphan_in_destination")

    def _of_pair(
        self, source: Any, copy: Any, only_source: list[Any], only_destination: list[Any]
    ) -> tuple[Key, Truth]:
        """Return the truth about a row and its copy; take a row that replaced one of them from the other rows."""
        name = source.KIND
        if source.deleted and copy.deleted:
            return (name, source.id, copy.id), Truth("deleted_in_both")
        if source.deleted:
            if (new := self._same(copy, [row for row in only_source if self._is_later(row)])) is None:
                return (name, source.id, copy.id), Truth("source_deleted")
            only_source.remove(new)
            return (name, new.id, copy.id), Truth("replaced", self._differs(new, copy))
        if copy.deleted:
            if (new := self._same(source, [row for row in only_destination if row.id > copy.id])) is None:
                return (name, source.id, copy.id), Truth("mapped_but_deleted")
            only_destination.remove(new)
            return (name, source.id, new.id), Truth("replaced", self._differs(source, new))
        return (name, source.id, copy.id), self._compared(source, copy)

    def _is_later(self, row: Content) -> bool:
        return self.began_at is not None and row.created_at > self.began_at

    def _is_renamed(self, copy: Content) -> bool:
        return self.renamed.get((copy.KIND, copy.id)) == copy.title

    def _compared(self, source: Any, copy: Any) -> Truth:
        differs = self._differs(source, copy)
        if self._is_renamed(copy) and differs == {"title"}:
            return Truth("renamed", differs)
        return Truth("matched_changed" if differs else "matched", differs)

    def _differs(self, source: Any, copy: Any) -> frozenset[str]:
        """Return the labels of the compared fields that differ; the points of an unpublished quiz do not count."""
        labels = set()
        for label, read in FIELDS[source.KIND].items():
            before, after = read(self.world, source), read(self.world, copy)
            if label == "module":
                before, after = self._key(Module, before), self._migration_id(after)
            known = label == "points" or (before is not None and after is not None)
            if label == "points" and self._has_unpublished_quiz(source):
                known = False
            if known and before != after:
                labels.add(label)
        return frozenset(labels)

    def _key(self, kind: type[Content], source_id: int) -> str:
        """Return the migration id that the copy of a row of the source has."""
        key = migration_id(kind, source_id)
        return blueprint_key(self.source_id, key) if self.is_sync else key

    def _migration_id(self, module_id: int) -> str:
        """Return the migration id of a module of the destination, or its own key if it was not imported."""
        module = self.world.find(Module, self.destination_id, module_id)
        return (module and module.migration_id) or migration_id(Module, module_id)

    def _has_unpublished_quiz(self, row: Any) -> bool:
        quiz = self.world.find(Quiz, row.course_id, row.quiz_id or 0) if isinstance(row, Assignment) else row
        return isinstance(quiz, Quiz) and not quiz.published

    def _place(self, row: Any, title: str) -> tuple[Any, ...]:
        """Return where a row is, by names, and a title without regard to case and spaces."""
        place: tuple[Any, ...] = ()
        if isinstance(row, File):
            place = (_folder(self.world, row),)
        elif isinstance(row, ModuleItem):
            module = self.world.find(Module, row.course_id, row.module_id or 0)
            place = (module.title if module else None, row.type)
        return (*place, " ".join(title.split()).casefold())

    def _same(self, row: Content, others: Collection[Any] | Iterator[Any]) -> Any:
        """Return the first of other rows with the title and place of a row, preferably one without differences."""
        place = self._place(row, row.title)
        same = [other for other in others if self._place(other, other.title) == place]
        return next((other for other in same if not self._differs(row, other)), same[0] if same else None)

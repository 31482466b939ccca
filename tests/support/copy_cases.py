"""The copies that are reconciled: those that were tried on a real Canvas, and that the emulator can play."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from canvas_emulator.model.content import Assignment, Content, File, Module, ModuleItem, Page
from canvas_emulator.seeds.planted import collisions, in_a_selection, in_the_destination, in_the_source
from canvas_emulator.seeds.planted.changes import Courses, Fact, PlantedChange, plant

from tests.support.copy_lab import TEACHER_CONNECTION, CopyLab
from tests.support.copy_truth import CopyHistory

Case = Callable[[CopyLab], None]

CASES: Final[dict[str, tuple[Case, dict[str, str]]]] = {}
"""By the name of the function: the function, and what it reconciles, by the name of the result."""

PLANTED: Final = (
    *in_the_destination.CHANGES,
    *in_the_source.ADDITIONS,
    *in_the_source.CHANGES,
    *collisions.CHANGES,
)


def case(**results: str) -> Callable[[Case], Case]:
    """Return a decorator that makes a function one of the cases, with what it reconciles."""

    def register(function: Case) -> Case:
        CASES[function.__name__] = (function, results)
        return function

    return register


def history_of(lab: CopyLab, *, filled: bool = True) -> CopyHistory:
    """Return the history of two new courses, of which the first has content."""
    return CopyHistory(lab.world, lab.course(filled=filled, name="Source"), lab.course(name="Destination"))


def plant_all(lab: CopyLab, history: CopyHistory, changes: Iterable[PlantedChange]) -> tuple[int, list[Fact]]:
    """Copy a course between the two halves of planted changes; return the migration and the facts."""
    courses = Courses(lab.world, history.source_id, history.destination_id)
    migrations: list[int] = []

    def copy() -> None:
        options = {}
        if courses.selection:
            options = {"select": courses.selection}
            history.selection, history.is_selective = courses.selection, True
        lab.wait(1)
        migrations.append(lab.copy(history.source_id, history.destination_id, history, **options))

    facts = plant(courses, changes, copy)
    return migrations[0], facts


@case(
    all="a copy of everything",
    all_again="the same, after the 12 changes in the source",
    twice="copied again after these",
)
def everything(lab: CopyLab) -> None:
    """Copy everything; change the source and reconcile again; copy again."""
    history = history_of(lab)
    courses = Courses(lab.world, history.source_id, history.destination_id)
    started = [change.steps(courses) for change in (*in_the_source.ADDITIONS, *in_the_source.CHANGES)]
    for steps in started:
        next(steps)
    migration_id = lab.copy(history.source_id, history.destination_id, history)
    lab.reconcile("all", history, migration_id)
    for steps in started:
        next(steps, None)
    lab.reconcile("all_again", history, migration_id, courses.facts)
    lab.reconcile("twice", history, lab.copy(history.source_id, history.destination_id, history))


@case(
    big="310 assets, 105 pages, modules of 103 and 100 items",
)
def big(lab: CopyLab) -> None:
    """Copy 310 assets: 105 pages, and modules of 103 and 100 items."""
    history = history_of(lab, filled=False)
    courses = Courses(lab.world, history.source_id, history.destination_id)
    pages = [courses.add(Page, f"Page {number}") for number in range(105)]
    for name, number in (("Long", 103), ("Short", 100)):
        module = courses.add(Module, name)
        for page in pages[:number]:
            courses.item(page, "Page", module)
    lab.reconcile("big", history, lab.copy(history.source_id, history.destination_id, history))


@case(
    bpsync="a sync with a blueprint",
    bpsync_src="the same, with `source_course_id`",
    bpc="a copy of the course that was synced",
    bpc_concluded="the same, its source concluded",
)
def blueprints(lab: CopyLab) -> None:
    """Sync a course with a blueprint, and copy that course; then conclude it."""
    sync = history_of(lab)
    sync.is_sync = True
    migration_id = lab.sync(sync.source_id, sync.destination_id, sync)
    lab.reconcile("bpsync", sync, migration_id)
    lab.reconcile("bpsync_src", sync, migration_id, source_course_id=sync.source_id)
    child = CopyHistory(lab.world, sync.destination_id, lab.course())
    copy_id = lab.copy(child.source_id, child.destination_id, child)
    lab.reconcile("bpc", child, copy_id)
    lab.world.tables.courses[child.source_id].workflow_state = "completed"
    lab.reconcile("bpc_concluded", child, copy_id)


@case(
    cc="a copy of a copy",
    cc2="the same, both courses changed, then copied again",
)
def copy_of_a_copy(lab: CopyLab) -> None:
    """Copy a copy; change it and copy it again."""
    first = history_of(lab)
    lab.copy(first.source_id, first.destination_id)
    second = CopyHistory(lab.world, first.destination_id, lab.course())
    lab.reconcile("cc", second, lab.copy(second.source_id, second.destination_id, second))
    courses = Courses(lab.world, second.source_id, second.destination_id)
    pages = lab.world.live(Page, second.source_id)
    courses.set(pages[0], title="Another title")
    courses.set(lab.world.live(Assignment, second.source_id)[0], workflow_state="unpublished")
    courses.delete(*lab.world.live(ModuleItem, second.source_id)[:3], *lab.world.live(File, second.destination_id)[:1])
    courses.add_to_destination(Page, "Page of the instructor")
    lab.reconcile("cc2", second, lab.copy(second.source_id, second.destination_id, second))


@case(
    dates="shifted dates",
)
def dates(lab: CopyLab) -> None:
    """Copy with shifted dates."""
    history = history_of(lab)
    shift = {
        "shift_dates": True,
        "old_start_date": "2026-01-05",
        "old_end_date": "2026-05-01",
        "new_start_date": "2026-08-31",
        "new_end_date": "2026-12-18",
    }
    migration_id = lab.copy(history.source_id, history.destination_id, history, date_shift_options=shift)
    lab.reconcile("dates", history, migration_id)


@case(
    nos="without the settings of the course",
)
def without_settings(lab: CopyLab) -> None:
    """Copy without the settings of the course."""
    history = history_of(lab)
    settings = {"importer_skips": ["all_course_settings"]}
    lab.reconcile("nos", history, lab.copy(history.source_id, history.destination_id, history, settings=settings))


@case(
    dst="36 changes in the destination",
)
def changes_in_the_destination(lab: CopyLab) -> None:
    """Copy everything, then make the 36 changes in the destination."""
    history = history_of(lab)
    migration_id, facts = plant_all(lab, history, in_the_destination.CHANGES)
    lab.reconcile("dst", history, migration_id, facts)


@case(
    src="12 changes in the source",
)
def changes_in_the_source(lab: CopyLab) -> None:
    """Copy everything, then make the 12 changes in the source."""
    history = history_of(lab)
    migration_id, facts = plant_all(lab, history, [*in_the_source.ADDITIONS, *in_the_source.CHANGES])
    lab.reconcile("src", history, migration_id, facts)


@case(
    full="into a course with assets of the same titles",
)
def course_with_content(lab: CopyLab) -> None:
    """Copy into a course that has rows of the same titles."""
    history = history_of(lab, filled=False)
    migration_id, facts = plant_all(lab, history, collisions.CHANGES)
    lab.reconcile("full", history, migration_id, facts)


@case(
    planted="these 53 changes at once",
)
def all_planted_changes(lab: CopyLab) -> None:
    """Copy between all 53 planted changes at once."""
    history = history_of(lab, filled=False)
    migration_id, facts = plant_all(lab, history, PLANTED)
    lab.reconcile("planted", history, migration_id, facts)


@case(
    mixdel="a selected module and page; then some of what came with them deleted",
    sel="two selected pages",
    sel_tabs="the same, with hidden tabs",
    sel_teacher="the same, with the token of a teacher",
    sel_noselect="the same, reconciled without `select`",
)
def selections(lab: CopyLab) -> None:
    """Copy a selected module and page, and delete in the destination what came with them; copy two pages."""
    history = history_of(lab)
    migration_id, facts = plant_all(lab, history, in_a_selection.CHANGES)
    lab.reconcile("mixdel", history, migration_id, facts, select=history.selection)
    two = history_of(lab)
    two.is_selective = True
    select = {"pages": [row.id for row in lab.world.live(Page, two.source_id)][:2]}
    copy_id = lab.copy(two.source_id, two.destination_id, two, select=select)
    lab.reconcile("sel", two, copy_id, select=select)
    for course_id in (two.source_id, two.destination_id):
        lab.world.tables.courses[course_id].hidden_tabs = frozenset({"pages", "files", "modules", "quizzes"})
    lab.reconcile("sel_tabs", two, copy_id, select=select)
    lab.enroll_teacher(two.source_id, two.destination_id)
    lab.reconcile("sel_teacher", two, copy_id, select=select, canvas_conn_id=TEACHER_CONNECTION)
    two.is_selective = False
    lab.reconcile("sel_noselect", two, copy_id)


@case(
    mix="a selection of several types",
)
def mixed_selection(lab: CopyLab) -> None:
    """Copy a selection of several types."""
    history = history_of(lab)
    history.is_selective = True
    kinds: tuple[type[Content], ...] = (Page, Assignment, File, Module)
    select = {kind.KIND: [lab.world.live(kind, history.source_id)[0].id] for kind in kinds}
    migration_id = lab.copy(history.source_id, history.destination_id, history, select=select)
    lab.reconcile("mix", history, migration_id, select=select)


@case(
    old="the deprecated `course_copy`",
    only="the same, only pages",
)
def deprecated_copies(lab: CopyLab) -> None:
    """Copy by the deprecated endpoint: everything, then only pages."""
    history = history_of(lab)
    lab.reconcile("old", history, lab.legacy_copy(history.source_id, history.destination_id, history))
    only = history_of(lab)
    only.is_selective = True
    migration_id = lab.legacy_copy(only.source_id, only.destination_id, only, only=["wiki_pages"])
    lab.reconcile("only", only, migration_id, select={"pages": "all"})


@case(
    pkg="an import of an exported course, uploaded",
    pkg2="an import by the id of the export",
)
def packages(lab: CopyLab) -> None:
    """Import an export of this Canvas, by upload and by the id of the export."""
    for name in ("pkg", "pkg2"):
        history = history_of(lab)
        export_id = lab.export(history.source_id)
        if name == "pkg":
            migration = lab.hook.upload_package(
                lab.download(history.source_id, export_id),
                name="course.imscc",
                course_id=history.destination_id,
                migration_type="canvas_cartridge_importer",
            )
        else:
            migration = lab.hook.content_migrations.create(
                course_id=history.destination_id,
                migration_type="canvas_cartridge_importer",
                settings={"content_export_id": export_id},
            )
        lab.reconcile(name, history, lab.ended(migration["id"], history))


@case(
    twice2="copied twice, the destination changed between",
    twice1="the same, by the first migration",
)
def copied_twice(lab: CopyLab) -> None:
    """Copy, change the destination, and copy again; reconcile by both migrations."""
    history = history_of(lab)
    first = lab.copy(history.source_id, history.destination_id, history)
    courses = Courses(lab.world, history.source_id, history.destination_id)
    courses.delete(lab.world.live(Page, history.destination_id)[0], lab.world.live(File, history.destination_id)[0])
    courses.set(lab.world.live(Assignment, history.destination_id)[0], title="Another name")
    second = lab.copy(history.source_id, history.destination_id, history)
    lab.reconcile("twice2", history, second)
    lab.reconcile("twice1", history, first)


@case(
    two1="two sources in one destination: the first",
    two2="two sources in one destination: the second",
)
def two_sources(lab: CopyLab) -> None:
    """Copy two courses into one."""
    first = history_of(lab, filled=False)
    for title in ("One", "Two", "Three"):
        Courses(lab.world, first.source_id, first.destination_id).add(Page, title)
    second = CopyHistory(lab.world, lab.course(filled=True), first.destination_id, is_selective=True)
    first_id = lab.copy(first.source_id, first.destination_id, first)
    select = {"pages": [lab.world.live(Page, second.source_id)[0].id]}
    second_id = lab.copy(second.source_id, second.destination_id, second, select=select)
    lab.reconcile("two1", first, first_id)
    lab.reconcile("two2", second, second_id, select=select)

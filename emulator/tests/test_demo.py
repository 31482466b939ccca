from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from canvas_emulator.effects.mapping import asset_id_mapping
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import (
    CONTENT_KINDS,
    MAPPED_KINDS,
    Assignment,
    AssignmentGroup,
    Content,
    ExternalTool,
    File,
    LtiResourceLink,
    Module,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
)
from canvas_emulator.model.editions import default_edition
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import (
    DEMO_TOKEN,
    MASTER_ID,
    PLANTED,
    SECTION_IDS,
    TEACHER_TOKEN,
    Planted,
    demo_world,
)
from canvas_emulator.server import EmulatorServer, serve
from tests.support.caller import Caller

SECTION = SECTION_IDS["BIOL-1010-002"]
KINDS = {kind.KIND: kind for kind in MAPPED_KINDS}


@pytest.fixture(scope="module")
def demo() -> Iterator[EmulatorServer]:
    """Serve the demo's courses with a manual clock."""
    with serve(demo_world(clock=ManualClock())) as served:
        yield served


@pytest.fixture
def demo_canvas(demo: EmulatorServer) -> Iterator[Caller]:
    """Return a caller with the demo's service account, after a reset of the demo."""
    with demo.world.lock:
        demo.world.change_edition(default_edition())
        demo.world.reset()
    caller = Caller(demo, demo.token)
    yield caller
    caller.session.close()


def copy(canvas: Caller, section: str) -> dict[str, Any]:
    """Copy the master into a section by SIS ids, and return the completed migration."""
    path = f"courses/sis_course_id:{section}/content_migrations"
    body = {
        "migration_type": "course_copy_importer",
        "settings": {"source_course_id": "sis_course_id:TMPL-BIOL1010"},
    }
    migration = canvas("POST", path, json=body).json()
    canvas.server.world.clock.advance(25)
    canvas.server.world.settle()
    return canvas.get(f"{path}/{migration['id']}")


def rows(world: World, course_id: int) -> dict[tuple[str, int], dict[str, Any]]:
    return {(kind.KIND, row.id): vars(row).copy() for kind in CONTENT_KINDS for row in world.rows(kind, course_id)}


def test_master_has_the_rows_of_a_small_course(demo_canvas: Caller) -> None:
    """The master has fixed numbers of live rows per kind, and of module items per type."""
    world = demo_canvas.server.world
    counts = {name: len(world.live(kind, MASTER_ID)) for name, kind in KINDS.items()}
    assert counts == {
        "modules": 9,
        "module_items": 46,
        "pages": 14,
        "assignments": 17,
        "quizzes": 6,
        "discussion_topics": 8,
        "announcements": 3,
        "files": 27,
    }
    types = [item.type for item in world.live(ModuleItem, MASTER_ID)]
    assert {kind: types.count(kind) for kind in set(types)} == {
        "SubHeader": 9,
        "Page": 12,
        "Assignment": 10,
        "Quiz": 6,
        "Discussion": 5,
        "ExternalUrl": 3,
        "ExternalTool": 1,
    }
    assert 37e6 < sum(file.size for file in world.live(File, MASTER_ID)) < 39e6


def test_master_has_every_kind(demo_canvas: Caller) -> None:
    """The master has content of every kind, and its assignment groups weigh 100 % together."""
    world = demo_canvas.server.world
    assert all(world.live(kind, MASTER_ID) for kind in CONTENT_KINDS)
    assert sum(group.group_weight for group in world.live(AssignmentGroup, MASTER_ID)) == 100
    assert all(row.assignment_group_id for row in world.live(Assignment, MASTER_ID))
    for quiz in world.live(Quiz, MASTER_ID):
        questions = [row for row in world.live(QuizQuestion, MASTER_ID) if row.quiz_id == quiz.id]
        assert len(questions) == quiz.question_count


def test_every_module_item_has_content_or_a_url(demo_canvas: Caller) -> None:
    """Each module item of the master has content or a URL, except sub-headers."""
    for item in demo_canvas.server.world.live(ModuleItem, MASTER_ID):
        assert (item.content_id or item.external_url) or item.type == "SubHeader"


def test_demo_is_deterministic(demo_canvas: Caller) -> None:
    """Ids, titles and dates of the demo do not depend on when its world is built."""
    other = demo_world()
    for course_id in (MASTER_ID, *SECTION_IDS.values()):
        assert rows(other, course_id) == rows(demo_canvas.server.world, course_id)


def test_empty_section_gets_all_rows(demo_canvas: Caller) -> None:
    """A copy into section 001 copies all rows, with two issues: a shortened title and a broken link."""
    migration = copy(demo_canvas, "BIOL-1010-001")
    world = demo_canvas.server.world
    for kind in MAPPED_KINDS:
        assert len(world.live(kind, SECTION_IDS["BIOL-1010-001"])) == len(world.live(kind, MASTER_ID))
    assert [issue["issue_type"] for issue in demo_canvas.issues(migration)] == ["warning", "warning"]


@pytest.mark.edition("current")
def test_links_of_the_copy_stay_in_the_section(demo_canvas: Caller) -> None:
    """Only planted links lead out of the section or nowhere.

    They are a removed file, the prior master, the URL of a tool, a background, a poster, and addresses in text.
    """
    copy(demo_canvas, "BIOL-1010-001")
    course_id = SECTION_IDS["BIOL-1010-001"]
    world = demo_canvas.server.world
    html = "".join(
        getattr(row, kind.HTML) for kind in CONTENT_KINDS if kind.HTML for row in world.live(kind, course_id)
    )
    assert f"/courses/{MASTER_ID}" not in html
    placeholders = (
        "$CANVAS_COURSE_REFERENCE$/file_ref/",
        "$CANVAS_OBJECT_REFERENCE$/assignments/",
        "$WIKI_REFERENCE$/",
    )
    assert [html.count(placeholder) for placeholder in placeholders] == [3, 1, 2]
    linked: tuple[type[Content], ...] = (File, Module, ExternalTool)
    ids = {row.title: row.id for kind in linked for row in world.live(kind, MASTER_ID)}
    for stale in (
        f"/modules#module_{ids['Start Here']}",
        f"/files?preview={ids['slides-01-science-of-life.pdf']}",
        f"/external_tools/{ids['Library course list']}",
        "/pages/home?module_item_id=g",
    ):
        assert f'"/courses/{course_id}{stale}' in html
    assert 'href="/courses/640/pages/ecosystems"' in html
    syllabus = world.tables.courses[course_id].syllabus_body
    assert f"/courses/{MASTER_ID}" not in syllabus
    assert syllabus.count(f'href="/courses/{course_id}/') == 4
    assert "/courses/640/" in syllabus
    (link,) = world.live(LtiResourceLink, course_id)
    assert (link.custom or {})["canvas_course_id"] == str(MASTER_ID)
    urls = [item.external_url or "" for item in world.live(ModuleItem, course_id)]
    assert sum(f"course_id={MASTER_ID}" in url for url in urls) == 1


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: f"{planted.status}-{planted.asset_type}")
def test_planted_defects(demo_canvas: Caller, planted: Planted, copies: int) -> None:
    """After one copy and after two, rows and mapping lead to the planted status."""
    for _ in range(copies):
        copy(demo_canvas, planted.section)
    world, kind = demo_canvas.server.world, KINDS[planted.asset_type]
    section_id = SECTION_IDS[planted.section]
    mapping = asset_id_mapping(world, MASTER_ID, section_id)[planted.asset_type]
    source = {row.id for row in world.live(kind, MASTER_ID) if row.title == planted.title}
    known = {row.id for row in world.rows(kind, MASTER_ID) if row.title == planted.title}
    mapped = {int(mapping[str(row_id)]) for row_id in known if str(row_id) in mapping}
    live = {row.id: row.title for row in world.live(kind, section_id)}
    namesakes = {row_id for row_id, title in live.items() if title == planted.title}
    facts = {
        "matched": source and mapped & namesakes,
        "matched_changed": source and mapped & set(live) and not namesakes,
        "missing_in_destination": source and not mapped and not namesakes,
        "mapped_but_deleted": source and mapped and not mapped & set(live),
        "orphan_in_destination": not known and namesakes,
        "source_deleted": known and not source and mapped & set(live),
        "unmapped_name_match": source and not mapped and namesakes,
        "duplicate": source and mapped & namesakes and namesakes - mapped,
    }
    assert facts[planted.status]


def test_every_status_is_planted() -> None:
    """The demo has an example of each status that a copy can leave."""
    assert {planted.status for planted in PLANTED} == {
        "matched",
        "matched_changed",
        "missing_in_destination",
        "mapped_but_deleted",
        "orphan_in_destination",
        "source_deleted",
        "unmapped_name_match",
        "duplicate",
    }


def test_second_copy_changes_no_row(demo_canvas: Caller) -> None:
    """A second copy into the used section changes no field of any row."""
    first = copy(demo_canvas, "BIOL-1010-002")
    before = rows(demo_canvas.server.world, SECTION)
    second = copy(demo_canvas, "BIOL-1010-002")
    assert rows(demo_canvas.server.world, SECTION) == before
    assert second["id"] > first["id"]
    assert second["migration_issues_count"] == first["migration_issues_count"] == 5


def test_page_with_an_existing_title_gets_a_number(demo_canvas: Caller) -> None:
    """The manual page of section 003 keeps its title, and the copy gets ``-2`` in title and slug."""
    copy(demo_canvas, "BIOL-1010-003")
    pages = demo_canvas.server.world.live(Page, SECTION_IDS["BIOL-1010-003"])
    assert [(page.title, page.url) for page in pages if page.title.startswith("Welcome to BIOL 1010")] == [
        ("Welcome to BIOL 1010", "welcome-to-biol-1010"),
        ("Welcome to BIOL 1010-2", "welcome-to-biol-1010-2"),
    ]


def test_records_of_earlier_migrations(demo_canvas: Caller) -> None:
    """Section 002 has a completed copy, section 006 a blocked one, and section 001 none."""
    lists = {section: demo_canvas.get(f"courses/{SECTION_IDS[section]}/content_migrations") for section in SECTION_IDS}
    assert [row["workflow_state"] for row in lists["BIOL-1010-002"]] == ["completed"]
    (blocked,) = lists["BIOL-1010-006"]
    assert (blocked["workflow_state"], demo_canvas.progress(blocked)["workflow_state"]) == ("failed", "failed")
    assert [issue["description"] for issue in demo_canvas.issues(blocked)] == ["Blocked by running migration"]
    assert lists["BIOL-1010-001"] == []


@pytest.mark.edition("current")
def test_teacher_may_read_sections_only(demo_canvas: Caller) -> None:
    """The teacher's token reads sections but not the master, and may not start a copy."""
    teacher = Caller(demo_canvas.server, TEACHER_TOKEN)
    assert teacher("GET", f"courses/{SECTION}").status_code == 200
    assert teacher("GET", f"courses/{MASTER_ID}").status_code == 403
    assert teacher("POST", f"courses/{SECTION}/content_migrations").status_code == 403
    teacher.session.close()


def test_server_offers_the_main_token(demo: EmulatorServer) -> None:
    """The token of a served demo is the one with all permissions."""
    assert demo.token == DEMO_TOKEN


def test_old_announcements_are_listed_with_dates_only(demo_canvas: Caller) -> None:
    """The master's old announcements are not listed by default, but with a wide range of dates."""
    codes = {"context_codes[]": f"course_{MASTER_ID}"}
    assert demo_canvas.get("announcements", **codes) == []
    assert len(demo_canvas.get("announcements", **codes, start_date="2026-01-01", end_date="2026-12-31")) == 3


def test_titles_are_unique_within_a_kind(demo_canvas: Caller) -> None:
    """No two rows of a kind of the master have the same title, so a title identifies one row."""
    kinds: list[type[Content]] = [kind for kind in MAPPED_KINDS if kind is not ModuleItem]
    for kind in kinds:
        titles = [row.title for row in demo_canvas.server.world.live(kind, MASTER_ID)]
        assert len(titles) == len(set(titles))

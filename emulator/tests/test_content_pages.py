from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from canvas_emulator.model.content import (
    DELETED,
    Announcement,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.records import Term
from canvas_emulator.model.signed_urls import verifier
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import OTHER, SOURCE, STRANGER
from tests.support.caller import Caller

PATH = f"courses/{SOURCE}"


class TestCourses:
    def test_course_has_the_fixed_keys(self, canvas: Caller) -> None:
        """A course has its fixed set of keys, and optional keys only on request."""
        course = canvas.get(PATH)
        assert set(course) >= {
            "id", "name", "account_id", "uuid", "start_at", "grading_standard_id", "is_public", "created_at",
            "course_code", "default_view", "root_account_id", "enrollment_term_id", "license",
            "grade_passback_setting", "end_at", "public_syllabus", "public_syllabus_to_auth", "storage_quota_mb",
            "is_public_to_auth_users", "homeroom_course", "course_color", "friendly_name",
            "apply_assignment_group_weights", "calendar", "time_zone", "blueprint", "template",
            "hide_final_grades", "workflow_state", "restrict_enrollments_to_course_dates",
        }  # fmt: skip
        assert not {"syllabus_body", "term"} & set(course)

    def test_optional_keys_of_a_course(self, canvas: Caller, world: World) -> None:
        """Syllabus and term are sent on request."""
        world.tables.courses[SOURCE].syllabus_body = "<p>S</p>"
        world.tables.terms[1] = Term(1, "Summer", "SU")
        course = canvas.get(PATH, **{"include[]": ["term", "syllabus_body"]})
        assert (course["syllabus_body"], course["term"]["sis_term_id"]) == ("<p>S</p>", "SU")


class TestPages:
    @pytest.mark.edition("current")
    def test_list_of_pages_has_no_bodies(self, canvas: Caller, world: World) -> None:
        """A list of pages has bodies only on request."""
        page = world.add(Page(course_id=SOURCE, title="What's new?", body="<p>B</p>", workflow_state="unpublished"))
        (listed,) = canvas.get(PATH + "/pages")
        assert "body" not in listed
        assert (listed["url"], listed["page_id"], listed["published"]) == ("whats-new", page.id, False)
        assert canvas.get(PATH + "/pages", **{"include[]": "body"})[0]["body"] == "<p>B</p>"

    @pytest.mark.parametrize("form", ["intro", "{}", "page_id:{}"])
    def test_page_by_slug_or_id(self, canvas: Caller, world: World, form: str) -> None:
        """A page is found by its slug, by its number, and by ``page_id:<number>``."""
        page = world.add(Page(course_id=SOURCE, title="Intro", body="<p>B</p>"))
        assert canvas.get(f"{PATH}/pages/{form.format(page.id)}")["body"] == "<p>B</p>"

    def test_slugs_are_unique(self, world: World) -> None:
        """Further pages with the same title get -2 and -3, counted in each course separately."""
        urls = [world.add(Page(course_id=SOURCE, title="A & B")).url for _ in range(3)]
        assert urls == ["a-b", "a-b-2", "a-b-3"]
        assert world.add(Page(course_id=OTHER, title="A & B")).url == "a-b"


class TestModules:
    @pytest.fixture
    def module(self, world: World) -> Module:
        """Return a module with one item of each type, stored in reverse order."""
        page = world.add(Page(course_id=SOURCE, title="Intro"))
        topic = world.add(DiscussionTopic(course_id=SOURCE, title="Talk"))
        module = world.add(Module(course_id=SOURCE, title="M"))
        rows: list[dict[str, Any]] = [
            {"type": "ExternalUrl", "external_url": "https://x.test", "new_tab": True},
            {"type": "Discussion", "content_id": topic.id},
            {"type": "Page", "content_id": page.id},
            {"type": "SubHeader"},
        ]
        for position, row in zip((4, 3, 2, 1), rows, strict=True):
            world.add(ModuleItem(course_id=SOURCE, title=row["type"], module_id=module.id, position=position, **row))
        return module

    def test_keys_of_an_item_depend_on_its_type(self, canvas: Caller, module: Module) -> None:
        """A page item has a slug and no content id, a sub-header no URL, and an external link its target."""
        header, page, topic, link = canvas.get(f"{PATH}/modules/{module.id}/items")
        keys = {"html_url", "content_id", "page_url", "url", "external_url", "new_tab"}
        assert [keys & set(item) for item in (header, page, topic, link)] == [
            set(),
            {"html_url", "page_url", "url"},
            {"html_url", "content_id", "url"},
            {"html_url", "external_url", "new_tab"},
        ]
        assert page["page_url"] == "intro"
        assert canvas("GET", topic["url"]).json()["title"] == "Talk"

    def test_items_of_a_module_are_sent_on_request(self, canvas: Caller, module: Module) -> None:
        """A module always has the number of its items, and the items themselves on request."""
        (listed,) = canvas.get(PATH + "/modules")
        assert (listed["items_count"], "items" in listed) == (4, False)
        (listed,) = canvas.get(PATH + "/modules", **{"include[]": "items"})
        assert [item["position"] for item in listed["items"]] == [1, 2, 3, 4]
        shown = canvas.get(f"{PATH}/modules/{module.id}", **{"include[]": "items"})
        assert shown == listed
        assert canvas("GET", listed["items_url"]).json() == listed["items"]

    @pytest.mark.edition("current")
    @pytest.mark.parametrize(("items", "included"), [(100, True), (101, False)])
    def test_more_than_100_items_are_left_out(self, canvas: Caller, world: World, items: int, included: bool) -> None:
        """A module with more than 100 items is sent without them, even on request."""
        module = world.add(Module(course_id=SOURCE, title="Big"))
        for position in range(items):
            world.add(ModuleItem(course_id=SOURCE, title="x", module_id=module.id, type="SubHeader", position=position))
        (listed,) = canvas.get(PATH + "/modules", **{"include[]": "items"})
        assert (listed["items_count"], "items" in listed) == (items, included)

    def test_item_of_another_module(self, canvas: Caller, world: World, module: Module) -> None:
        """An item is shown in its own module and is a 404 in another one."""
        item = world.live(ModuleItem, SOURCE)[0]
        other = world.add(Module(course_id=SOURCE, title="N"))
        assert canvas.get(f"{PATH}/modules/{module.id}/items/{item.id}")["id"] == item.id
        assert canvas("GET", f"{PATH}/modules/{other.id}/items/{item.id}").status_code == 404


class TestAssignmentsAndQuizzes:
    def test_assignment_names_its_quiz_or_topic(self, canvas: Caller, world: World) -> None:
        """A quiz's assignment has the quiz id, a graded discussion's its topic, a plain assignment neither."""
        quiz = world.add(Quiz(course_id=SOURCE, title="Q", points_possible=5))
        topic = world.add(DiscussionTopic(course_id=SOURCE, title="T"))
        shell = world.add(Assignment(course_id=SOURCE, title="Q", quiz_id=quiz.id))
        graded = world.add(Assignment(course_id=SOURCE, title="T", discussion_topic_id=topic.id))
        plain = world.add(Assignment(course_id=SOURCE, title="P"))
        quiz.assignment_id, topic.assignment_id = shell.id, graded.id
        rows = {row["id"]: row for row in canvas.get(PATH + "/assignments")}
        assert (rows[shell.id]["quiz_id"], rows[shell.id]["is_quiz_assignment"]) == (quiz.id, True)
        assert rows[graded.id]["discussion_topic"]["id"] == topic.id
        assert not {"quiz_id", "discussion_topic"} & set(rows[plain.id])
        assert canvas.get(f"{PATH}/quizzes/{quiz.id}")["assignment_id"] == shell.id

    def test_new_quizzes_are_assignments_only(self, canvas: Caller, world: World) -> None:
        """A New Quiz is an assignment with an external tool, and is not in the list of quizzes."""
        world.add(
            Assignment(
                course_id=SOURCE,
                title="New",
                submission_types=("external_tool",),
                external_tool_url="https://quiz.test/launch",
            )
        )
        (row,) = canvas.get(PATH + "/assignments")
        assert row["external_tool_tag_attributes"]["url"] == "https://quiz.test/launch"
        assert canvas.get(PATH + "/quizzes") == []


class TestFiles:
    def test_keys_of_a_file(self, canvas: Caller, world: World) -> None:
        """A file has a plain and an encoded name, ``content-type`` with a hyphen, and an absolute URL."""
        folder = world.add(Folder(course_id=SOURCE, title="course files"))
        file = world.add(
            File(course_id=SOURCE, title="a b.pdf", content_type="application/pdf", size=7, folder_id=folder.id)
        )
        row = canvas.get(f"{PATH}/files/{file.id}")
        assert (row["display_name"], row["filename"], row["content-type"]) == ("a b.pdf", "a+b.pdf", "application/pdf")
        assert (row["size"], row["folder_id"], row["mime_class"]) == (7, folder.id, "pdf")
        url = f"{canvas.server.url}/files/{file.id}/download?download_frd=1"
        assert row["url"] == f"{url}&verifier={verifier(world, file.id)}"
        assert canvas.get(f"files/{file.id}") == row
        assert [row["full_name"] for row in canvas.get(PATH + "/folders")] == ["course files"]

    def test_files_are_sorted_by_name(self, canvas: Caller, world: World) -> None:
        """Files are listed by name, ignoring case, and not by id."""
        for title in ("b.pdf", "C.pdf", "a.pdf"):
            world.add(File(course_id=SOURCE, title=title))
        assert [row["display_name"] for row in canvas.get(PATH + "/files")] == ["a.pdf", "b.pdf", "C.pdf"]

    @pytest.mark.edition("current")
    def test_file_by_id_requires_permission_for_its_course(
        self, world: World, call_as: Callable[[str], Caller]
    ) -> None:
        """``files/<id>`` requires permission to read the file's course; a deleted file is a 404."""
        file = world.add(File(course_id=SOURCE, title="a.pdf"))
        assert call_as(STRANGER)("GET", f"files/{file.id}").status_code == 403
        file.workflow_state = DELETED
        assert call_as(STRANGER)("GET", f"files/{file.id}").status_code == 404


class TestTopicsAndAnnouncements:
    @pytest.fixture
    def rows(self, world: World) -> tuple[DiscussionTopic, Announcement, Announcement]:
        """Add a topic, and announcements of yesterday and of two months ago."""
        now = world.clock.now()
        return (
            world.add(DiscussionTopic(course_id=SOURCE, title="Talk")),
            world.add(Announcement(course_id=SOURCE, title="Old", posted_at=now - timedelta(days=60))),
            world.add(Announcement(course_id=SOURCE, title="New", posted_at=now - timedelta(days=1))),
        )

    def test_topics_and_announcements_are_listed_separately(self, canvas: Caller, rows: tuple[Content, ...]) -> None:
        """Topics are listed without announcements, and ``only_announcements`` lists announcements only."""
        assert [row["title"] for row in canvas.get(PATH + "/discussion_topics")] == ["Talk"]
        announcements = canvas.get(PATH + "/discussion_topics", only_announcements="true")
        assert [(row["title"], row["is_announcement"]) for row in announcements] == [("New", True), ("Old", True)]

    def test_topics_and_announcements_share_a_path(self, canvas: Caller, rows: tuple[Content, ...]) -> None:
        """One path shows topics and announcements, which never share an id."""
        titles = [canvas.get(f"{PATH}/discussion_topics/{row.id}")["title"] for row in rows]
        assert titles == ["Talk", "Old", "New"]

    def test_announcements_of_the_last_two_weeks_by_default(self, canvas: Caller, rows: tuple[Content, ...]) -> None:
        """Without dates only the last two weeks are listed; with dates the whole range, newest first."""
        codes = {"context_codes[]": f"course_{SOURCE}"}
        (row,) = canvas.get("announcements", **codes)
        assert (row["title"], row["context_code"]) == ("New", f"course_{SOURCE}")
        wide = canvas.get("announcements", **codes, start_date="2026-01-01", end_date="2026-12-31T00:00:00Z")
        assert [row["title"] for row in wide] == ["New", "Old"]

    def test_range_from_a_start_date_is_28_days(self, canvas: Caller, world: World) -> None:
        """With a start date only, the range ends 28 days later."""
        for day in (1, 28, 30):
            posted_at = datetime(2026, 1, day, 12, tzinfo=UTC)
            world.add(Announcement(course_id=SOURCE, title=str(day), posted_at=posted_at))
        rows = canvas.get("announcements", **{"context_codes[]": f"course_{SOURCE}"}, start_date="2026-01-01")
        assert [row["title"] for row in rows] == ["28", "1"]

    @pytest.mark.parametrize(
        ("params", "status", "message"),
        [
            ({}, 400, "Missing context_codes"),
            ({"context_codes[]": f"course_{SOURCE}", "start_date": "soon"}, 400, "Invalid start_date"),
            ({"context_codes[]": f"course_{SOURCE}", "end_date": "later"}, 400, "Invalid end_date"),
            ({"context_codes[]": "group_1"}, 400, "Invalid context_codes; only `course` codes are supported"),
            (
                {"context_codes[]": "course_sis_course_id:A"},
                400,
                "Invalid context_codes; only `course` codes are supported",
            ),
        ],
    )
    def test_invalid_requests_for_announcements(
        self, canvas: Caller, params: dict[str, str], status: int, message: str
    ) -> None:
        """Missing context codes, invalid dates and codes of other contexts are refused."""
        response = canvas("GET", "announcements", params=params)
        assert (response.status_code, response.json().get("message")) == (status, message)


@pytest.mark.parametrize("kind", [Assignment, DiscussionTopic, Announcement, File, Module, Page, Quiz])
def test_deleted_rows_are_not_found(canvas: Caller, world: World, kind: type[Content]) -> None:
    """A deleted row is in no list, and its own path is a 404."""
    row = world.add(kind(course_id=SOURCE, title="X", workflow_state=DELETED))
    assert canvas("GET", f"{PATH}/{kind.SECTION}/{row.id}").status_code == 404
    assert canvas.get(f"{PATH}/{kind.SECTION}", only_announcements=kind is Announcement) == []


@pytest.mark.edition("current")
@pytest.mark.parametrize("section", ["assignments", "discussion_topics", "files", "modules", "pages", "quizzes"])
def test_read_permission_is_required(call_as: Callable[[str], Caller], section: str) -> None:
    """Users who may not read a course get a 403 for all its content."""
    assert call_as(STRANGER)("GET", f"{PATH}/{section}").status_code == 403
    assert call_as(STRANGER)("GET", f"{PATH}/{section}/1").status_code == 403

"""Lists of course content: their order, their searches, and the keys that depend on the age of Canvas."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
    Content,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    Quiz,
    QuizQuestion,
    UsageRights,
)
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE
from tests.support.caller import Caller

PATH = f"courses/{SOURCE}"
SEARCHED: tuple[type[Content], ...] = (Assignment, DiscussionTopic, File, Module, Page, Quiz)


class TestSearch:
    """``search_term`` of every list."""

    @pytest.mark.parametrize("kind", SEARCHED)
    def test_a_single_letter_is_refused(self, canvas: Caller, kind: type[Content]) -> None:
        """A term of one letter is a 400."""
        response = canvas("GET", f"{PATH}/{kind.SECTION}", params={"search_term": "x"})
        message = "2 or more characters is required"
        assert response.status_code == 400
        assert response.json() == {"errors": [{"field": "search_term", "code": "invalid", "message": message}]}

    @pytest.mark.parametrize("kind", SEARCHED)
    def test_a_part_of_the_title_is_found(self, canvas: Caller, world: World, kind: type[Content]) -> None:
        """Rows are found by a part of their title in any case."""
        row = world.add(kind(course_id=SOURCE, title="An Essay"))
        world.add(kind(course_id=SOURCE, title="Other"))
        (found,) = canvas.get(f"{PATH}/{kind.SECTION}", search_term="ESS")
        assert found.get("id", found.get("page_id")) == row.id


class TestBuckets:
    """``bucket`` of assignments."""

    def test_an_unknown_bucket_is_refused(self, canvas: Caller) -> None:
        """The error lists the buckets."""
        response = canvas("GET", f"{PATH}/assignments", params={"bucket": "soon"})
        assert response.status_code == 400
        (error,) = response.json()["errors"]["bucket"]
        assert error["message"].endswith("past, overdue, undated, ungraded, unsubmitted, upcoming, future")

    @pytest.mark.parametrize(
        ("bucket", "titles"), [("past", ["past"]), ("undated", ["undated"]), ("future", ["future", "undated"])]
    )
    def test_assignments_of_a_bucket(self, canvas: Caller, world: World, bucket: str, titles: list[str]) -> None:
        """Assignments are chosen by their due date, and name their bucket."""
        now = world.clock.now()
        for title, due_at in (
            ("past", now - timedelta(days=1)),
            ("future", now + timedelta(days=1)),
            ("undated", None),
        ):
            world.add(Assignment(course_id=SOURCE, title=title, due_at=due_at))
        rows = canvas.get(f"{PATH}/assignments", bucket=bucket)
        assert [row["name"] for row in rows] == titles
        assert {row["bucket"] for row in rows} == {bucket}


class TestOrder:
    """In which order rows are listed."""

    def test_of_assignments(self, canvas: Caller, world: World) -> None:
        """Assignments are listed by their group's position, then by their own; or by name."""
        second, first = (
            world.add(AssignmentGroup(course_id=SOURCE, title=str(place), position=place)) for place in (2, 1)
        )
        for title, group, position in (("D", second, 1), ("C", first, 2), ("A", first, 1), ("B", None, 1)):
            group_id = group and group.id
            world.add(Assignment(course_id=SOURCE, title=title, assignment_group_id=group_id, position=position))
        assert [row["name"] for row in canvas.get(f"{PATH}/assignments")] == ["A", "C", "D", "B"]
        assert [row["name"] for row in canvas.get(f"{PATH}/assignments", order_by="name")] == ["A", "B", "C", "D"]
        in_first = canvas.get(f"{PATH}/assignment_groups/{first.id}/assignments")
        assert [row["name"] for row in in_first] == ["A", "C"]

    def test_of_topics(self, canvas: Caller, world: World) -> None:
        """Topics are listed newest first, pinned ones last by their place."""
        now = world.clock.now()
        for number, position in ((1, 2), (2, 1), (3, None), (4, None)):
            world.add(
                DiscussionTopic(
                    course_id=SOURCE,
                    title=str(number),
                    pinned=position is not None,
                    position=position,
                    posted_at=now + timedelta(hours=number),
                )
            )
        assert [row["title"] for row in canvas.get(f"{PATH}/discussion_topics")] == ["4", "3", "2", "1"]
        assert [row["title"] for row in canvas.get(f"{PATH}/discussion_topics", scope="pinned")] == ["2", "1"]

    @pytest.mark.parametrize(
        ("params", "titles"),
        [
            ({}, ["b", "A", "c"]),
            ({"sort": "no_such"}, ["b", "A", "c"]),
            ({"sort": "title"}, ["A", "b", "c"]),
            ({"sort": "updated_at", "order": "desc"}, ["c", "A", "b"]),
        ],
    )
    def test_of_pages(self, canvas: Caller, world: World, params: dict[str, str], titles: list[str]) -> None:
        """Pages are listed by id, unless a known ``sort`` is asked for."""
        for hour, title in enumerate(("b", "A", "c")):
            world.add(Page(course_id=SOURCE, title=title, created_at=world.clock.now() + timedelta(hours=hour)))
        assert [row["title"] for row in canvas.get(f"{PATH}/pages", **params)] == titles

    def test_latest_announcement_of_each_course(self, canvas: Caller, world: World) -> None:
        """``latest_only`` lists the newest announcement of each course."""
        for day in (3, 1, 2):
            posted_at = world.clock.now() - timedelta(days=day)
            world.add(Announcement(course_id=SOURCE, title=str(day), posted_at=posted_at))
        rows = canvas.get("announcements", **{"context_codes[]": f"course_{SOURCE}"}, latest_only="true")
        assert [row["title"] for row in rows] == ["1"]


class TestAnnouncementsForNobody:
    """Announcements of courses that the caller may not read."""

    @pytest.mark.parametrize("token", ["admin-token", "stranger-token", None])
    def test_are_none(self, call_as: Callable[[str | None], Caller], world: World, token: str | None) -> None:
        """An unknown course, a missing right and a missing token are no errors."""
        world.add(Announcement(course_id=SOURCE, title="News"))
        course_id = 999 if token == "admin-token" else SOURCE
        assert call_as(token).get("announcements", **{"context_codes[]": f"course_{course_id}"}) == []

    def test_a_wrong_token_is_refused(self, call_as: Callable[[str | None], Caller]) -> None:
        """A token that does not work is a 401 here, too."""
        response = call_as("no-such-token")("GET", "announcements", params={"context_codes[]": f"course_{SOURCE}"})
        assert response.status_code == 401


@pytest.mark.parametrize("edition", Edition)
def test_keys_by_edition(canvas: Caller, world: World, edition: Edition) -> None:
    """Newer keys are there in today's edition only, and an old one in that of June 2023 only."""
    world.settings.change({"edition": edition})
    page = world.add(Page(course_id=SOURCE, title="P", body="<p>B</p>"))
    module = world.add(Module(course_id=SOURCE, title="M"))
    world.add(ModuleItem(course_id=SOURCE, title="P", module_id=module.id, type="Page", content_id=page.id))
    world.add(Assignment(course_id=SOURCE, title="A"))
    (listed,) = canvas.get(f"{PATH}/modules", **{"include[]": "items"})
    is_new = edition is Edition.CURRENT
    assert [key in listed for key in ("requirement_type",)] == [is_new]
    assert [key in listed["items"][0] for key in ("unpublishable", "quiz_lti")] == [is_new, not is_new]
    assert ("is_quiz_lti_assignment" in canvas.get(f"{PATH}/assignments")[0]) is is_new
    assert ("body" in canvas.get(f"{PATH}/pages", **{"include[]": "body"})[0]) is is_new


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (Assignment(course_id=SOURCE, title="X", points_possible=10), "points_possible"),
        (Quiz(course_id=SOURCE, title="X", points_possible=10), "points_possible"),
        (AssignmentGroup(course_id=SOURCE, title="X", group_weight=10), "group_weight"),
    ],
)
def test_points_are_floats(canvas: Caller, world: World, row: Content, key: str) -> None:
    """A whole number of points has a decimal point."""
    row.id = 0
    world.add(row)
    path = "assignment_groups" if isinstance(row, AssignmentGroup) else row.SECTION
    assert f'"{key}":10.0' in canvas("GET", f"{PATH}/{path}").text


class TestAuthors:
    """Who wrote something."""

    @pytest.mark.parametrize(
        ("kind", "path", "key"),
        [(Page, "pages/page_id:{}", "last_edited_by"), (DiscussionTopic, "discussion_topics/{}", "author")],
    )
    def test_short_form_of_the_author(self, canvas: Caller, world: World, kind: type[Any], path: str, key: str) -> None:
        """Pages and topics show who wrote them; imported ones nobody."""
        own, imported = (world.add(kind(course_id=SOURCE, title="T", user_id=user_id)) for user_id in (1, None))
        shown = canvas.get(f"{PATH}/{path.format(own.id)}")[key]
        assert (shown["display_name"], shown["html_url"]) == ("Ada Min", f"{canvas.server.url}/{PATH}/users/1")
        assert not canvas.get(f"{PATH}/{path.format(imported.id)}").get(key)

    def test_read_state_is_that_of_the_caller(
        self, canvas: Caller, call_as: Callable[[str], Caller], world: World
    ) -> None:
        """The author has read a topic and follows it; others have not."""
        topic = world.add(DiscussionTopic(course_id=SOURCE, title="T", user_id=1))
        shown = [
            call_as(token).get(f"{PATH}/discussion_topics/{topic.id}") for token in ("admin-token", "writer-token")
        ]
        assert [(row["read_state"], row["subscribed"]) for row in shown] == [("read", True), ("unread", False)]


def test_details_of_module_items(canvas: Caller, world: World) -> None:
    """Details have the dates and points that are set, and the usage rights of a file."""
    module = world.add(Module(course_id=SOURCE, title="M"))
    due_at = world.clock.now()
    rows = (
        ("Assignment", world.add(Assignment(course_id=SOURCE, title="A", due_at=due_at, points_possible=3))),
        (
            "File",
            world.add(File(course_id=SOURCE, title="a.png", content_type="image/png", usage_rights=UsageRights())),
        ),
        ("SubHeader", None),
    )
    for position, (kind, row) in enumerate(rows, start=1):
        content_id = row.id if row is not None else None
        world.add(
            ModuleItem(
                course_id=SOURCE, title=kind, module_id=module.id, type=kind, content_id=content_id, position=position
            )
        )
    items = canvas.get(f"{PATH}/modules/{module.id}/items", **{"include[]": "content_details"})
    assignment, file, header = (item["content_details"] for item in items)
    assert set(assignment) == {"due_at", "points_possible", "locked_for_user"}
    assert file["usage_rights"]["usage_rights"]["use_justification"] == "own_copyright"
    assert file["thumbnail_url"].startswith(f"{canvas.server.url}/images/thumbnails/")
    assert header == {"locked_for_user": False}


def test_a_quiz_tells_the_types_of_its_questions(canvas: Caller, world: World) -> None:
    """A quiz that is shown has each type of its questions once, by position; in the list it has none."""
    quiz = world.add(Quiz(course_id=SOURCE, title="Q"))
    for position, kind in ((2, "essay_question"), (1, "true_false_question"), (3, "essay_question")):
        question = QuizQuestion(course_id=SOURCE, title="?", quiz_id=quiz.id, position=position, question_type=kind)
        world.add(question)
    assert canvas.get(f"{PATH}/quizzes/{quiz.id}")["question_types"] == ["true_false_question", "essay_question"]
    assert "question_types" not in canvas.get(f"{PATH}/quizzes")[0]


def test_a_course_without_front_page(canvas: Caller, world: World) -> None:
    """Without a front page its path is a 404 with a message; with one it shows the page."""
    response = canvas("GET", f"{PATH}/front_page")
    assert (response.status_code, response.json()) == (404, {"message": "No front page has been set"})
    world.add(Page(course_id=SOURCE, title="Home", front_page=True, body="<p>Hi</p>"))
    assert canvas.get(f"{PATH}/front_page")["body"] == "<p>Hi</p>"


@pytest.mark.parametrize("page", ["no-such-page", "987654321", "page_id:987654321"])
def test_an_unknown_page(canvas: Caller, page: str) -> None:
    """An unknown slug or id is a 404 with a message of its own."""
    response = canvas("GET", f"{PATH}/pages/{page}")
    assert (response.status_code, response.json()) == (404, {"message": "page not found"})


def test_content_of_a_blueprint_says_so(canvas: Caller, world: World) -> None:
    """Content of a blueprint, and content that came from one, is marked."""
    world.tables.courses[SOURCE].settings.blueprint = True
    world.add(Page(course_id=SOURCE, title="P"))
    assert canvas.get(f"{PATH}/pages")[0]["is_master_course_master_content"] is True
    world.tables.courses[SOURCE].settings.blueprint = False
    world.add(Page(course_id=SOURCE, title="Q", migration_id="mastercourse_1_2_x"))
    plain, synced = canvas.get(f"{PATH}/pages")
    assert ("is_master_course_child_content" in plain, synced["is_master_course_child_content"]) == (False, True)

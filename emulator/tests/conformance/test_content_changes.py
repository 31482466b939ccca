"""PUT of content: what is stored, who may, what a blueprint locks, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    CalendarEvent,
    Content,
    DiscussionTopic,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import AccessToken, User
from canvas_emulator.model.settings import BlockEditor, TopicEdit
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller

STUDENT, STUDENT_TOKEN = 101, "7~a-student"


@dataclass(frozen=True)
class Place:
    """A kind of content with HTML, and how a PUT changes it.

    :param kind: The kind.
    :param path: The path of a row of the course; ``{id}`` and ``{url}`` are the row's.
    :param hash: The parameter that the field is in; empty for one at the top.
    :param field: The field, which the response has under the same name.
    """

    kind: type[Content]
    path: str
    hash: str
    field: str

    def __str__(self) -> str:
        return self.kind.__name__

    def add(self, world: World, html: str = "<p>Old</p>", **values: Any) -> Content:
        """Add a row with a text."""
        return world.add(self.kind(course_id=SOURCE, title="A text", **{self.field: html}, **values))

    def address(self, row: Content) -> str:
        """Return the address of a row."""
        return self.path.format(id=row.id, url=getattr(row, "url", ""), course=row.course_id)

    def put(self, canvas: Caller, row: Content, html: str, **more: Any) -> Any:
        """PUT a text."""
        values = {self.field: html, **more}
        return canvas("PUT", self.address(row), json={self.hash: values} if self.hash else values)


PLACES = (
    Place(Page, "courses/{course}/pages/{url}", "wiki_page", "body"),
    Place(Assignment, "courses/{course}/assignments/{id}", "assignment", "description"),
    Place(DiscussionTopic, "courses/{course}/discussion_topics/{id}", "", "message"),
    Place(Announcement, "courses/{course}/discussion_topics/{id}", "", "message"),
    Place(Quiz, "courses/{course}/quizzes/{id}", "quiz", "description"),
    Place(CalendarEvent, "calendar_events/{id}", "calendar_event", "description"),
)
of_places = pytest.mark.parametrize("place", PLACES, ids=str)

SAVED = [
    ('<a href="{host}/courses/11/pages/x">x</a>', '<a href="/courses/11/pages/x">x</a>'),
    ('<a href="/courses/11/files/9/download?verifier=abc">f</a>', '<a href="/courses/11/files/9/download">f</a>'),
    ('<a href="/courses/11/files/9/download?wrap=1&amp;verifier=abc#p">f</a>', None),
    ("<p onclick='x()'>a<script>x()</script></p>", "<p>a</p>"),
    ("<p title='a &quot;b'>&eacute; &nbsp;</p>", None),
    ('<a href="https://elsewhere.example/a b">e</a>', '<a href="https://elsewhere.example/a%20b">e</a>'),
    ("plain text, 1 < 2", None),
]


@of_places
@pytest.mark.parametrize(("sent", "stored"), SAVED)
def test_html_is_cleaned_when_it_is_saved(
    canvas: Caller, world: World, place: Place, sent: str, stored: str | None
) -> None:
    """The host, verifiers, scripts and unknown attributes go; saving what was read shows the same text again."""
    row = place.add(world)
    response = place.put(canvas, row, sent.format(host=canvas.server.url))
    assert response.status_code == 200, response.text
    text = getattr(row, place.field)
    assert stored is None or text == stored
    assert "verifier" not in text
    shown = canvas.get(place.address(row))[place.field]
    assert response.json()[place.field] == shown
    assert place.put(canvas, row, shown).json()[place.field] == shown
    saved_at = row.updated_at
    world.clock.advance(60)
    assert place.put(canvas, row, shown).json()[place.field] == shown
    assert row.updated_at == saved_at


@of_places
def test_only_the_named_field_changes(canvas: Caller, world: World, place: Place) -> None:
    """A PUT of a text changes the text, ``updated_at`` and the editor, and nothing else that the API shows."""
    row = place.add(world)
    before = canvas.get(place.address(row))
    world.clock.advance(60)
    place.put(canvas, row, "<p>New</p>")
    after = canvas.get(place.address(row))
    by_the_way = {"updated_at", "last_edited_by", "version_number", "author", "user_name", "read_state", "subscribed"}
    changed = {name for name in after if after[name] != before.get(name)} - by_the_way - {"last_reply_at", "posted_at"}
    assert changed == {place.field}
    assert row.updated_at == world.clock.now()


@of_places
def test_a_student_may_not(canvas: Caller, call_as: Callable[[str | None], Caller], world: World, place: Place) -> None:
    """A student's PUT is refused, and nothing changes."""
    student(world)
    row = place.add(world)
    status = 401 if world.settings.legacy_permission_401 else 403
    assert place.put(call_as(STUDENT_TOKEN), row, "<p>New</p>").status_code == status
    assert getattr(row, place.field) == "<p>Old</p>"


@of_places
def test_a_deleted_row_is_404(canvas: Caller, world: World, place: Place) -> None:
    """What was deleted cannot be changed."""
    row = place.add(world, workflow_state="deleted")
    assert place.put(canvas, row, "<p>New</p>").status_code == 404


@pytest.mark.parametrize("place", [each for each in PLACES if each.kind is not CalendarEvent], ids=str)
@pytest.mark.parametrize("locked", [True, False])
def test_a_locked_column_of_a_blueprint_is_400(canvas: Caller, world: World, place: Place, locked: bool) -> None:
    """The course that follows cannot change a locked text; the response names the column."""
    source = place.add(world)
    world.tables.courses[SOURCE].settings.blueprint = True
    canvas("PUT", f"courses/{SOURCE}", json={"course": {"blueprint": True}})
    path = f"courses/{SOURCE}/blueprint_templates/default"
    canvas("PUT", f"{path}/update_associations", json={"course_ids_to_add": [DESTINATION]})
    canvas("POST", f"{path}/migrations", json={})
    world.clock.advance(120)
    world.settle()
    row = next(iter(world.live(place.kind, DESTINATION)), None)
    assert row is not None
    assert (row.migration_id or "").startswith("mastercourse_")
    (template,) = world.tables.blueprint_templates.values()
    template.restricted = {(place.kind.KIND, source.id)} if locked else set()
    shown = canvas.get(place.address(row))
    assert shown["is_master_course_child_content"] is True
    assert shown["restricted_by_master_course"] is locked
    assert shown.get("master_course_restrictions") == ({"content": True} if locked else None)
    response = place.put(canvas, row, "<p>New</p>")
    assert response.status_code == (400 if locked else 200)
    if locked:
        (error,) = response.json()["errors"]["base"]
        assert error["message"] == f"cannot change column(s): {place.field} - locked by Master Course"
        assert place.put(canvas, row, getattr(row, place.field)).status_code == 200, "no change is no offence"


def student(world: World) -> None:
    """Enroll a student with a token in the source."""
    world.tables.users[STUDENT] = User(STUDENT, "Stu Dent")
    world.enroll(STUDENT, SOURCE, EnrollmentType.STUDENT)
    world.tables.courses[SOURCE].workflow_state = "available"
    world.tables.tokens[STUDENT_TOKEN] = AccessToken(STUDENT_TOKEN, STUDENT)


NOTIFIES = {
    (Page, None): None,
    (Page, False): None,
    (Page, True): "Updated Wiki Page",
    (Assignment, None): None,
    (Assignment, False): None,
    (Assignment, True): "Assignment Changed",
    (Quiz, None): "Assignment Changed",
    (Quiz, False): None,
    (Quiz, True): "Assignment Changed",
    (DiscussionTopic, None): None,
    (Announcement, None): None,
    (CalendarEvent, None): None,
}


@of_places
@pytest.mark.parametrize("notify", [None, False, True])
def test_who_is_notified(canvas: Caller, world: World, place: Place, notify: bool | None) -> None:
    """Only quizzes notify by default; pages and assignments when asked to; topics never by mail."""
    if (place.kind, notify) not in NOTIFIES:
        return
    student(world)
    row = place.add(world)
    place.put(canvas, row, "<p>New</p>", **({} if notify is None else {"notify_of_update": notify}))
    expected = NOTIFIES[place.kind, notify]
    sent = [(each.name, each.user_ids) for each in world.notices.notifications]
    assert sent == ([] if expected is None else [(expected, (STUDENT,))])
    entries = [each.asset for each in world.notices.stream_entries]
    assert entries == ([f"discussion_topic_{row.id}"] if issubclass(place.kind, DiscussionTopic) else [])
    place.put(canvas, row, getattr(row, place.field), **({} if notify is None else {"notify_of_update": notify}))
    assert len(world.notices.notifications) == len(sent), "a PUT without a change sends nothing"


@pytest.mark.parametrize(
    ("setting", "notified", "in_stream"), [(TopicEdit.STREAM, 0, 1), (TopicEdit.NONE, 0, 0), (TopicEdit.MAIL, 1, 0)]
)
def test_what_a_changed_message_does_is_a_setting(
    canvas: Caller, world: World, setting: TopicEdit, notified: int, in_stream: int
) -> None:
    """A changed message of a topic enters the stream, is mailed, or neither, as the setting says."""
    student(world)
    world.settings.topic_edit = setting
    place = PLACES[2]
    place.put(canvas, place.add(world), "<p>New</p>")
    assert (len(world.notices.notifications), len(world.notices.stream_entries)) == (notified, in_stream)


def test_nobody_hears_of_an_unpublished_row(canvas: Caller, world: World) -> None:
    """What is not published notifies nobody."""
    student(world)
    place = PLACES[4]
    place.put(canvas, place.add(world, workflow_state="unpublished"), "<p>New</p>")
    assert world.notices.notifications == []


class TestPages:
    """What only pages have."""

    def test_a_new_body_is_a_new_revision(self, canvas: Caller, world: World) -> None:
        """A change of the body makes a revision of the caller; the slug stays."""
        place, (row) = PLACES[0], PLACES[0].add(world)
        assert isinstance(row, Page)
        place.put(canvas, row, "<p>New</p>")
        assert (row.revision, row.user_id, row.url) == (2, 1, "a-text")
        place.put(canvas, row, "<p>New</p>")
        assert row.revision == 2

    def test_a_new_title_makes_a_new_slug(self, canvas: Caller, world: World) -> None:
        """The old slug is 404 at once."""
        row = PLACES[0].add(world)
        renamed = canvas("PUT", PLACES[0].address(row), json={"wiki_page": {"title": "Other"}})
        assert renamed.json()["url"] == "other"
        assert canvas("GET", f"courses/{SOURCE}/pages/a-text").status_code == 404

    @pytest.mark.parametrize(
        ("setting", "status", "stored"),
        [(BlockEditor.OFF, 200, "<p>New</p>"), (BlockEditor.REFUSES, 400, "{}"), (BlockEditor.IGNORES, 200, "{}")],
    )
    def test_a_page_of_the_block_editor(
        self, canvas: Caller, world: World, setting: BlockEditor, status: int, stored: str
    ) -> None:
        """Where there is a block editor, its pages show no body, and a PUT of one is refused or ignored."""
        world.settings.block_editor = setting
        row = PLACES[0].add(world, "{}", block_editor=True)
        shown = canvas.get(PLACES[0].address(row))
        assert ("body" in shown, shown.get("editor")) == (
            (True, None) if setting is BlockEditor.OFF else (False, "block_editor")
        )
        assert PLACES[0].put(canvas, row, "<p>New</p>").status_code == status
        assert getattr(row, "body", None) == stored


class TestShells:
    """Quizzes and topics with an assignment have one text."""

    @pytest.mark.parametrize("kind", [Quiz, DiscussionTopic])
    def test_both_sides_have_the_new_text(self, canvas: Caller, world: World, kind: type[Content]) -> None:
        """A PUT of either side changes both; that of a quiz is one version more."""
        place = next(each for each in PLACES if each.kind is kind)
        shell = world.add(Assignment(course_id=SOURCE, title="A text", description="<p>Old</p>"))
        row = place.add(world, assignment_id=shell.id)
        setattr(shell, "quiz_id" if kind is Quiz else "discussion_topic_id", row.id)
        place.put(canvas, row, "<p>One</p>")
        assert shell.description == "<p>One</p>"
        assert getattr(row, "version_number", 2) == 2
        PLACES[1].put(canvas, shell, "<p>Two</p>")
        assert getattr(row, place.field) == "<p>Two</p>"


class TestModuleItems:
    """PUT of module items."""

    @pytest.mark.parametrize(
        ("type_", "setting", "url"),
        [
            ("ExternalUrl", False, "https://new.example"),
            ("ExternalTool", False, "https://old.example"),
            ("ExternalTool", True, "https://new.example"),
        ],
    )
    def test_only_links_have_a_url(self, canvas: Caller, world: World, type_: str, setting: bool, url: str) -> None:
        """The URL of a link changes; that of a tool is ignored, unless a setting says otherwise."""
        world.settings.tool_item_url = setting
        module = world.add(Module(course_id=SOURCE, title="M"))
        row = world.add(
            ModuleItem(course_id=SOURCE, title="I", module_id=module.id, type=type_, external_url="https://old.example")
        )
        path = f"courses/{SOURCE}/modules/{module.id}/items/{row.id}"
        response = canvas("PUT", path, json={"module_item": {"external_url": "https://new.example"}})
        assert response.status_code == 200
        assert response.json()["external_url"] == row.external_url == url

    def test_an_item_of_another_module_is_404(self, canvas: Caller, world: World) -> None:
        """The module of the path must have the item."""
        one, two = (world.add(Module(course_id=SOURCE, title=title)) for title in "ab")
        row = world.add(ModuleItem(course_id=SOURCE, title="I", module_id=one.id, type="SubHeader"))
        path = f"courses/{SOURCE}/modules/{two.id}/items/{row.id}"
        assert canvas("PUT", path, json={"module_item": {"title": "x"}}).status_code == 404


def test_the_syllabus_clears_dates_that_do_not_restrict(canvas: Caller, world: World) -> None:
    """A PUT of the syllabus alone clears an end that does not restrict enrollments."""
    course = world.tables.courses[SOURCE]
    course.end_at = world.clock.now() + timedelta(days=90)
    canvas("PUT", f"courses/{SOURCE}", json={"course": {"syllabus_body": "<p>New</p>"}})
    assert course.syllabus_body == "<p>New</p>"
    assert canvas.get(f"courses/{SOURCE}")["end_at"] is None


def test_a_reset_forgets_what_was_sent(canvas: Caller, world: World) -> None:
    """After a reset nothing has been sent."""
    student(world)
    PLACES[4].put(canvas, PLACES[4].add(world), "<p>New</p>")
    assert world.notices.notifications
    world.reset()
    assert world.notices.notifications == []


def test_the_url_of_the_tool_of_an_assignment(canvas: Caller, world: World) -> None:
    """The URL of a tool changes, and nothing else of it; an assignment without a tool gets none."""
    row = world.add(Assignment(course_id=SOURCE, title="Tool", external_tool_url="https://tool.example/old"))
    plain = world.add(Assignment(course_id=SOURCE, title="Plain"))
    body = {"assignment": {"external_tool_tag_attributes": {"url": "https://tool.example/new"}}}
    for assignment in (row, plain):
        assert canvas("PUT", f"courses/{SOURCE}/assignments/{assignment.id}", json=body).status_code == 200
    assert (row.external_tool_url, plain.external_tool_url) == ("https://tool.example/new", None)


def test_other_processes_can_read_who_was_told(canvas: Caller, world: World) -> None:
    """The control route lists notifications and entries of streams."""
    student(world)
    for place in (PLACES[2], PLACES[4]):
        place.put(canvas, place.add(world), "<p>New</p>")
    told = canvas("GET", "/_emulator/notices").json()
    assert [each["name"] for each in told["notifications"]] == ["Assignment Changed"]
    assert [each["user_ids"] for each in told["stream_entries"]] == [[STUDENT]]

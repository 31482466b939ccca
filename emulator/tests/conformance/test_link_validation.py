"""Link validation: its Progress, its steps, and the reasons of invalid links."""

from __future__ import annotations

from typing import Any

from canvas_emulator.model.content import (
    DELETED,
    Announcement,
    Assignment,
    CalendarEvent,
    DiscussionTopic,
    File,
    Module,
    ModuleItem,
    Page,
    QuestionBank,
    Quiz,
    QuizQuestion,
)
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import OTHER, READER, SOURCE
from tests.support.caller import Caller
from tests.support.people import CallAs

PATH = f"courses/{SOURCE}/link_validation"
HERE = f"/courses/{SOURCE}"
SECONDS = 20


def validated(canvas: Caller) -> dict[str, Any]:
    """Validate the links of the course, and return the Progress."""
    assert canvas("POST", PATH).json() == {"success": True}
    canvas.server.world.clock.advance(SECONDS + 1)
    return canvas.get(PATH)


def reasons(canvas: Caller) -> dict[str, str]:
    """Return the reason of each invalid link of the course."""
    issues = validated(canvas)["results"]["issues"]
    return {link["url"]: link["reason"] for issue in issues for link in issue["invalid_links"]}


def page_with(world: World, *urls: str) -> Page:
    """Add a page with links."""
    body = "".join(f'<p><a href="{url}">link {number}</a></p>' for number, url in enumerate(urls))
    return world.add(Page(course_id=SOURCE, title="Links", body=body))


def test_there_is_nothing_before_the_first_run(canvas: Caller) -> None:
    """A course that was never validated has an empty object."""
    assert canvas.get(PATH) == {}


def test_all_runs_share_a_progress(canvas: Caller, world: World) -> None:
    """A second run keeps the id of the Progress and takes its results away; a POST in between changes nothing."""
    first = validated(canvas)
    assert (first["tag"], first["context_type"], first["context_id"]) == ("link_validation", "Course", SOURCE)
    assert (first["workflow_state"], first["completion"], first["user_id"]) == ("completed", 100.0, None)
    assert set(first["results"]) == {"issues", "completed_at", "version"}
    canvas("POST", PATH)
    queued = canvas.get(PATH)
    assert (queued["id"], queued["workflow_state"], queued["completion"]) == (first["id"], "queued", 0.0)
    assert "results" not in queued
    world.clock.advance(SECONDS / 2)
    completion = canvas.get(PATH)["completion"]
    assert canvas("POST", PATH).json() == {"success": True}
    assert canvas.get(PATH)["completion"] == completion


def test_steps(canvas: Caller, world: World) -> None:
    """The percentages are those of the parts of a course."""
    canvas("POST", PATH)
    seen = []
    for _ in range(SECONDS * 2 - 1):
        seen.append(canvas.get(PATH)["completion"])
        world.clock.advance(0.5)
    assert list(dict.fromkeys(seen)) == [0.0, 1.0, 5.0, 15.0, 25.0, 35.0, 55.0, 65.0, 85.0, 99.0]
    world.clock.advance(1)
    assert canvas.get(PATH)["completion"] == 100.0


def test_a_run_can_fail(canvas: Caller, world: World) -> None:
    """A run that fails has a report in place of issues."""
    world.settings.link_validation_fails = True
    progress = validated(canvas)
    assert progress["workflow_state"] == "failed"
    assert set(progress["results"]) == {"error_report_id", "completed_at"}


def test_rights(call_as: CallAs) -> None:
    """Who may not edit the content of the course is refused."""
    for method in ("GET", "POST"):
        assert call_as(READER)(method, PATH).status_code in (401, 403)


def test_each_reason(canvas: Caller, world: World) -> None:
    """Links to nothing, to another course, to deleted and unpublished rows have their reasons; others have none."""
    live = world.add(Assignment(course_id=SOURCE, title="Live"))
    hidden = world.add(Assignment(course_id=SOURCE, title="Hidden", workflow_state="unpublished"))
    gone = world.add(Assignment(course_id=SOURCE, title="Gone", workflow_state=DELETED))
    old = world.add(Page(course_id=SOURCE, title="Old", workflow_state=DELETED))
    page = world.add(Page(course_id=SOURCE, title="Lab safety"))
    file = world.add(File(course_id=SOURCE, title="a.pdf"))
    expected = {
        f"{HERE}/assignments/{live.id}": None,
        f"{HERE}/assignments/{hidden.id}": "unpublished_item",
        f"{HERE}/assignments/{gone.id}": "deleted",
        f"{HERE}/assignments/999": "missing_item",
        f"{HERE}/pages/{old.url}": "deleted",
        f"{HERE}/pages/never-was": "missing_item",
        f"{HERE}/pages/{page.url}": None,
        f"{HERE}/wiki/Lab+safety": None,
        f"{HERE}/pages/{page.id}": None,
        f"{HERE}/files/{file.id}": None,
        f"{HERE}/files/999": "missing_item",
        f"{HERE}/files/999/download": None,
        "/files/999/download": None,
        "/media_attachments_iframe/999": None,
        f"{HERE}/grades": None,
        f"{HERE}/no_such_page": "unreachable",
        "pages/home": "unreachable",
        "$CANVAS_OBJECT_REFERENCE$/assignments/g123": "unreachable",
        f"/courses/{OTHER}/pages/home": "course_mismatch",
        f"/courses/{OTHER}": "course_mismatch",
        f"/courses/1~{SOURCE}/grades": "course_mismatch",
        f"/courses/{10_000_000_000_000 + SOURCE}/grades": "course_mismatch",
        f"https://{world.host}/courses/{OTHER}": "course_mismatch",
        f"{HERE}/external_tools/retrieve?url=https%3A%2F%2Ftool.example": "missing_item",
        "#top": None,
        "mailto:a@b.example": None,
        "javascript:void(0)": None,
        "https://fine.example/courses/999": None,
        "https://silent.example/x": "unreachable",
        "https://www.gone.example/x": "unreachable",
    }
    page_with(world, *expected)
    world.settings.change({"unreachable_hosts": ["silent.example", "*.gone.example"]})
    found = reasons(canvas)
    assert {url: found.get(url) for url in expected} == expected


def test_which_attributes_are_read(canvas: Caller, world: World) -> None:
    """Sources of images and objects are read, and links that stand twice are listed twice; styles are not read."""
    bad = f"/courses/{OTHER}"
    body = (
        f'<img src="{bad}/files/1"><object data="{bad}/files/2"><param name="src" value="{bad}/files/3"></object>'
        f'<a href="{bad}">one</a> <a href="{bad}">two</a><video poster="{bad}/files/4"></video>'
        f'<div style="background: url({bad}/files/5)">x</div><a data-api-endpoint="{bad}/files/6">y</a>'
    )
    world.add(Page(course_id=SOURCE, title="Home", body=body))
    (issue,) = validated(canvas)["results"]["issues"]
    assert issue["invalid_links"] == [
        {"url": f"{bad}/files/1", "image": True, "reason": "course_mismatch"},
        {"url": f"{bad}/files/2", "reason": "course_mismatch"},
        {"url": f"{bad}/files/3", "reason": "course_mismatch"},
        {"url": bad, "link_text": "one", "reason": "course_mismatch"},
        {"url": bad, "link_text": "two", "reason": "course_mismatch"},
    ]


def test_which_places_are_read(canvas: Caller, world: World) -> None:
    """Every kind of place has its type and its path; an assignment of a quiz has none of its own."""
    html = f'<a href="/courses/{OTHER}">x</a>'

    def add(kind: Any, **values: Any) -> Any:
        return world.add(kind(course_id=SOURCE, title=kind.__name__, **values))

    world.tables.courses[SOURCE].syllabus_body = html
    bank, quiz = add(QuestionBank), add(Quiz, description=html)
    banked = add(QuizQuestion, question_text=html, question_bank_id=bank.id)
    asked = add(QuizQuestion, question_text="<p>?</p>", answers_html=("", html), choices=("a", "b"), quiz_id=quiz.id)
    essay = add(Assignment, description=html)
    add(Assignment, description=html, quiz_id=quiz.id)
    event, topic = add(CalendarEvent, description=html), add(DiscussionTopic, message=html)
    news, module, page = add(Announcement, message=html), add(Module), add(Page, body=html)
    for _ in range(2):
        add(ModuleItem, module_id=module.id, type="ExternalUrl", external_url=f"/courses/{OTHER}/grades")
    issues = validated(canvas)["results"]["issues"]
    assert [(issue["type"], issue["content_url"]) for issue in issues] == [
        ("syllabus", f"{HERE}/assignments/syllabus"),
        ("assessment_question", f"{HERE}/question_banks/{bank.id}#question_{banked.id}_question_text"),
        ("assignment", f"{HERE}/assignments/{essay.id}"),
        ("calendar_event", f"{HERE}/calendar_events/{event.id}"),
        ("discussion_topic", f"{HERE}/discussion_topics/{topic.id}"),
        ("discussion_topic", f"{HERE}/discussion_topics/{news.id}"),
        ("module", f"{HERE}/modules#module_{module.id}"),
        ("quiz", f"{HERE}/quizzes/{quiz.id}"),
        ("quiz_question", f"{HERE}/quizzes/{quiz.id}/take?preview=1#question_{asked.id}"),
        ("wiki_page", f"{HERE}/pages/{page.url}"),
    ]
    assert len(issues[6]["invalid_links"]) == 2


def test_the_recorded_issue(canvas: Caller, world: World) -> None:
    """The issue of a syllabus has the keys and values that a real Canvas had."""
    world.tables.courses[SOURCE].syllabus_body = f'<p><a href="/courses/{OTHER}/pages/x">link 0</a></p>'
    assert validated(canvas)["results"]["issues"] == [
        {
            "name": "Course Syllabus",
            "type": "syllabus",
            "content_url": f"{HERE}/assignments/syllabus",
            "invalid_links": [{"url": f"/courses/{OTHER}/pages/x", "reason": "course_mismatch", "link_text": "link 0"}],
        }
    ]

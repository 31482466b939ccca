"""States of rows that no response shows, but that a refusal of the recorded Canvas tells."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from canvas_emulator.jobs import blueprint
from canvas_emulator.machines.content_export import ExportState
from canvas_emulator.model.content import Assignment, File, ModuleItem, Page
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import AccessToken, DeveloperKey, Throttling

from tests.contract.facts import Owner
from tests.contract.recorded_jobs import RecordedJobs
from tests.contract.recorded_world import SOURCE_COURSE, TOKENS
from tests.contract.rows import content


def apply_states(jobs: RecordedJobs) -> None:
    """Bring the rows of an exchange into the states that its response tells."""
    exchange = jobs.exchange
    if (state := STATES.get(exchange.name)) is not None:
        state(jobs)
    refusal = json.dumps(exchange.response_body) if exchange.status == 400 else ""
    if "is already in use" in refusal:
        _take_sis_id(jobs)


def _take_sis_id(jobs: RecordedJobs) -> None:
    """Let another course have the SIS id that an exchange wants."""
    recorded = jobs.recorded
    wanted = recorded.exchange.request_body["course"]["sis_course_id"]
    if not any(course.sis_course_id == wanted for course in recorded.world.tables.courses.values()):
        recorded.add_course(TAKER, {"id": TAKER, "sis_course_id": wanted})


TAKER, BLUEPRINT, FOLLOWER, FOLLOWED, OTHER = 900_101, 900_102, 900_103, 900_104, 900_105
INCLUDES = (
    "syllabus_body",
    "term",
    "course_progress",
    "storage_quota_used_mb",
    "total_students",
    "teachers",
    "account_name",
    "concluded",
    "post_manually",
)
OF_A_BLUEPRINT = (
    "discussion_topics.list.traffic.200.1",
    "discussion_topics.list.traffic.200.2",
    "files.list.traffic.200.2",
    "pages.list.traffic.200.2",
    "quizzes.list.traffic.200.1",
)
OF_A_FOLLOWER = (
    "discussion_topics.list.traffic.200.3",
    "discussion_topics.list.traffic.200.4",
    "files.list.traffic.200.3",
    "pages.list.traffic.200.3",
    "quizzes.list.traffic.200.2",
)
"""Listings of a course whose rows say that it is a blueprint, or that it follows one."""


def _other_match(jobs: RecordedJobs) -> None:
    """Let another course match the search, which had a second page."""
    jobs.recorded.add_course(OTHER, {"id": OTHER, "name": "REAL-SRC, copied", "course_code": "REAL-SRC-2"})


def _hidden_tab(course_id: int, tab: str) -> Callable[[RecordedJobs], None]:
    def apply(jobs: RecordedJobs) -> None:
        course = jobs.world.tables.courses[course_id]
        course.hidden_tabs = frozenset({tab})

    return apply


def _with_student(course_id: int) -> Callable[[RecordedJobs], None]:
    return lambda jobs: jobs.recorded.enroll(3, course_id, EnrollmentType.STUDENT)


def _with_teacher(course_id: int) -> Callable[[RecordedJobs], None]:
    return lambda jobs: jobs.recorded.enroll(2, course_id, EnrollmentType.TEACHER)


def _unpublished(course_id: int) -> Callable[[RecordedJobs], None]:
    def apply(jobs: RecordedJobs) -> None:
        jobs.world.tables.courses[course_id].workflow_state = "unpublished"

    return apply


def _blueprint(course_id: int, *followers: int) -> Callable[[RecordedJobs], None]:
    """Make a course a blueprint that other courses follow."""

    def apply(jobs: RecordedJobs) -> None:
        recorded = jobs.recorded
        for each in (course_id, *followers):
            if each not in recorded.world.tables.courses:
                recorded.add_course(each)
        recorded.world.tables.courses[course_id].settings.blueprint = True
        for each in followers:
            blueprint.associate(recorded.world, course_id, each)

    return apply


def _no_blueprint(course_id: int) -> Callable[[RecordedJobs], None]:
    def apply(jobs: RecordedJobs) -> None:
        jobs.world.tables.courses[course_id].settings.blueprint = False

    return apply


def _syncing(course_id: int) -> Callable[[RecordedJobs], None]:
    """Start a sync of a blueprint."""

    def apply(jobs: RecordedJobs) -> None:
        template = blueprint.template_of(jobs.world, jobs.world.tables.courses[course_id])
        if template is not None:
            blueprint.sync(jobs.world, template, 1, jobs.world.clock.now(), "runner")

    return apply


def _restrictable_page(jobs: RecordedJobs) -> None:
    """Have the page that is to be locked."""
    wanted = jobs.exchange.request_body["content_id"]
    jobs.world.add(Page(id=wanted, course_id=11, title="A page"))


def _all(*states: Callable[[RecordedJobs], None]) -> Callable[[RecordedJobs], None]:
    def apply(jobs: RecordedJobs) -> None:
        for state in states:
            state(jobs)

    return apply


def _deleted(course_id: int) -> Callable[[RecordedJobs], None]:
    def apply(jobs: RecordedJobs) -> None:
        jobs.world.tables.courses[course_id].workflow_state = "deleted"

    return apply


def _name_taken(jobs: RecordedJobs) -> None:
    """Let the folder of the file have another one of the name that is wanted."""
    file = jobs.world.anywhere(File, 316)
    if file is not None:
        facts = {"id": 900_104, "display_name": "two.txt", "folder_id": file.folder_id, "size": 1}
        jobs.world.add(content("files", facts, file.context_type, file.course_id))


def _export(export_id: int, course_id: int, state: ExportState) -> Callable[[RecordedJobs], None]:
    def apply(jobs: RecordedJobs) -> None:
        attachment = {"id": 900_105, "display_name": "export.imscc", "size": 10, "content-type": "unknown/unknown"}
        facts: dict[str, Any] = {"id": export_id, "user_id": 1, "export_type": "common_cartridge"}
        facts |= {"created_at": "2026-11-29T19:30:00Z", "workflow_state": state.value}
        facts["attachment"] = attachment if state is ExportState.EXPORTED else None
        jobs.add_export(export_id, Owner("Course", course_id), facts)

    return apply


def _throttled(jobs: RecordedJobs) -> None:
    jobs.world.tables.tokens[TOKENS["teacher"]].throttling = Throttling.BLOCKED


def _refresh_token(jobs: RecordedJobs) -> None:
    """Know the developer key and the refresh token of a request for a token."""
    form = dict(parse_qsl(jobs.exchange.request_body["form_text"]))
    tables = jobs.world.tables
    tables.developer_keys[form["client_id"]] = DeveloperKey(form["client_id"], form["client_secret"], 1)
    tables.tokens["of the key"] = AccessToken(
        "of the key",
        1,
        expires_at=jobs.world.clock.now() + timedelta(hours=1),
        refresh_token=form["refresh_token"],
        client_id=form["client_id"],
    )


def _page_changed(jobs: RecordedJobs) -> None:
    """Change the page of the blueprint that the response names, after the sync."""
    (change,) = jobs.exchange.response_body
    facts = {"page_id": change["asset_id"], "title": change["asset_name"], "created_at": "2026-11-29T19:37:46Z"}
    facts["updated_at"] = (jobs.world.clock.now() + timedelta(minutes=1)).isoformat()
    jobs.world.add(content("pages", facts, "Course", 945))


def _dated_assignments(number: int) -> Callable[[RecordedJobs], None]:
    """Give as many assignments a date: of some, the recordings have the title only."""

    def apply(jobs: RecordedJobs) -> None:
        unknown = [
            row
            for row in jobs.world.live(Assignment, SOURCE_COURSE)
            if not jobs.facts("assignments", row.id).get("name")
        ]
        for row in unknown[:number]:
            row.due_at = jobs.world.clock.now() + timedelta(days=9)

    return apply


def _without_requirements(jobs: RecordedJobs) -> None:
    """Let the items of the source course have no requirements yet."""
    for row in jobs.world.live(ModuleItem, SOURCE_COURSE):
        row.completion_requirement = None


def _developer_key(jobs: RecordedJobs) -> None:
    """Add the developer key whose id an exchange names, with another secret."""
    jobs.world.tables.developer_keys["1"] = DeveloperKey("1", "another secret", 1)


STATES: Mapping[str, Callable[[RecordedJobs], None]] = {
    "blueprint_courses.write.traffic.400.1": _blueprint(30),
    "blueprint_courses.write.traffic.400.2": _all(_blueprint(30), _blueprint(31)),
    "blueprint_courses.write.traffic.400.3": _all(_blueprint(30), _blueprint(BLUEPRINT, 32)),
    "blueprint_courses.write.traffic.401.1": _blueprint(30),
    "blueprint_courses.write.traffic.200.1": _all(_blueprint(11), _restrictable_page),
    "assignments.list.bucket.undated": _dated_assignments(3),
    "modules.items.traffic.200.4": _without_requirements,
    "blueprint_courses.unsynced_changes.one": _page_changed,
    "blueprint_courses.template.traffic.200.1": _all(_blueprint(396, FOLLOWER), _syncing(396)),
    "blueprint_courses.template.not_a_blueprint": _no_blueprint(945),
    "content_migrations.create.traffic.400.6": _export(160, 869, ExportState.EXPORTING),
    "content_migrations.create.traffic.200.4": _export(203, 14, ExportState.EXPORTED),
    "courses.permissions.traffic.404.1": _deleted(61),
    "courses.reset_content.traffic.400.1": _blueprint(21),
    "accounts.courses.traffic.200.1": _all(_with_teacher(1), _with_teacher(2)),
    "courses.update.traffic.400.1": _blueprint(17),
    "courses.update.traffic.400.7": _unpublished(190),
    "courses.update.traffic.400.2": _with_student(18),
    "courses.update.traffic.400.3": _blueprint(BLUEPRINT, 20),
    "courses.update.traffic.400.11": _with_student(224),
    "errors.throttled": _throttled,
    "files.transfer.traffic.409.1": _name_taken,
    "oauth.traffic.200.1": _refresh_token,
    "errors.oauth.unknown_client": _developer_key,
    **{f"accounts.courses.include.{name}": _other_match for name in INCLUDES},
    "quizzes.list.traffic.404.1": _all(_with_student(51), _hidden_tab(51, "quizzes")),
    **{name: _blueprint(884, 885) for name in OF_A_BLUEPRINT},
    **{name: _blueprint(FOLLOWED, 885) for name in OF_A_FOLLOWER},
    "assignments.list.traffic.200.2": _blueprint(11),
}
"""By the name of an exchange."""

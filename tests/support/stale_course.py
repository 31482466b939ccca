"""A course whose content links to the course that it was copied from, the rows of these links, and runs of a repair."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from canvas_emulator.effects.html_writing import stored_html
from canvas_emulator.model.clock import ManualClock
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    CalendarEvent,
    DiscussionTopic,
    ExternalTool,
    File,
    LtiResourceLink,
    Module,
    ModuleItem,
    Page,
    Quiz,
)
from canvas_emulator.model.content import Content as Row
from canvas_emulator.model.course import Course
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.records import AccessToken, Account, User
from canvas_emulator.model.settings import Settings as EmulatorSettings
from canvas_emulator.model.world import World

from airflow_provider_canvas.client.protocol.retry import RetryPolicy
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.reconciliation.links.html_scan import scan
from airflow_provider_canvas.reconciliation.report.tables import stale_link
from airflow_provider_canvas.repair.backups import Backup
from airflow_provider_canvas.repair.content import Content
from airflow_provider_canvas.repair.link_repair import LinkRepair
from airflow_provider_canvas.repair.places import PLACE_TYPES, Place, Selection, read_places
from airflow_provider_canvas.repair.repair_log import RepairLog
from airflow_provider_canvas.repair.rewriting import HTML_FIELDS

TOKEN = "7~token-of-the-repair"
ADMIN, STUDENT, SOURCE, COURSE = 1, 101, 1, 7
BATCH = "fall-2026"

TEXT = (
    '<p class="x">A <a href="/courses/1/pages/home?x=1&amp;y=2#top" title=\'a "quote"\'>home</a> &amp; '
    '<a href="/courses/7/files/{file}/download?wrap=1">file</a><br><img src="/courses/1/files/9/preview" alt="">'
    "<code>/courses/1/pages/home</code> €</p>\n<ul><li>one<li>two</ul>"
    '<a href="https://elsewhere.example/courses/1/pages/x">outside</a>'
)


def stale_world(texts: str = TEXT, *, edition: Edition | None = None) -> World:
    """Return a world whose course 7 has one place of each type, all with the same text."""

    def build(world: World) -> None:
        tables = world.tables
        tables.accounts[1] = Account(1, "Northfield University")
        tables.users |= {ADMIN: User(ADMIN, "Service", is_admin=True), STUDENT: User(STUDENT, "Stu Dent")}
        tables.tokens[TOKEN] = AccessToken(TOKEN, ADMIN)
        for course_id in (SOURCE, COURSE):
            tables.courses[course_id] = Course(course_id, f"C{course_id}", f"C{course_id}", 1, 1)
            tables.courses[course_id].workflow_state = "available"
        world.enroll(STUDENT, COURSE, EnrollmentType.STUDENT)
        file = world.add(File(course_id=COURSE, title="a.pdf", data=b"1", size=1, content_type="application/pdf"))
        text = stored_html(world, texts.replace("{file}", str(file.id)), f"https://{world.host}")
        here: dict[str, Any] = {"course_id": COURSE, "title": "A text"}
        world.add(Page(**here, body=text))
        world.add(Assignment(**here, description=text))
        world.add(DiscussionTopic(**here, message=text))
        world.add(Announcement(**here, message=text))
        shell = world.add(Assignment(**here, description=text))
        quiz = world.add(Quiz(**here, description=text, assignment_id=shell.id))
        shell.quiz_id = quiz.id
        world.add(CalendarEvent(**here, description=text))
        tables.courses[COURSE].syllabus_body = text
        module = world.add(Module(**here))
        url = "https://tool.example/courses/1/x"
        world.add(ModuleItem(**here, module_id=module.id, type="ExternalUrl", external_url=url))
        world.add(Assignment(**here, external_tool_url=url))
        tool = world.add(ExternalTool(**here, domain="tool.example"))
        custom = {"course": "/courses/1/", "kept": "as is"}
        world.add(LtiResourceLink(**here, external_tool_id=tool.id, url=url, custom=custom, lookup_uuid="lookup-1"))

    settings = EmulatorSettings() if edition is None else EmulatorSettings(edition=edition)
    return World(build, clock=ManualClock(), settings=settings)


def all_places(world: World) -> list[Place]:
    """Return the places of the course, without links."""
    kinds: dict[str, type[Row]] = {
        "pages": Page,
        "assignments": Assignment,
        "discussion_topics": DiscussionTopic,
        "announcements": Announcement,
        "quizzes": Quiz,
        "calendar_events": CalendarEvent,
        "module_items": ModuleItem,
        "lti_resource_links": LtiResourceLink,
    }
    if not world.settings.newer_keys:
        del kinds["lti_resource_links"]  # a Canvas of June 2023 does not have the routes
    found = [
        Place(course_id=str(COURSE), place_type=name, place_id=str(row.id), title=row.title, url=row.path)
        for name, kind in kinds.items()
        for row in world.live(kind, COURSE)
        if not getattr(row, "quiz_id", None)
    ]
    return [*found, Place(course_id=str(COURSE), place_type="syllabus", place_id=str(COURSE), title="Syllabus")]


def shown_texts(canvas: Settings, places: Sequence[Place]) -> dict[tuple[str, str, str], dict[str, str]]:
    """Return the texts of places as the API shows them."""
    with closing(CanvasClient(canvas)) as client:
        return {place.key: dict(Content(client, client).read(place).texts) for place in places}


def right(url: str) -> str:
    """Return the right address of a stale one."""
    return url.replace("/courses/1/", "/courses/7/")


def stale_addresses(field: str, text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the number, the attribute and the address of each stale link of a text."""
    if field not in HTML_FIELDS:
        if "/courses/1/" in text:
            yield 0, "", text
        return
    for number, address in enumerate(scan(text)):
        if "/courses/1/" in address.url and "elsewhere" not in address.url and address.attribute != "data-api-endpoint":
            yield number, address.attribute, address.url


def record_stale_links(engine: sa.engine.Engine, canvas: Settings, places: Sequence[Place]) -> int:
    """Write the rows that a reconciliation of the course would write; return how many."""
    table, now = stale_link("canvas_stale_link", None), datetime.now(UTC)
    table.create(engine, checkfirst=True)
    rows = [
        {
            "canvas_instance": canvas.host,
            "dest_course_id": place.course_id,
            "place_type": place.place_type,
            "place_id": place.place_id,
            "field": field,
            "ordinal": number,
            "source_course_id": str(SOURCE),
            "content_migration_id": "90",
            "batch": BATCH,
            "place_title": place.title,
            "place_url": place.url,
            "attribute": attribute,
            "url": url,
            "right_url": right(url),
            "problem": "points_to_source",
            "detail": "It leads to the source.",
            "link_kind": "page",
            "format_version": 1,
            "run_id": "r",
            "first_seen_at": now,
            "changed_at": now,
        }
        for place in places
        for field, text in shown_texts(canvas, [place])[place.key].items()
        for number, attribute, url in stale_addresses(field, text)
    ]
    with engine.begin() as connection:
        connection.execute(sa.insert(table), rows)
    return len(rows)


class MemoryBackups:
    """Backups that outlive the process that wrote them. A backup is never replaced by another one.

    :param documents: The documents by URI.
    """

    def __init__(self, documents: dict[str, str] | None = None) -> None:
        self.documents = {} if documents is None else documents

    def write(self, backup: Backup) -> str:
        """Write a backup."""
        uri = f"memory://{backup.run_id}/{backup.name}"
        text = backup.as_json()
        if uri in self.documents:
            earlier = Backup.parse(self.documents[uri], uri)
            assert (earlier.before, earlier.after) == (backup.before, backup.after)
        self.documents[uri] = text
        return uri

    def read(self, uri: str) -> Backup:
        """Return a backup."""
        return Backup.parse(self.documents[uri], uri)

    def list(self, path: str) -> Iterator[str]:
        """Yield all URIs below a path."""
        return (uri for uri in self.documents if uri.startswith(path))


def run_repair(
    engine: sa.engine.Engine,
    canvas: Settings,
    backups: MemoryBackups,
    *,
    run_id: str = "run 1",
    dry_run: bool = False,
    undo: str | None = None,
    place_types: Collection[str] = PLACE_TYPES,
    **options: Any,
) -> dict[str, int]:
    """Run a repair, or an undo, and return the number of changes by state."""
    reader = options.pop("client", None) or CanvasClient(canvas, RetryPolicy(retry_for=0))
    log = options.pop("log", None) or RepairLog(engine, canvas_instance=canvas.host, run_id=run_id)
    RepairLog.create_table(log)
    selection = Selection(batch=BATCH, place_types=place_types)
    with closing(reader):
        repair = LinkRepair(
            canvas=reader,
            writer=reader,
            host=canvas.host,
            log=log,
            backups=backups,
            dry_run=dry_run,
            threads=options.pop("threads", 1),
            sleep=lambda _: None,
            **options,
        )
        if undo is not None:
            uris = log.undoable(selection, undo) if "/" not in undo else list(backups.list(undo))
            lines = repair.undo(uris, backups)
        else:
            places = read_places(engine, canvas.host, selection, link_table="canvas_stale_link", schema=None)
            lines = repair.repair(places, selection)
    counts: dict[str, int] = {}
    for line in lines:
        counts[str(line.state)] = counts.get(str(line.state), 0) + 1
    return counts


def puts(world: World) -> int:
    """Return how many PUT requests there were."""
    with world.lock:
        return world.counters.requests("PUT")

"""Running the recorded jobs on the emulator: the same requests, and a poll of everything after each small step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import requests
from canvas_emulator.model.content import Page
from canvas_emulator.model.course import Course
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.faults import Defect, ImportDefect
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds import small
from canvas_emulator.seeds.full_course import fill
from canvas_emulator.seeds.small import ADMIN, DESTINATION, OTHER, SOURCE

from tests.contract.time_lines import Poll
from tests.support.recordings import FOLDER

STEP = 0.25
"""Seconds between two polls."""
LONG = 28.0
"""Seconds after which every job has ended."""
PATIENCE = 20.0
"""Real seconds to wait for a download, which has a thread of its own."""

EMPTY = OTHER
"""A course without content."""
PACKAGED = 44
"""A course with two pages: that of the packages."""
COPY = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}
EMPTY_COPY = {"migration_type": "course_copy_importer", "settings": {"source_course_id": EMPTY}}
MIGRATIONS = f"/api/v1/courses/{DESTINATION}/content_migrations"
SELECTION = {"copy": {"all_syllabus_body": "1", "all_wiki_pages": "1"}}
CANCELLED = {"message": "cancelled by the recorder"}

Run = Callable[["Emulator"], None]


def build(world: World) -> None:
    """Build a course of everything, one of whose files cannot be copied, one with a page, and two empty ones."""
    small.build(world)
    fill(world, SOURCE)
    world.faults.import_defects.append(ImportDefect("files", "a b.pdf", Defect.NOT_COPIED))
    world.tables.courses[PACKAGED] = Course(PACKAGED, "Packaged", "Packaged", 1, 1)
    for title in ("Alone", "Not copied"):
        world.add(Page(course_id=PACKAGED, title=title, body="<p>Text</p>"))
    world.faults.import_defects.append(ImportDefect("pages", "Not copied", Defect.NOT_COPIED))


def settings() -> Settings:
    """Return the settings of the recorded Canvas."""
    return Settings(edition=Edition.JUNE_2023)


class Emulator:
    """An emulator whose jobs are polled.

    :param world: Its world, with a clock that stands still.
    :param session: Sends the requests.
    :param url: Its URL.
    """

    def __init__(self, world: World, session: requests.Session, url: str) -> None:
        self.world, self._session, self.url = world, session, url
        self._urls: dict[str, str] = {}
        self.polls: list[Poll] = []

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a request, and return the JSON of the response."""
        url = path if path.startswith("http") else self.url + path
        headers = {"Authorization": f"Bearer {ADMIN}", "User-Agent": "time lines"}
        response = self._session.request(method, url, json=body, headers=headers, timeout=30, **options)
        response.raise_for_status()
        return response.json()

    def poll_too(self, name: str, path: str) -> None:
        """Poll a record from now on, and its Progress as soon as it has one."""
        self._urls[name] = path
        self.poll()

    def poll(self) -> None:
        """Poll all records, and keep what differs from the poll before."""
        for name, path in list(self._urls.items()):
            body = self.call("GET", path)
            last = next((poll.body for poll in reversed(self.polls) if poll.of == name), None)
            if body != last:
                self.polls.append(Poll(name, body))
            if isinstance(body, dict) and "progress_url" in body and f"{name}.progress" not in self._urls:
                self._urls[f"{name}.progress"] = body["progress_url"]

    def run(self, seconds: float = LONG, until: str | None = None) -> None:
        """Let time pass in small steps, and poll after each.

        :param seconds: How much time.
        :param until: Stop when the state of the record of this name has been ``running``.
        """
        for _ in range(round(seconds / STEP)):
            self.world.clock.advance(STEP)
            self.poll()
            if until is not None and self.last(until)["workflow_state"] == "running":
                return

    def last(self, name: str) -> Any:
        """Return what the last poll of a record saw."""
        return next(poll.body for poll in reversed(self.polls) if poll.of == name)

    def migrate(self, body: dict[str, Any], name: str = "migration") -> dict[str, Any]:
        """Start a migration, and poll it from now on."""
        migration: dict[str, Any] = self.call("POST", MIGRATIONS, body)
        self.poll_too(name, f"{MIGRATIONS}/{migration['id']}")
        return migration

    def upload(self, body: dict[str, Any], data: bytes) -> dict[str, Any]:
        """Start an import, and upload its file."""
        attachment = {"name": "package.imscc", "size": len(data)}
        migration = self.migrate({**body, "pre_attachment": attachment})
        target = migration["pre_attachment"]
        files = {target["file_param"]: ("package.imscc", data)}
        sent = self._session.post(
            target["upload_url"], data=target["upload_params"], files=files, allow_redirects=False, timeout=30
        )
        self.call("GET", sent.headers["location"])
        return migration

    def package(self) -> bytes:
        """Return an export of the course with two pages."""
        path = f"/api/v1/courses/{PACKAGED}/content_exports"
        export = self.call("POST", path, {"export_type": "common_cartridge"})
        self.world.clock.advance(LONG)
        url = self.call("GET", f"{path}/{export['id']}")["attachment"]["url"]
        return self._session.get(url, headers={"User-Agent": "time lines"}, timeout=30).content

    def cancel(self, body: dict[str, str] = CANCELLED) -> None:
        """Cancel the Progress of the migration."""
        self.call("POST", self.last("migration")["progress_url"] + "/cancel", body)


def copy(body: dict[str, Any]) -> Run:
    """Return a run of a course copy without further requests."""

    def run(emulator: Emulator) -> None:
        emulator.migrate(body)
        emulator.run()

    return run


def imported(migration_type: str, **body: Any) -> Run:
    """Return a run of the import of an export of this Canvas."""

    def run(emulator: Emulator) -> None:
        data = emulator.package()
        emulator.upload({"migration_type": migration_type, **body}, data)
        emulator.run()

    return run


def exported(export_type: str) -> Run:
    """Return a run of an export."""

    def run(emulator: Emulator) -> None:
        path = f"/api/v1/courses/{SOURCE}/content_exports"
        export = emulator.call("POST", path, {"export_type": export_type, "skip_notifications": True})
        emulator.poll_too("export", f"{path}/{export['id']}")
        emulator.run()

    return run


def batch(event: str, *course_ids: int) -> Run:
    """Return a run of a batch update."""

    def run(emulator: Emulator) -> None:
        body = {"course_ids": list(course_ids), "event": event}
        progress = emulator.call("PUT", "/api/v1/accounts/1/courses", body)
        emulator.poll_too("progress", f"/api/v1/progress/{progress['id']}")
        emulator.run()

    return run


def cancelled_at_once(emulator: Emulator) -> None:
    """Cancel the Progress of a copy while it is queued."""
    migration = emulator.call("POST", MIGRATIONS, COPY)
    emulator.call("POST", migration["progress_url"] + "/cancel", CANCELLED)
    emulator.poll_too("migration", f"{MIGRATIONS}/{migration['id']}")
    emulator.run()


def cancelled_while_running(emulator: Emulator) -> None:
    """Cancel the Progress of a copy while it is running."""
    emulator.migrate(COPY)
    emulator.run(until="migration.progress")
    emulator.cancel()
    emulator.run()


def cancelled_when_completed(emulator: Emulator) -> None:
    """Cancel the Progress of a copy that is completed."""
    emulator.migrate(EMPTY_COPY)
    emulator.run()
    emulator.cancel({"message": "too late"})
    emulator.poll()


def broken_package(emulator: Emulator) -> None:
    """Import a file that is no package."""
    emulator.upload({"migration_type": "common_cartridge_importer"}, b"garbage " * 90)
    emulator.run()


def queued_behind(emulator: Emulator) -> None:
    """Start two copies into the same course."""
    emulator.migrate(COPY, "first")
    emulator.migrate(COPY, "second")
    emulator.run(2 * LONG)


def deprecated_copy(emulator: Emulator) -> None:
    """Start a copy with the deprecated route, and poll it and its migration from now on."""
    path = f"/api/v1/courses/{DESTINATION}/course_copy"
    status = emulator.call("POST", path, {"source_course": SOURCE})
    emulator.poll_too("course_copy", f"{path}/{status['id']}")
    emulator.poll_too("migration", f"{MIGRATIONS}/{status['id']}")
    emulator.run()


def selective_copy(emulator: Emulator) -> None:
    """Start a copy that waits for a selection, and select."""
    migration = emulator.migrate({**COPY, "selective_import": True})
    emulator.run(2)
    emulator.call("PUT", f"{MIGRATIONS}/{migration['id']}", SELECTION)
    emulator.run()


def selected_page(emulator: Emulator) -> None:
    """Start a copy of one page that links to nothing."""
    page = next(page for page in emulator.world.live(Page, PACKAGED) if page.title == "Alone")
    emulator.migrate({**COPY, "settings": {"source_course_id": PACKAGED}, "select": {"pages": [page.id]}})
    emulator.run()


def selective_import(emulator: Emulator) -> None:
    """Import a package that waits for a selection, and select."""
    data = emulator.package()
    migration = emulator.upload({"migration_type": "common_cartridge_importer", "selective_import": True}, data)
    emulator.run()
    emulator.call("PUT", f"{MIGRATIONS}/{migration['id']}", SELECTION)
    emulator.run()


def never_uploaded(emulator: Emulator) -> None:
    """Announce a package, and do not upload it."""
    body = {"migration_type": "common_cartridge_importer", "pre_attachment": {"name": "package.imscc", "size": 1000}}
    emulator.migrate(body)
    emulator.run()


def not_run(emulator: Emulator) -> None:
    """Make a copy that does not run, then run it twice."""
    migration = emulator.migrate({**EMPTY_COPY, "do_not_run": True})
    emulator.run(2)
    for _ in range(2):
        emulator.call("PUT", f"{MIGRATIONS}/{migration['id']}")
        emulator.run()


def zip_file(emulator: Emulator) -> None:
    """Import a zip file into the root folder."""
    root = emulator.call("GET", f"/api/v1/courses/{DESTINATION}/folders/root")
    data = Path(FOLDER, "packages", "course-14-files.zip").read_bytes()
    emulator.upload({"migration_type": "zip_file_importer", "settings": {"folder_id": root["id"]}}, data)
    emulator.run()


def fetched_file(emulator: Emulator) -> None:
    """Upload a file from an address where there is none."""
    path = f"/api/v1/courses/{DESTINATION}/files"
    body = {"name": "robots.txt", "url": f"{emulator.url}/robots.txt"}
    progress = emulator.call("POST", path, body)["progress"]
    emulator.polls.append(Poll("progress", progress))
    emulator.poll_too("progress", f"/api/v1/progress/{progress['id']}")
    deadline = monotonic() + PATIENCE
    while emulator.last("progress")["workflow_state"] != "failed" and monotonic() < deadline:
        sleep(0.05)
        emulator.poll()


def synced(emulator: Emulator) -> None:
    """Sync a blueprint into a course."""
    emulator.call("PUT", f"/api/v1/courses/{SOURCE}", {"course": {"blueprint": True}})
    master = f"/api/v1/courses/{SOURCE}/blueprint_templates/default"
    emulator.call("PUT", f"{master}/update_associations", {"course_ids_to_add": [DESTINATION]})
    sync = emulator.call("POST", f"{master}/migrations", {"comment": "recorder", "copy_settings": True})
    emulator.poll_too("migration", f"{master}/migrations/{sync['id']}")
    emulator.poll_too("subscription", f"/api/v1/courses/{DESTINATION}/blueprint_subscriptions/default/migrations")
    emulator.run()


RUNS: dict[str, Run] = {
    "jobs.copy.empty": copy(EMPTY_COPY),
    "jobs.courses.batch_update": batch("offer", SOURCE, DESTINATION, OTHER),
    "jobs.courses.batch_update_unknown": batch("delete", DESTINATION, 987654321),
    "jobs.export.common_cartridge": exported("common_cartridge"),
    "jobs.copy.full": copy(COPY),
    "jobs.export.qti": exported("qti"),
    "jobs.export.zip": exported("zip"),
    "jobs.progress.cancel_at_once": cancelled_at_once,
    "jobs.import.broken": broken_package,
    "jobs.copy.queued_behind": queued_behind,
    "jobs.course_copy.deprecated": deprecated_copy,
    "jobs.copy.selective": selective_copy,
    "jobs.import.common_cartridge": imported("common_cartridge_importer"),
    "jobs.progress.cancel_running": cancelled_while_running,
    "jobs.progress.cancel_completed": cancelled_when_completed,
    "jobs.copy.select": selected_page,
    "jobs.import.canvas_cartridge": imported("canvas_cartridge_importer"),
    "jobs.import.common_cartridge_selective": selective_import,
    "jobs.files.upload_by_url": fetched_file,
    "jobs.import.never_uploaded": never_uploaded,
    "jobs.copy.do_not_run": not_run,
    "jobs.blueprint.sync": synced,
    "jobs.import.zip_file": zip_file,
    "jobs.copy.full_again": copy(COPY),
}
"""By the name of a recorded job, the same job on the emulator."""

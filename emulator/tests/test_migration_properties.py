"""No sequence of requests for migrations and uploads leads to an invalid state or loses a job."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from canvas_emulator.effects.folders import root_folder
from canvas_emulator.machines.content_migration import Reported
from canvas_emulator.model.content import MAPPED_KINDS
from canvas_emulator.model.contexts import of_course
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller
from tests.support.packaging import CARTRIDGE, PATH, cartridge, zipped
from tests.support.uploading import send

RESTING_STATES = {Reported.COMPLETED, Reported.FAILED, Reported.WAITING_FOR_SELECT}
OPTIONS: list[dict[str, Any]] = [
    {},
    {"selective_import": True},
    {"copy": {"all_wiki_pages": "1"}},
    {"copy": {"wiki_pages": {"id_unknown": "1"}}},
    {"migration_type": "course_copy_importer", "select": {"pages": ["301"]}},
    {"date_shift_options": {"remove_dates": "1"}},
]


def test_no_order_of_requests_breaks_a_migration(canvas: Caller, world: World) -> None:
    """In any order of requests, every state has a reported one, every job ends, and mappings are valid."""

    class Requests(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            world.reset()
            world.settings.throttle = False
            self.package = cartridge(canvas, world, "One", "Two")
            self.folder_id = root_folder(world, of_course(DESTINATION)).id
            self.targets: list[tuple[dict[str, Any], bytes]] = []
            self.locations: list[str] = []
            self.unqueued: set[int] = set()

        @rule(options=st.sampled_from(OPTIONS), do_not_run=st.booleans())
        def copy(self, options: dict[str, Any], do_not_run: bool) -> None:
            body = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}} | options
            self._send("POST", PATH, body | {"do_not_run": do_not_run})

        @rule(options=st.sampled_from(OPTIONS), mode=st.sampled_from(list(StorageMode)))
        def upload_cartridge(self, options: dict[str, Any], mode: StorageMode) -> None:
            world.settings.storage = mode
            body = options | {"migration_type": CARTRIDGE, "pre_attachment": {"name": "c.imscc"}}
            self._remember_target(self._send("POST", PATH, body), self.package)

        @rule(data=st.sampled_from([b"", zipped(a=b"a")]))
        def upload_zip(self, data: bytes) -> None:
            body = {"migration_type": "zip_file_importer", "settings": {"folder_id": self.folder_id}}
            self._remember_target(self._send("POST", PATH, body | {"pre_attachment": {"name": "a.zip"}}), data)

        @precondition(lambda self: self.targets)
        @rule(index=st.integers(0, 9), twice=st.booleans())
        def send_bytes(self, index: int, twice: bool) -> None:
            target, data = self.targets[index % len(self.targets)]
            for _ in range(1 + twice):
                response = send(target, data)
                assert response.status_code in (201, 302, 303, 400, 403)
                if response.status_code in (302, 303):
                    self.locations.append(response.headers["location"])

        @precondition(lambda self: self.locations)
        @rule(index=st.integers(0, 9))
        def confirm(self, index: int) -> None:
            assert canvas("GET", self.locations[index % len(self.locations)]).status_code in (200, 400)

        @precondition(lambda self: bool(world.migrations_of(DESTINATION)))
        @rule(index=st.integers(0, 9), options=st.sampled_from(OPTIONS), upload=st.booleans())
        def put(self, index: int, options: dict[str, Any], upload: bool) -> None:
            migrations = world.migrations_of(DESTINATION)
            body = options | ({"pre_attachment": {"name": "c.imscc"}} if upload else {})
            path = f"{PATH}/{migrations[index % len(migrations)].id}"
            self._remember_target(self._send("PUT", path, body), self.package)

        @precondition(lambda self: bool(world.tables.progress))
        @rule(index=st.integers(0, 9))
        def cancel(self, index: int) -> None:
            ids = list(world.tables.progress)
            assert canvas("POST", f"progress/{ids[index % len(ids)]}/cancel").status_code == 200

        @rule(seconds=st.sampled_from([0.5, 3, 10, 40, 1800, 3601, 4 * 3600]))
        def wait(self, seconds: float) -> None:
            world.clock.advance(seconds)

        @invariant()
        def every_migration_is_listed_in_a_known_state(self) -> None:
            rows = canvas.get(PATH, per_page=100)
            assert [row["id"] for row in rows] == [row.id for row in world.migrations_of(DESTINATION)][::-1]
            for row in rows:
                assert row["workflow_state"] in set(Reported)
                assert (row["workflow_state"] == Reported.COMPLETED) <= (row["finished_at"] is not None)

        @invariant()
        def every_mapping_leads_to_rows_of_the_destination(self) -> None:
            for row in canvas.get(PATH, per_page=100):
                response = canvas("GET", f"{PATH}/{row['id']}/asset_id_mapping")
                assert response.status_code in (200, 400)
                if response.status_code == 200:
                    self._check(response.json())

        def teardown(self) -> None:
            """Advance the clock by days: queued jobs end, and unfinished uploads time out when they are read."""
            for _ in range(12):
                world.clock.advance(4 * 3600)
                canvas.get(PATH, per_page=100)
            for row in canvas.get(PATH, per_page=100):
                assert row["workflow_state"] in RESTING_STATES or row["id"] in self.unqueued, row

        def _send(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
            response = canvas(method, path, json=body)
            assert response.status_code == 200, response.text
            migration = response.json()
            self.unqueued.discard(migration["id"])
            if body.get("do_not_run"):
                self.unqueued.add(migration["id"])
            return migration

        def _remember_target(self, migration: dict[str, Any], data: bytes) -> None:
            if "pre_attachment" in migration:
                self.targets.append((migration["pre_attachment"], data))

        def _check(self, mapping: dict[str, dict[str, str]]) -> None:
            kinds = {kind.KIND: kind for kind in MAPPED_KINDS}
            for name, pairs in mapping.items():
                for source, destination in pairs.items():
                    assert world.find(kinds[name], SOURCE, int(source)) is not None
                    assert world.find(kinds[name], DESTINATION, int(destination)) is not None

    checks = (HealthCheck.too_slow, HealthCheck.filter_too_much)
    run_state_machine_as_test(
        Requests,
        settings=settings(
            max_examples=20, stateful_step_count=15, deadline=None, suppress_health_check=checks, derandomize=True
        ),
    )

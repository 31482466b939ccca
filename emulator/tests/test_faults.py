"""Test faults of requests and of copies."""

from __future__ import annotations

import time

import pytest
import requests

from canvas_emulator.machines.content_migration import Fault
from canvas_emulator.model.content import Page
from canvas_emulator.model.faults import Action, Body, Faults, MigrationFault, Rule
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, SOURCE
from tests.support.caller import Caller

MIGRATIONS = f"courses/{DESTINATION}/content_migrations"
COURSE_COPY = {"migration_type": "course_copy_importer", "settings": {"source_course_id": SOURCE}}


class TestRules:
    """Rules that select requests."""

    def test_skip_and_times(self) -> None:
        """A rule skips requests, applies to its number of requests, and then ends."""
        faults = Faults(rules=[Rule("/progress/", skip=2, times=1)])
        hits = [faults.pick("GET", "/api/v1/progress/5") is not None for _ in range(5)]
        assert hits == [False, False, True, False, False]

    def test_unlimited_rule(self) -> None:
        """A rule with ``times`` null never ends."""
        faults = Faults(rules=[Rule("x", times=None)])
        assert all(faults.pick("GET", "/x") for _ in range(100))

    def test_rules_match_method_and_path(self) -> None:
        """A request with another method or path counts neither as skipped nor as a hit."""
        faults = Faults(rules=[Rule(r"/progress/\d+$", method="post")])
        assert faults.pick("GET", "/progress/5") is None
        assert faults.pick("POST", "/progress/5/cancel") is None
        assert faults.pick("POST", "/progress/5") is not None

    def test_first_matching_rule(self) -> None:
        """The first matching rule applies; when it has ended, the next one applies."""
        faults = Faults(rules=[Rule("x", status=500), Rule("x", status=503)])
        assert [rule.status for _ in range(2) if (rule := faults.pick("GET", "/x"))] == [500, 503]

    def test_probability(self) -> None:
        """The share of hits is the probability, and the same seed gives the same hits."""

        def hits(seed: int) -> list[bool]:
            faults = Faults(seed, rules=[Rule("x", times=None, probability=0.25)])
            return [faults.pick("GET", "/x") is not None for _ in range(1000)]

        assert hits(1) == hits(1) != hits(2)
        assert 200 < sum(hits(1)) < 300

    @pytest.mark.parametrize(
        "rule", [{"path": "("}, {"path": "x", "probability": 2}, {"path": "x", "action": "explode"}]
    )
    def test_invalid_rules(self, rule: dict[str, object]) -> None:
        """An invalid rule is refused."""
        with pytest.raises(ValueError, match=r"."):
            Rule(**rule)


class TestActions:
    """Effects of a rule on a request."""

    def test_response_of_a_rule(self, canvas: Caller, world: World) -> None:
        """A rule sends a load balancer's page or Canvas's own error once, and the request is not executed."""
        world.faults.rules += [Rule("users/self", body=Body.HTML), Rule("users/self", status=500)]
        html, error, well = (canvas("GET", "users/self") for _ in range(3))
        assert (html.status_code, html.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
        assert "X-Request-Cost" not in html.headers
        assert (error.status_code, error.json()["errors"][0]["error_code"]) == (500, "internal_server_error")
        assert well.status_code == 200

    @pytest.mark.edition("current")
    def test_throttled_response(self, canvas: Caller, world: World) -> None:
        """A rule can send a throttled response without a full bucket, in the current or the older format."""
        world.faults.rules.append(Rule("users/self", body=Body.THROTTLE, times=2))
        assert canvas("GET", "users/self").status_code == 429
        world.settings.legacy_throttle_403 = True
        assert canvas("GET", "users/self").text == "403 Forbidden (Rate Limit Exceeded)\n"

    def test_revoked_token(self, canvas: Caller, world: World) -> None:
        """A rule can refuse the token as Canvas refuses a revoked one."""
        world.faults.rules.append(Rule("users/self", body=Body.TOKEN))
        refused = canvas("GET", "users/self")
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="canvas-lms"'
        assert refused.json() == {"errors": [{"message": "Invalid access token."}]}

    def test_drop(self, canvas: Caller, world: World) -> None:
        """The connection closes without a response, and no migration is created."""
        world.faults.rules.append(Rule("content_migrations", Action.DROP, "POST"))
        with pytest.raises(requests.ConnectionError, match=r"RemoteDisconnected|ConnectionResetError"):
            canvas("POST", MIGRATIONS, json=COURSE_COPY)
        assert canvas.get(MIGRATIONS) == []

    def test_drop_after(self, canvas: Caller, world: World) -> None:
        """The connection closes without a response, and the migration is created."""
        world.faults.rules.append(Rule("content_migrations", Action.DROP_AFTER, "POST"))
        with pytest.raises(requests.ConnectionError, match=r"RemoteDisconnected|ConnectionResetError"):
            canvas("POST", MIGRATIONS, json=COURSE_COPY)
        assert [row["workflow_state"] for row in canvas.get(MIGRATIONS)] == ["running"]

    def test_truncate(self, canvas: Caller, world: World) -> None:
        """The body is shorter than its ``Content-Length``."""
        world.faults.rules.append(Rule("users/self", Action.TRUNCATE))
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            canvas("GET", "users/self")

    def test_session_reconnects_after_a_drop(self, canvas: Caller, world: World) -> None:
        """After a dropped connection the next request of the session opens a new one."""
        world.faults.rules.append(Rule("users/self", Action.DROP))
        with pytest.raises(requests.ConnectionError):
            canvas("GET", "users/self")
        assert canvas("GET", "users/self").status_code == 200

    def test_delay(self, canvas: Caller, world: World) -> None:
        """The response is delayed; a client that times out has not prevented the request."""
        world.faults.rules.append(Rule("users/self", Action.DELAY, seconds=0.2))
        started = time.monotonic()
        assert canvas("GET", "users/self").status_code == 200
        assert time.monotonic() - started >= 0.2

    def test_delay_after(self, canvas: Caller, world: World) -> None:
        """A client that times out finds the migration that its request created."""
        world.faults.rules.append(Rule("content_migrations", Action.DELAY_AFTER, "POST", seconds=5))
        url = f"{canvas.server.url}/api/v1/{MIGRATIONS}"
        with pytest.raises(requests.ReadTimeout):
            canvas.session.post(url, json=COURSE_COPY, timeout=0.3)
        assert len(canvas.get(MIGRATIONS)) == 1


class TestCopies:
    """Faults of copies."""

    @pytest.mark.edition("current")
    def test_failed_copy(self, canvas: Caller, world: World) -> None:
        """Migration and Progress fail, the percentage stays, and an issue has a report for admins."""
        world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=10))
        migration = canvas.copied()
        progress = canvas.progress(migration)
        assert (migration["workflow_state"], progress["workflow_state"]) == ("failed", "failed")
        assert (progress["completion"], progress["message"]) == (50.0, None)
        (issue,) = canvas.issues(migration)
        assert (issue["issue_type"], issue["description"]) == (
            "error",
            "There was an unexpected error, please contact support.",
        )
        assert issue["error_report_html_url"].startswith(f"{canvas.server.url}/error_reports/")
        assert migration["finished_at"] == "2026-05-04T09:00:14Z"

    def test_failure_keeps_imported_rows(self, canvas: Caller, world: World) -> None:
        """Rows that were imported before the failure are kept."""
        world.add(Page(course_id=SOURCE, title="Stays"))
        world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=14))
        assert canvas.copied()["workflow_state"] == "failed"
        assert [page.title for page in world.live(Page, DESTINATION)] == ["Stays"]

    def test_failure_with_a_running_progress(self, canvas: Caller, world: World) -> None:
        """The migration fails while its Progress stays ``running``."""
        world.faults.migrations.append(MigrationFault(Fault.HUNG_PROGRESS, stage=4))
        migration = canvas.copied()
        world.clock.advance(86400)
        assert migration["workflow_state"] == "failed"
        assert canvas.progress(migration)["workflow_state"] == "running"

    def test_stuck_copy(self, canvas: Caller, world: World) -> None:
        """A stuck job never changes again."""
        world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=4))
        migration = canvas.copied()
        world.clock.advance(7 * 86400)
        assert canvas.migration(migration["id"])["workflow_state"] == "pre_processing"
        assert canvas.progress(migration)["completion"] == 20.0

    def test_slow_copy(self, canvas: Caller, world: World) -> None:
        """A slow copy takes ``factor`` times as long, and completes."""
        world.faults.migrations.append(MigrationFault(Fault.SLOW, factor=10))
        migration = canvas.copied()
        assert migration["workflow_state"] == "pre_processing"
        world.clock.advance(225)
        assert canvas.progress(migration)["workflow_state"] == "completed"

    def test_fault_of_the_next_copy_only(self, canvas: Caller, world: World) -> None:
        """A fault applies to one copy; if the migration is run again, it completes."""
        world.faults.migrations.append(MigrationFault(Fault.FAILS))
        migration = canvas.copied()
        assert migration["workflow_state"] == "failed"
        canvas("PUT", f"{MIGRATIONS}/{migration['id']}")
        world.clock.advance(25)
        assert canvas.migration(migration["id"])["workflow_state"] == "completed"
        assert canvas.issues(migration) == []

    @pytest.mark.parametrize("fault", [{"stage": 16}, {"stage": -1}, {"factor": 0}])
    def test_invalid_faults(self, fault: dict[str, int]) -> None:
        """A stage that the plan does not have, and a factor of 0, are refused."""
        with pytest.raises(ValueError, match="not"):
            MigrationFault(Fault.SLOW, **fault)

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
    def test_hit_as_often_as_they_say(self) -> None:
        """A rule lets pass what it skips, hits its number of times, and is over."""
        faults = Faults(rules=[Rule("/progress/", skip=2, times=1)])
        hits = [faults.pick("GET", "/api/v1/progress/5") is not None for _ in range(5)]
        assert hits == [False, False, True, False, False]

    def test_may_hit_for_ever(self) -> None:
        """Without a number a rule never ends."""
        faults = Faults(rules=[Rule("x", times=None)])
        assert all(faults.pick("GET", "/x") for _ in range(100))

    def test_rules_match_method_and_path(self) -> None:
        """Other methods and paths pass, and do not count as skipped or hit."""
        faults = Faults(rules=[Rule(r"/progress/\d+$", method="post")])
        assert faults.pick("GET", "/progress/5") is None
        assert faults.pick("POST", "/progress/5/cancel") is None
        assert faults.pick("POST", "/progress/5") is not None

    def test_the_first_that_hits_counts(self) -> None:
        """When the first rule is used up the next one has its turn."""
        faults = Faults(rules=[Rule("x", status=500), Rule("x", status=503)])
        assert [rule.status for _ in range(2) if (rule := faults.pick("GET", "/x"))] == [500, 503]

    def test_draw_lots_with_a_seed(self) -> None:
        """The share of hits is the probability, and the same seed draws the same lots."""

        def draws(seed: int) -> list[bool]:
            faults = Faults(seed, rules=[Rule("x", times=None, probability=0.25)])
            return [faults.pick("GET", "/x") is not None for _ in range(1000)]

        assert draws(1) == draws(1) != draws(2)
        assert 200 < sum(draws(1)) < 300

    @pytest.mark.parametrize(
        "rule", [{"path": "("}, {"path": "x", "probability": 2}, {"path": "x", "action": "explode"}]
    )
    def test_refuse_nonsense(self, rule: dict[str, object]) -> None:
        """A rule that cannot work is refused when it is made."""
        with pytest.raises(ValueError, match=r"."):
            Rule(**rule)


class TestOnTheWay:
    def test_an_answer_in_canvas_place(self, canvas: Caller, world: World) -> None:
        """A gateway's page or Canvas's own error comes instead, once, and Canvas sees nothing of the request."""
        world.faults.rules += [Rule("users/self", body=Body.HTML), Rule("users/self", status=500)]
        html, error, well = (canvas("GET", "users/self") for _ in range(3))
        assert (html.status_code, html.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
        assert "X-Request-Cost" not in html.headers
        assert (error.status_code, error.json()["errors"][0]["error_code"]) == (500, "internal_server_error")
        assert well.status_code == 200

    def test_a_throttled_answer(self, canvas: Caller, world: World) -> None:
        """A rule can throttle a request without a full bucket, in today's form or in that of older servers."""
        world.faults.rules.append(Rule("users/self", body=Body.THROTTLE, times=2))
        assert canvas("GET", "users/self").status_code == 429
        world.settings.legacy_throttle_403 = True
        assert canvas("GET", "users/self").text == "403 Forbidden (Rate Limit Exceeded)\n"

    def test_a_dropped_request_is_not_executed(self, canvas: Caller, world: World) -> None:
        """The connection closes without a response, and there is no migration."""
        world.faults.rules.append(Rule("content_migrations", Action.DROP, "POST"))
        with pytest.raises(requests.ConnectionError, match="RemoteDisconnected"):
            canvas("POST", MIGRATIONS, json=COURSE_COPY)
        assert canvas.get(MIGRATIONS) == []

    def test_a_dropped_answer_was_executed(self, canvas: Caller, world: World) -> None:
        """The connection closes without a response, and there is a migration all the same."""
        world.faults.rules.append(Rule("content_migrations", Action.DROP_AFTER, "POST"))
        with pytest.raises(requests.ConnectionError, match="RemoteDisconnected"):
            canvas("POST", MIGRATIONS, json=COURSE_COPY)
        assert [row["workflow_state"] for row in canvas.get(MIGRATIONS)] == ["running"]

    def test_a_truncated_answer(self, canvas: Caller, world: World) -> None:
        """The head announces more than comes."""
        world.faults.rules.append(Rule("users/self", Action.TRUNCATE))
        with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
            canvas("GET", "users/self")

    def test_a_dropped_connection_is_the_only_one(self, canvas: Caller, world: World) -> None:
        """Other connections live on, and the next request of the same session makes a new one."""
        world.faults.rules.append(Rule("users/self", Action.DROP))
        with pytest.raises(requests.ConnectionError):
            canvas("GET", "users/self")
        assert canvas("GET", "users/self").status_code == 200

    def test_a_delay_before(self, canvas: Caller, world: World) -> None:
        """The response takes as long as the delay, and a client that does not wait has caused it all the same."""
        world.faults.rules.append(Rule("users/self", Action.DELAY, seconds=0.2))
        started = time.monotonic()
        assert canvas("GET", "users/self").status_code == 200
        assert time.monotonic() - started >= 0.2

    def test_an_answer_held_back_was_executed(self, canvas: Caller, world: World) -> None:
        """A client that gives up waiting finds the migration that it started."""
        world.faults.rules.append(Rule("content_migrations", Action.DELAY_AFTER, "POST", seconds=5))
        url = f"{canvas.server.url}/api/v1/{MIGRATIONS}"
        with pytest.raises(requests.ReadTimeout):
            canvas.session.post(url, json=COURSE_COPY, timeout=0.3)
        assert len(canvas.get(MIGRATIONS)) == 1


class TestCopies:
    def test_a_normal_failure(self, canvas: Caller, world: World) -> None:
        """Migration and Progress fail, an issue says so to all and why to admins, and the percentage stays."""
        world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=11))
        migration = canvas.copied()
        progress = canvas.progress(migration)
        assert (migration["workflow_state"], progress["workflow_state"]) == ("failed", "failed")
        assert (progress["completion"], progress["message"]) == (60.0, None)
        (issue,) = canvas.issues(migration)
        assert (issue["issue_type"], issue["description"]) == (
            "error",
            "There was an unexpected error, please contact support.",
        )
        assert issue["error_message"]
        assert migration["finished_at"] == "2026-05-04T09:00:16Z"

    def test_a_failure_rolls_nothing_back(self, canvas: Caller, world: World) -> None:
        """What was imported before the failure stays."""
        world.add(Page(course_id=SOURCE, title="Stays"))
        world.faults.migrations.append(MigrationFault(Fault.FAILS, stage=13))
        assert canvas.copied()["workflow_state"] == "failed"
        assert [page.title for page in world.live(Page, DESTINATION)] == ["Stays"]

    def test_a_failure_that_its_progress_does_not_hear_of(self, canvas: Caller, world: World) -> None:
        """The migration fails while its Progress stays ``running``."""
        world.faults.migrations.append(MigrationFault(Fault.HUNG_PROGRESS, stage=4))
        migration = canvas.copied()
        world.clock.advance(86400)
        assert migration["workflow_state"] == "failed"
        assert canvas.progress(migration)["workflow_state"] == "running"

    def test_one_that_is_stuck(self, canvas: Caller, world: World) -> None:
        """A stuck job never changes again."""
        world.faults.migrations.append(MigrationFault(Fault.STUCK, stage=4))
        migration = canvas.copied()
        world.clock.advance(7 * 86400)
        assert canvas.migration(migration["id"])["workflow_state"] == "pre_processing"
        assert canvas.progress(migration)["completion"] == 31.0

    def test_one_that_is_slow(self, canvas: Caller, world: World) -> None:
        """A slow copy takes its factor longer, and completes."""
        world.faults.migrations.append(MigrationFault(Fault.SLOW, factor=10))
        migration = canvas.copied()
        assert migration["workflow_state"] == "pre_processing"
        world.clock.advance(225)
        assert canvas.progress(migration)["workflow_state"] == "completed"

    def test_only_the_next_one(self, canvas: Caller, world: World) -> None:
        """A fault is of one copy; run again, the same migration completes."""
        world.faults.migrations.append(MigrationFault(Fault.FAILS))
        migration = canvas.copied()
        assert migration["workflow_state"] == "failed"
        canvas("PUT", f"{MIGRATIONS}/{migration['id']}")
        world.clock.advance(25)
        assert canvas.migration(migration["id"])["workflow_state"] == "completed"
        assert canvas.issues(migration) == []

    @pytest.mark.parametrize("fault", [{"stage": 16}, {"stage": -1}, {"factor": 0}])
    def test_refuse_nonsense(self, fault: dict[str, int]) -> None:
        """A stage that the plan does not have, and a factor of 0, are refused."""
        with pytest.raises(ValueError, match="not"):
            MigrationFault(Fault.SLOW, **fault)

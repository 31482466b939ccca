"""New Quizzes and Canvas's link validation as further listings, read from the emulator."""

from __future__ import annotations

from typing import Any

import pytest
from canvas_emulator.effects.new_quizzes import open_new_quizzes
from canvas_emulator.model.content import Assignment
from canvas_emulator.model.content_assignments import NewQuizItem
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.world import World
from canvas_emulator.server import EmulatorServer

from airflow_provider_canvas.client.courses.course_listings import fetch_listings
from airflow_provider_canvas.client.courses.link_validation import validate_links
from airflow_provider_canvas.client.errors import CanvasJobTimeoutError, CanvasUnexpectedResponseError
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client
from airflow_provider_canvas.client.transports.requests_client import CanvasClient
from airflow_provider_canvas.reconciliation import AssetMap, AssetRow, Inventory, classify
from airflow_provider_canvas.reconciliation.unmapped import NEW_QUIZ_LISTINGS, with_new_quizzes

SOURCE, COPY = 1010, 2001
QUIZ = r"/api/quiz/v1/courses/2001/quizzes/\d+"


@pytest.fixture
def settings(emulator: EmulatorServer) -> Settings:
    """Return the settings of a client that does not retry."""
    return Settings(emulator.url, emulator.token, retry_for=0)


def listings(settings: Settings, course_id: int, *names: str) -> dict[str, list[Any]]:
    """Read a course with further listings."""
    return dict(run_with_client(settings, lambda canvas: fetch_listings(canvas, course_id, also=names)))


def reconcile_quiz(settings: Settings, mapping: Any) -> AssetRow:
    """Return the row of the New Quiz, with its verdict."""
    source, copy = (listings(settings, course_id, *NEW_QUIZ_LISTINGS) for course_id in (SOURCE, COPY))
    inventories = [Inventory.parse({"id": number}, side) for number, side in ((SOURCE, source), (COPY, copy))]
    rows = classify(inventories[0], inventories[1], AssetMap.parse(mapping))
    (row,) = (
        row for row in with_new_quizzes(rows, source, copy) if row.asset_type == "assignments" and "New" in row.title
    )
    return row


def copy_with(settings: Settings, world: World, mode: str) -> Any:
    """Copy the source, whose New Quiz has two items, and return the mapping."""
    world.settings.change({"new_quizzes": mode, "quiz_duplication_seconds": 0.0})
    for row in world.live(Assignment, SOURCE):
        if row.is_new_quiz:
            row.new_quiz_items = (NewQuizItem("A", ""), NewQuizItem("B", ""))
    with CanvasClient(settings) as canvas:
        migration = canvas.content_migrations.create(
            course_id=COPY, migration_type="course_copy_importer", settings={"source_course_id": SOURCE}
        )
        with world.lock:
            world.clock.advance(3600 * 4 if mode == "failed" else 600)
            world.settle()
        return canvas.content_migrations.asset_id_mapping(course_id=COPY, content_migration_id=migration["id"])


@pytest.mark.parametrize(
    ("mode", "status", "detail"),
    [
        ("ok", "matched", "New Quiz usable: 2 items"),
        ("needs_opening", "pending_quiz", "needs opening: "),
        ("stuck", "pending_quiz", "is in the state duplicating"),
        ("failed", "failed_quiz", "is in the state failed_to_duplicate"),
        pytest.param(
            "absent",
            "matched",
            "New Quiz not checked: the API of New Quizzes",
            marks=pytest.mark.edition("current"),  # without New Quizzes, the older edition has none in its listings
        ),
    ],
)
def test_what_became_of_a_new_quiz(settings: Settings, world: World, mode: str, status: str, detail: str) -> None:
    """The row says whether the quiz can be used, has to be opened, is being built, failed, or is unknown."""
    mapping = copy_with(settings, world, mode)
    row = reconcile_quiz(settings, mapping)
    assert (str(row.status), detail in row.detail) == (status, True), row.detail
    if mode == "needs_opening":
        open_new_quizzes(world, COPY)
        assert reconcile_quiz(settings, mapping).detail == "New Quiz usable: 2 items"


@pytest.mark.parametrize(
    ("path", "code", "status", "detail"),
    [
        (QUIZ + "$", 500, "pending_quiz", "needs opening: "),
        (QUIZ + "/items", 404, "pending_quiz", "needs opening: "),
        (QUIZ + "$", 401, "matched", "New Quiz not checked: the token's user may not read it"),
        (QUIZ + "$", 403, "matched", "New Quiz not checked: the token's user may not read it"),
        (QUIZ + "$", 422, "matched", "New Quiz not checked: the API of New Quizzes responded with"),
        (r"/api/quiz/v1/courses/2001/quizzes$", 401, "matched", "New Quiz not checked: the API of New Quizzes"),
        (r"/api/quiz/v1/courses/2001/quizzes$", 403, "matched", "New Quiz not checked: the API of New Quizzes"),
        (r"/api/quiz/v1/courses/2001/quizzes$", 404, "matched", "New Quiz not checked: the API of New Quizzes"),
        (r"/api/quiz/v1/courses/2001/quizzes$", 500, "matched", "New Quiz not checked: the API of New Quizzes"),
        (r"/api/quiz/v1/courses/1010/quizzes$", 403, "matched", "New Quiz usable: 2 items"),
    ],
)
def test_errors_of_the_quiz_api(  # noqa: PLR0917
    settings: Settings, world: World, path: str, code: int, status: str, detail: str
) -> None:
    """No response of the service of New Quizzes is an error of the reconciliation."""
    mapping = copy_with(settings, world, "ok")
    world.faults.rules.append(Rule(path=path, status=code, times=None))
    row = reconcile_quiz(settings, mapping)
    assert (str(row.status), row.detail[: len(detail)]) == (status, detail)


def test_a_course_without_new_quizzes(settings: Settings, world: World) -> None:
    """Nothing is requested of the service of New Quizzes."""
    read = listings(settings, COPY, *NEW_QUIZ_LISTINGS)
    assert (read["new_quizzes"], read["unreadable"]) == ([], [])
    assert not any("/quiz/v1/" in request.path for request in world.requests)


class TestLinkValidation:
    def test_issues(self, settings: Settings, world: World) -> None:
        """A validation is started, waited for, and its issues are returned; a second run has its own."""
        world.settings.change({"link_validation_seconds": 0.0})
        for _ in range(2):
            read = listings(settings, SOURCE, "link_validation")
            assert read["unreadable"] == []
            assert {"name", "type", "content_url", "invalid_links"} <= set(read["link_validation"][0])
            world.clock.advance(2)  # the time of its end is in seconds
        assert sum(request.method == "POST" for request in world.requests) == 2

    def test_a_run_of_another_user_is_waited_for(self, settings: Settings, world: World) -> None:
        """A validation that is running is not taken for one's own: another one is started after it."""
        world.settings.change({"link_validation_seconds": 0.3})
        with CanvasClient(settings) as canvas:
            canvas.link_validation.start(course_id=SOURCE)
        assert run_with_client(settings, lambda canvas: validate_links(canvas, SOURCE))
        requests = [request.method for request in world.requests if request.path.endswith("/link_validation")]
        assert requests[0] == "POST"
        assert "POST" in requests[2:]

    def test_one_that_fails(self, settings: Settings, world: World) -> None:
        """A failed validation is unknown, and its error says where to look."""
        world.settings.change({"link_validation_seconds": 0.0, "link_validation_fails": True})
        assert listings(settings, SOURCE, "link_validation")["unreadable"] == ["link_validation"]
        world.clock.advance(1)
        with pytest.raises(CanvasUnexpectedResponseError, match=f"course {SOURCE} ended without results"):
            run_with_client(settings, lambda canvas: validate_links(canvas, SOURCE))

    def test_one_that_does_not_end(self, settings: Settings, world: World) -> None:
        """After the time limit it is given up."""
        world.settings.change({"link_validation_seconds": 600.0})
        with pytest.raises(CanvasJobTimeoutError, match=f"course {SOURCE} did not end in 0 s"):
            run_with_client(settings, lambda canvas: validate_links(canvas, SOURCE, within=0.2))

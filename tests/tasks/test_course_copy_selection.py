"""``CanvasCourseCopyOperator`` compares what arrived with what ``select`` names."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowFailException
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    Content,
    DiscussionTopic,
    File,
    Module,
    Page,
    Quiz,
)
from canvas_emulator.model.faults import Defect, ImportDefect, Rule
from canvas_emulator.model.world import World

from airflow_provider_canvas.operators.course_copy import CanvasCourseCopyOperator
from airflow_provider_canvas.operators.legacy_course_copy import CanvasLegacyCourseCopyOperator
from airflow_provider_canvas.operators.selected_content import MAX_IDS, describe_ids, ids_that_did_not_arrive
from tests.support.task_attempt import Attempt

UNKNOWN = 987654321
SOURCE, DESTINATION = 1010, 2001

KINDS: dict[str, type[Content]] = {
    "announcements": Announcement,
    "assignments": Assignment,
    "attachments": File,
    "discussion_topics": DiscussionTopic,
    "files": File,
    "modules": Module,
    "pages": Page,
    "quizzes": Quiz,
}


def copy(select: Any, **arguments: Any) -> dict[str, Any]:
    """Copy what is selected into an empty course, and return the task's result."""
    task = CanvasCourseCopyOperator(
        **{
            "task_id": "copy",
            "source_course_id": SOURCE,
            "destination_course_id": DESTINATION,
            "deferrable": False,
            "poll_interval": 0.2,
            "fail_on_issues": None,
            "select": select,
            **arguments,
        }
    )
    result: dict[str, Any] = task.execute(Attempt().context(task))
    return result


@pytest.mark.parametrize("asset_type", KINDS)
def test_ids_that_the_source_does_not_have(
    connection: str, world: World, asset_type: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are in the result and in a warning, and what the source has is not."""
    first = next(world.rows(KINDS[asset_type], SOURCE)).id
    assert copy({asset_type: [first, UNKNOWN]})["missing"] == {asset_type: [str(UNKNOWN)]}
    text = capsys.readouterr().out
    assert f"select names what did not arrive: {asset_type} {UNKNOWN}. Course {SOURCE} does not have it" in text


def test_nothing_is_missing(connection: str, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is warned of if all arrived; one request tells."""
    page = world.live(Page, SOURCE)[0]
    assert copy({"pages": [str(page.id)]})["missing"] == {}
    assert "did not arrive" not in capsys.readouterr().out
    assert len([request for request in world.requests if request.path.endswith("asset_id_mapping")]) == 1


def test_copy_of_everything(connection: str, world: World) -> None:
    """It names nothing, so nothing is compared or requested."""
    assert "missing" not in copy(None)
    assert not [request for request in world.requests if request.path.endswith("asset_id_mapping")]


@pytest.mark.parametrize(
    "select", [{"pages": [UNKNOWN]}, {"pages": [], "files": [UNKNOWN]}, f"{{'pages': [{UNKNOWN}]}}"]
)
def test_failure_where_asked_to(connection: str, select: Any) -> None:
    """With ``if_missing="fail"`` the task fails without a retry, and names what did not arrive."""
    with pytest.raises(AirflowFailException, match=f"did not arrive: (pages|files) {UNKNOWN}"):
        copy(select, if_missing="fail")


def test_asset_that_could_not_be_imported(connection: str, world: World) -> None:
    """It did not arrive either."""
    page = world.live(Page, SOURCE)[0]
    world.faults.import_defects.append(ImportDefect("pages", page.title, Defect.NOT_COPIED))
    assert copy({"pages": [page.id]})["missing"] == {"pages": [str(page.id)]}


@pytest.mark.parametrize("status", [400, 403, 404])
def test_mapping_that_canvas_does_not_give(connection: str, world: World, status: int) -> None:
    """If Canvas does not tell what arrived, the copy succeeds all the same."""
    world.faults.rules.append(Rule("/asset_id_mapping$", status=status))
    assert "missing" not in copy({"pages": [UNKNOWN]}, if_missing="fail")


def test_legacy_copy() -> None:
    """The deprecated endpoint selects no single items, and refuses the parameter."""
    with pytest.raises(ValueError, match="does not support if_missing"):
        CanvasLegacyCourseCopyOperator(
            task_id="copy", source_course_id=SOURCE, destination_course_id=DESTINATION, if_missing="fail"
        )


@pytest.mark.parametrize(
    ("select", "missing"),
    [
        ({"pages": [1, "2", 3]}, {"pages": ["3"]}),
        ({"attachments": [7], "files": ["8"]}, {"files": ["8"]}),
        ({"module_items": [1], "folders": [1], "calendar_events": [1], "rubrics": [1]}, {}),
        ({"pages": ["1~23"]}, {}),
        ({"quizzes": [5, 5]}, {"quizzes": ["5"]}),
        ({}, {}),
    ],
)
def test_ids_that_are_not_in_the_mapping(select: Any, missing: dict[str, list[str]]) -> None:
    """Types that the mapping does not have, and ids of other shards, cannot be told."""
    described = {f"g{'0' * 32}": {"source": {"id": "2"}, "destination": {"id": "12"}}}
    mapping: dict[str, dict[str, Any]] = {"pages": {"1": 11, **described}, "files": {"7": "17"}}
    assert ids_that_did_not_arrive(select, mapping) == missing


def test_many_ids() -> None:
    """A message names the first ids of each type, and the number of the others."""
    ids = [str(number) for number in range(1, MAX_IDS + 6)]
    assert describe_ids({"pages": ids}).endswith(f"{MAX_IDS} and 5 more")
    assert describe_ids({"pages": ["1", "2"], "files": ["3"]}) == "pages 1, 2 and files 3"

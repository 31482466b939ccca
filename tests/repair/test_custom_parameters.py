"""The custom parameters of an LTI resource link, which Canvas replaces together and takes only as text."""

from __future__ import annotations

from typing import Any

import pytest
from canvas_emulator.model.content import LtiResourceLink

from tests.repair.conftest import Start
from tests.support.stale_course import COURSE, MemoryBackups, puts, run_repair


@pytest.mark.parametrize(
    ("value", "sent"), [("", ""), ("None", "None"), (5, "5"), (0, "0"), (1.5, "1.5"), (True, "true"), (False, "false")]
)
@pytest.mark.edition("current")
def test_numbers_are_sent_as_text(start: Start, value: Any, sent: str) -> None:
    """The links are repaired, and a parameter beside them is the text that the tool gets of it."""
    engine, canvas, world = start(types=["lti_resource_links"])
    (link,) = world.live(LtiResourceLink, COURSE)
    link.custom = {**(link.custom or {}), "beside": value}
    backups = MemoryBackups()
    assert run_repair(engine, canvas, backups) == {"repaired": 2}
    assert link.custom == {"course": "/courses/7/", "kept": "as is", "beside": sent}
    assert run_repair(engine, canvas, backups, run_id="run 2", undo="run 1") == {"undone": 2}
    assert link.custom == {"course": "/courses/1/", "kept": "as is", "beside": sent}
    engine.dispose()


@pytest.mark.parametrize("value", [None, {"a": "1"}, {}, [], [1, "2"]])
@pytest.mark.edition("current")
def test_other_values_are_never_made_text(start: Start, value: Any) -> None:
    """Canvas does not take a nested parameter, so the parameters stay as they are, and the URL is repaired."""
    engine, canvas, world = start(types=["lti_resource_links"])
    (link,) = world.live(LtiResourceLink, COURSE)
    link.custom = custom = {**(link.custom or {}), "beside": value}
    assert run_repair(engine, canvas, MemoryBackups()) == {"repaired": 1, "skipped_unsupported": 1}
    assert link.custom == custom
    assert link.url == "https://tool.example/courses/7/x"
    engine.dispose()


@pytest.mark.edition("current")
def test_an_undo_makes_no_text_of_a_value_that_was_added_since(start: Start) -> None:
    """The undo is skipped, and says why."""
    engine, canvas, world = start(types=["lti_resource_links"])
    (link,) = world.live(LtiResourceLink, COURSE)
    backups = MemoryBackups()
    run_repair(engine, canvas, backups)
    added: dict[str, Any] = {**(link.custom or {}), "beside": {"a": "1"}}
    link.custom = added
    made = puts(world)
    assert run_repair(engine, canvas, backups, run_id="run 2", undo="run 1") == {"skipped_unsupported": 2}
    assert (link.custom, puts(world)) == (added, made)
    engine.dispose()

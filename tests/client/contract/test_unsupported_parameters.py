"""Test that parameters which a Canvas does not support are noticed, on both editions and both transports."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.faults import Rule
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import MASTER_ID

from airflow_provider_canvas.api.unsupported_parameters import UNSUPPORTED
from airflow_provider_canvas.client import errors

Connect = Callable[..., Any]
Act = Callable[[Any], Any]

COURSE: dict[str, Any] = {"course_id": MASTER_ID}
PACKAGE = {"name": "a.imscc", "size": 3, "on_duplicate": "error"}

WITHOUT_EFFECT: dict[str, tuple[Act, str]] = {
    "bodies of pages": (
        lambda canvas: list(canvas.pages.list(**COURSE, include=["body"])),
        r"include='body' of GET courses/\d+/pages had no effect.*came after June 2023.*without their body",
    ),
    "post_manually of a course": (
        lambda canvas: canvas.courses.get(**COURSE, include=["term", "post_manually"]),
        r"include='post_manually' of GET courses/\d+ had no effect",
    ),
    "post_manually of courses": (
        lambda canvas: list(canvas.accounts.courses(account_id=1, include=["post_manually"])),
        r"include='post_manually' of GET accounts/1/courses had no effect",
    ),
    "avatars": (
        lambda canvas: list(canvas.courses.users(**COURSE, include=["avatar_url"])),
        r"include='avatar_url' of .*avatars and profiles is off",
    ),
    "profiles": (
        lambda canvas: list(canvas.courses.search_users(**COURSE, include=["bio"])),
        r"include='bio' of .*avatars and profiles is off",
    ),
    "settings that need a feature": (
        lambda canvas: canvas.courses.update_settings(
            **COURSE, allow_final_grade_override=True, hide_final_grades=True
        ),
        r"allow_final_grade_override of PUT courses/\d+/settings had no effect.*stays as it was",
    ),
}
"""Requests whose parameter the older edition ignores, and the warning."""

REFUSED: dict[str, tuple[Act, str]] = {
    "users by last login": (
        lambda canvas: list(canvas.courses.users(**COURSE, sort="last_login")),
        r"500 .*sort='last_login'\. This Canvas is older than the parameter, which came after June 2023",
    ),
    "an upload with on_duplicate=error": (
        lambda canvas: canvas.files.create(**COURSE, name="a.txt", size=1, on_duplicate="error"),
        r"400 .*on_duplicate='error'\. This Canvas is older than the parameter",
    ),
    "a package with on_duplicate=error": (
        lambda canvas: canvas.content_migrations.create(
            **COURSE, migration_type="common_cartridge_importer", pre_attachment=PACKAGE
        ),
        r"500 .*pre_attachment\[on_duplicate\]='error'\. This Canvas is older than the parameter",
    ),
}
"""Requests whose parameter the older edition refuses, and the error."""


def in_edition(world: World, edition: Edition) -> None:
    """Serve the demo courses as a Canvas of an edition does."""
    world.settings = Settings(edition=edition)
    world.enroll(next(iter(world.tables.users)), MASTER_ID, EnrollmentType.TEACHER)


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


@pytest.mark.parametrize(("act", "message"), WITHOUT_EFFECT.values(), ids=WITHOUT_EFFECT)
def test_parameter_without_effect(
    connect: Connect, world: World, act: Act, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A parameter that an older Canvas ignores is one warning, which names it and what Canvas did instead."""
    in_edition(world, Edition.JUNE_2023)
    act(connect())
    (warning,) = warnings_in(caplog)
    assert re.search(message, warning), warning


@pytest.mark.parametrize(("act", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_parameter(connect: Connect, world: World, act: Act, message: str) -> None:
    """A parameter that an older Canvas refuses is a permanent error, which says so, and is not retried."""
    in_edition(world, Edition.JUNE_2023)
    with pytest.raises(errors.CanvasValidationError, match=message) as failure:
        act(connect())
    assert failure.value.permanent
    assert len(world.requests) == 1


@pytest.mark.parametrize("act", [act for act, _ in (*WITHOUT_EFFECT.values(), *REFUSED.values())])
def test_supported_parameter(connect: Connect, world: World, act: Act, caplog: pytest.LogCaptureFixture) -> None:
    """A Canvas that supports all parameters gives no warning and no error."""
    in_edition(world, Edition.CURRENT)
    act(connect())
    assert not warnings_in(caplog)


def test_unknown_role(connect: Connect, world: World) -> None:
    """A role that does not exist, on which every Canvas fails, is an error that says so."""
    in_edition(world, Edition.CURRENT)
    with pytest.raises(errors.CanvasValidationError, match=r"enrollment_role_id\. Canvas fails on a role"):
        list(connect().courses.users(**COURSE, enrollment_role_id=999999))


@pytest.mark.parametrize("status", [502, 503])
def test_other_failures_of_the_same_request(connect: Connect, world: World, status: int) -> None:
    """A failure of a server in front of Canvas says nothing of the parameter, and is retried."""
    in_edition(world, Edition.CURRENT)
    world.faults.rules.append(Rule("/users", status=status))
    assert list(connect().courses.users(**COURSE, sort="last_login"))


def test_a_listing_warns_once(connect: Connect, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A listing of many pages gives one warning."""
    in_edition(world, Edition.JUNE_2023)
    list(connect().pages.list(**COURSE, include=["body"], per_page=2))
    assert len(world.requests) > 2
    assert len(warnings_in(caplog)) == 1


def test_an_empty_listing_shows_nothing(connect: Connect, world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A listing without rows cannot show that a parameter had no effect."""
    in_edition(world, Edition.JUNE_2023)
    list(connect().pages.list(**COURSE, include=["body"], search_term="no such page"))
    assert not warnings_in(caplog)


def test_every_parameter_is_tested_or_needs_an_operator() -> None:
    """Each line of the table can be noticed, except the one that only the course's content shows."""
    assert [each.name for each in UNSUPPORTED if not (each.had_effect or each.is_refusal)] == ["skip_course_template"]

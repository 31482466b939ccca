from __future__ import annotations

from urllib.parse import quote

import pytest

from canvas_emulator.model.editions import Edition
from canvas_emulator.model.ids import local_id
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE
from tests.support.caller import Caller

HEX_SIS_ID = b"SIS/Source".hex()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("11", 11),
        ("1~11", 11),
        ("10000000000011", 11),
        ("2~11", None),
        ("abc", None),
        ("-1", None),
        ("", None),
        ("9" * 30, None),
        ("٣", None),
    ],
)
def test_forms_of_a_numeric_id(text: str, number: int | None) -> None:
    """Plain, global and shard~id numbers lead to the same row; other shards and other texts lead to none."""
    assert local_id(text) == number


@pytest.mark.parametrize(
    "form",
    [
        "11",
        "1~11",
        "10000000000011",
        "sis_course_id:SIS/Source",
        f"hex:sis_course_id:{HEX_SIS_ID}",
        "uuid:Source-uuid",
        "lti_context_id:Source-uuid",
    ],
)
def test_forms_of_a_course_id(canvas: Caller, world: World, form: str) -> None:
    """A course is found by each of its ids, percent-encoded in the path."""
    world.settings.sharded = True
    assert canvas.get(f"courses/{quote(form, safe='')}")["id"] == SOURCE


@pytest.mark.parametrize(("edition", "status"), [(Edition.JUNE_2023, 404), (Edition.CURRENT, 200)])
def test_ids_with_a_shard(canvas: Caller, world: World, edition: Edition, status: int) -> None:
    """An id with a shard is unknown to a Canvas without shards, and a global id is not."""
    world.settings.edition = edition
    assert canvas("GET", f"courses/1~{SOURCE}").status_code == status
    assert canvas("GET", f"courses/{10_000_000_000_000 + SOURCE}").status_code == 200


@pytest.mark.parametrize("form", ["sis_course_id: SIS%2FSource ", "sis_course_id:SIS%2FSource%20"])
def test_blanks_around_an_sis_id(canvas: Caller, form: str) -> None:
    """Blanks at the ends of an SIS id do not count."""
    assert canvas.get(f"courses/{form}")["id"] == SOURCE


@pytest.mark.parametrize("form", ["sis_course_id:sis%2Fsource", "SIS_COURSE_ID:SIS%2FSource"])
def test_case_of_an_sis_id(canvas: Caller, form: str) -> None:
    """The case of an SIS id counts, and so does that of its form."""
    assert canvas("GET", f"courses/{form}").status_code == 404


@pytest.mark.parametrize(
    "form", ["999", "sis_course_id:None", "sis_course_id:", "hex:sis_course_id:zz", "account:1", "x"]
)
def test_unknown_course_id(canvas: Caller, form: str) -> None:
    """An unknown or invalid course id is a 404."""
    response = canvas("GET", f"courses/{form}")
    assert (response.status_code, response.json()) == (
        404,
        {"errors": [{"message": "The specified resource does not exist."}]},
    )


def test_deleted_course_is_not_found(canvas: Caller, world: World) -> None:
    """A deleted course keeps its row, and its path is a 404."""
    world.tables.courses[SOURCE].workflow_state = "deleted"
    assert canvas("GET", f"courses/{SOURCE}").status_code == 404

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from canvas_emulator.model.editions import BY_EDITION, DIFFERENCES, Difference, Edition, default_edition
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import SOURCE
from canvas_emulator.server import serve
from tests.support.caller import Caller

EDITIONS = pytest.mark.parametrize("edition", list(Edition))
ALL_DIFFERENCES = pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.setting)


def values(settings: Settings) -> dict[str, object]:
    return {difference.setting: getattr(settings, difference.setting) for difference in DIFFERENCES}


def of_edition(edition: Edition) -> dict[str, object]:
    return {difference.setting: difference.value(edition) for difference in DIFFERENCES}


def test_table_has_each_setting_once() -> None:
    """Each setting that depends on the edition has one line in the table, with two values and a source."""
    depending = {field.name for field in fields(Settings) if field.default is BY_EDITION}
    assert sorted(difference.setting for difference in DIFFERENCES) == sorted(depending)
    assert all(difference.june_2023 != difference.current and difference.source for difference in DIFFERENCES)


@EDITIONS
def test_edition_sets_all_settings_of_the_table(edition: Edition) -> None:
    """New settings have the values of their edition, and so have settings whose edition is changed."""
    settings = Settings(edition=edition)
    assert values(settings) == of_edition(edition)
    for other in Edition:
        settings.edition = other
        assert values(settings) == of_edition(other)


@ALL_DIFFERENCES
@EDITIONS
def test_explicit_setting_wins(difference: Difference, edition: Edition) -> None:
    """A setting that is given beside the edition keeps its value, in whichever order they are given."""
    (other,) = set(Edition) - {edition}
    explicit = {difference.setting: difference.value(other)}
    expected = of_edition(edition) | explicit
    changed, changed_in_other_order = Settings(edition=other), Settings(edition=other)
    changed.change({"edition": edition} | explicit)
    changed_in_other_order.change(explicit | {"edition": edition})
    for settings in (Settings(edition=edition, **explicit), changed, changed_in_other_order):
        assert values(settings) == expected
        assert values(replace(settings, copy_seconds=1)) == expected


def test_unknown_edition_is_refused() -> None:
    """An unknown edition is refused, and changes nothing."""
    settings = Settings(edition=Edition.JUNE_2023)
    with pytest.raises(ValueError, match="one of 2023-06, current"):
        settings.change({"edition": "2024-01", "copy_seconds": 1})
    assert settings == Settings(edition=Edition.JUNE_2023)


def test_environment_names_the_default_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variable chooses the edition where nothing else does; without it, it is today's."""
    monkeypatch.setenv("CANVAS_EMULATOR_EDITION", "2023-06")
    assert World().settings == Settings(edition=Edition.JUNE_2023)
    assert Settings(edition=Edition.CURRENT).max_per_page == 100
    monkeypatch.setenv("CANVAS_EMULATOR_EDITION", "2020-01")
    with pytest.raises(ValueError, match="CANVAS_EMULATOR_EDITION must be one of 2023-06, current"):
        default_edition()
    monkeypatch.delenv("CANVAS_EMULATOR_EDITION")
    assert default_edition() is Edition.CURRENT


@EDITIONS
def test_served_world_keeps_its_edition(edition: Edition) -> None:
    """A world that is served in an edition has it still after a reset."""
    world = World(settings=Settings(copy_seconds=7))
    with serve(world, edition=edition):
        pass
    world.settings.change({"legacy_permission_401": True, "copy_seconds": 1})
    world.reset()
    assert world.settings == Settings(edition=edition, copy_seconds=7)


def test_control_route_changes_the_edition(canvas: Caller) -> None:
    """A request to the emulator's own endpoint changes the edition, with the exceptions that it names."""
    body = {"edition": "2023-06", "legacy_permission_401": False}
    changed = canvas("POST", "/_emulator/settings", json=body).json()
    assert (changed["edition"], changed["max_per_page"], changed["legacy_permission_401"]) == ("2023-06", 50, False)


@pytest.mark.parametrize("change", [{"revoked": True}, {"expires_in": 0}, {}], ids=["revoked", "expired", "unknown"])
def test_old_edition_says_the_same_of_all_dead_tokens(canvas: Caller, change: dict[str, object]) -> None:
    """In June 2023 a token that is unknown, revoked or expired got the same response."""
    canvas("POST", "/_emulator/settings", json={"edition": "2023-06"})
    if change:
        canvas("POST", "/_emulator/tokens", json={"token": "dead", "user_id": 4} | change)
    response = canvas("GET", f"courses/{SOURCE}", headers={"Authorization": "Bearer dead"})
    assert response.status_code == 401
    assert response.json() == {"errors": [{"message": "Invalid access token."}]}
    assert response.headers["www-authenticate"] == 'Bearer realm="canvas-lms"'


def test_old_edition_has_smaller_pages(canvas: Caller) -> None:
    """In June 2023 a page had at most 50 rows."""
    canvas("POST", "/_emulator/settings", json={"edition": "2023-06"})
    assert "per_page=50>" in canvas("GET", f"courses/{SOURCE}/pages?per_page=100").headers["link"]


def test_old_edition_does_not_know_the_duplicate_error(canvas: Caller) -> None:
    """In June 2023 an upload could not ask for an error when the file exists."""
    canvas("POST", "/_emulator/settings", json={"edition": "2023-06"})
    response = canvas("POST", f"courses/{SOURCE}/files", json={"name": "a.txt", "size": 1, "on_duplicate": "error"})
    assert (response.status_code, response.json()) == (400, {"message": "invalid on_duplicate option"})


def test_old_edition_shows_no_rows_for_a_stale_bookmark(canvas: Caller) -> None:
    """In June 2023 a page that is no bookmark was empty."""
    canvas("POST", "/_emulator/settings", json={"edition": "2023-06"})
    response = canvas("GET", f"courses/{SOURCE}/todo?page=nonsense")
    assert (response.status_code, response.json()) == (200, [])

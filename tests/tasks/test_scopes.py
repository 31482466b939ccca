"""Each task works with a token that has exactly the scopes of ``docs/recipes/scopes.md``, and needs each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from canvas_emulator.model.content import Module, ModuleItem
from canvas_emulator.model.editions import VARIABLE, Edition
from canvas_emulator.model.records import AccessToken
from canvas_emulator.model.settings import Settings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.demo import demo_world
from canvas_emulator.seeds.term import term_world
from canvas_emulator.server import EmulatorServer
from scopes import ALWAYS, NEEDS, PAGE, page, scopes_of

from airflow_provider_canvas.hooks.canvas import CanvasHook
from tests.conftest import QUICK_JOBS
from tests.support import stale_course
from tests.support.package_imports import cartridge
from tests.support.scope_runs import MASTER, RUNS, RecordedScopes, Run, ScopeLab

__all__ = ["cartridge"]

OTHER, TOKEN = "token-of-another-program", "7~token-of-the-tests"


def world_of(run: Run) -> World:
    """Return the Canvas of a run."""
    settings = dict(run.settings)
    name = settings.pop("world", None)
    if name == "situations":
        return term_world(settings=replace(Settings(), **QUICK_JOBS), token=TOKEN, sections=30, situations=True)
    if name == "stale":
        return stale_course.stale_world()
    world = demo_world(settings=replace(Settings(**settings), **QUICK_JOBS), token=TOKEN)
    if name == "many items":
        module = world.live(Module, MASTER)[0]
        for number in range(101):
            world.add(ModuleItem(course_id=MASTER, title=f"Item {number}", module_id=module.id, type="SubHeader"))
    return world


@dataclass
class Measured:
    """What the runs of a task asked Canvas for.

    :param asked: The scopes that requests needed and the token had.
    :param refused: Those that it did not have, by run.
    """

    asked: set[str] = field(default_factory=set)
    refused: dict[str, set[str]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def measured(
    emulator_server: EmulatorServer, cartridge: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Measured]]:
    """Run each task with exactly the scopes of the page, and return what it asked for."""
    by_task = {name: Measured() for name in NEEDS}
    fields = {"conn_type": "canvas", "host": emulator_server.url, "password": TOKEN}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_CANVAS_DEFAULT", json.dumps(fields))
        patch.setenv(VARIABLE, Edition.CURRENT)  # each run that needs the older edition says so
        for module in ("operators.base_job", "operators.bulk_course_copy", "sensors.base"):
            patch.setattr(f"airflow_provider_canvas.{module}.SAFE_DELAY", 0.2)
        for run in RUNS:
            name, folder = run.kind.__name__, tmp_path_factory.mktemp("run")
            patch.setenv("AIRFLOW_CONN_WAREHOUSE", f"sqlite:///{folder}/warehouse.db")
            (folder / "package.imscc").write_bytes(cartridge)
            world = world_of(run)
            emulator_server.show(world)
            scopes = RecordedScopes(
                scopes_of(tuple(each for when in (ALWAYS, *run.when) for each in NEEDS[name][when]))
            )
            user_id = next(user.id for user in world.tables.users.values() if user.is_admin)
            world.tables.tokens[OTHER] = AccessToken(OTHER, user_id)
            world.tables.tokens[TOKEN] = AccessToken(TOKEN, user_id, scopes=scopes)
            lab = ScopeLab(world, emulator_server.url, OTHER, TOKEN, str(folder / "package.imscc"), folder)
            try:
                run.act(lab)
            except Exception as error:
                raise AssertionError(f"{run} failed; Canvas refused {sorted(scopes.refused)}") from error
            by_task[name].asked |= scopes.asked
            if refused := {scope for scope in scopes.refused if "graphql" not in scope}:
                by_task[name].refused[str(run)] = refused
        yield by_task


@pytest.mark.parametrize("name", NEEDS)
def test_each_task(measured: dict[str, Measured], name: str) -> None:
    """No request of the task is refused but those of GraphQL, and it needs each scope that it always has."""
    assert measured[name].refused == {}
    assert set(scopes_of(NEEDS[name][ALWAYS])) - measured[name].asked == set()


def test_conditions(measured: dict[str, Measured]) -> None:
    """Each condition holds for a run of a task, and a run needs each of its scopes."""
    conditions: dict[str, set[str]] = {}
    for needs in NEEDS.values():
        for when, endpoints in needs.items():
            conditions.setdefault(when, set()).update(scopes_of(endpoints))
    assert set(conditions) - {ALWAYS} - {when for run in RUNS for when in run.when} == set()
    asked = set().union(*(each.asked for each in measured.values()))
    assert {when: scopes - asked for when, scopes in conditions.items() if scopes - asked} == {}


@pytest.mark.parametrize(
    ("scopes", "says"),
    [
        (["url:GET|/api/v1/users/:id"], "the user administers is unknown"),
        (
            [
                "url:GET|/api/v1/users/:id",
                "url:GET|/api/v1/accounts",
                "url:GET|/api/v1/accounts/:account_id/permissions",
            ],
            "copy and import into its courses",
        ),
    ],
)
def test_the_button(emulator: EmulatorServer, connection: str, world: World, scopes: list[str], says: str) -> None:
    """*Test* works with the one scope that the page names, and tells the user's rights with two more."""
    world.tables.tokens[emulator.token].scopes = frozenset(scopes)
    works, message = CanvasHook(connection).test_connection()
    assert works
    assert says in message
    assert all(scope in PAGE.read_text(encoding="utf-8") for scope in scopes)


def test_the_page_is_current() -> None:
    """The page is what the script writes."""
    assert PAGE.read_text(encoding="utf-8") == page()

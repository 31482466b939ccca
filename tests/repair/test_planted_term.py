"""The repair of a term with planted stale links: none that it can repair is left, and an undo restores each text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.settings import Settings as EmulatorSettings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.term import term_shells, term_world
from canvas_emulator.seeds.term_subjects import SHELLS
from canvas_emulator.server import EmulatorServer, serve

from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client
from airflow_provider_canvas.reconciliation.links import StaleLink, bodies_of
from airflow_provider_canvas.reconciliation.links.rewrite import Change, rewrite
from airflow_provider_canvas.reconciliation.report.tables import stale_link
from airflow_provider_canvas.repair.places import PLACE_TYPES
from airflow_provider_canvas.repair.rewriting import HTML_FIELDS, without_verifiers
from airflow_provider_canvas.security.redaction import strip_url_secrets
from tests.support import planted_links
from tests.support.planted_links import PlantedTerm
from tests.support.stale_course import BATCH, MemoryBackups, puts, run_repair

DEFECTS, SECTIONS = 150, 8

Found = list[tuple[int, StaleLink]]
Texts = dict[tuple[int, str, str, str], str]

_MADE_BY_CANVAS = re.compile(r' data-api-(?:endpoint|returntype)="[^"]*"')


class Term:
    """A served term whose copies have planted stale links."""

    def __init__(self, server: EmulatorServer, world: World, copies: list[Any]) -> None:
        self.world, self.copies = world, copies
        body = {"count": DEFECTS, "seed": 2}
        self.truth = requests.post(f"{server.url}/_emulator/defects", json=body, timeout=300).json()
        self.canvas = Settings(server.url, server.token)

    def read(self) -> tuple[Found, Texts]:
        """Return the stale links and all texts of the term, as a reconciliation reads them."""
        sources, sections = run_with_client(self.canvas, lambda canvas: planted_links._read(canvas, self.copies))
        allowed = [str(each) for each in self.truth["allowed_course_ids"]]
        term = PlantedTerm(self.canvas.base_url, self.truth["defects"], allowed, sources, sections)
        texts = {
            (course_id, body.place_type, body.place_id, body.field): body.html
            for course_id, (_, listings, _) in sections.items()
            for body in bodies_of(listings, str(course_id))
        }
        return list(term.find()), texts

    def record(self, engine: sa.engine.Engine, found: Found) -> None:
        """Write stale links into their table."""
        table, now = stale_link("canvas_stale_link", None), datetime.now(UTC)
        table.create(engine, checkfirst=True)
        names = {column.name for column in table.columns}
        stamps = {"format_version": 3, "run_id": "r", "first_seen_at": now, "changed_at": now}
        rows = [
            {name: value for name, value in asdict(link).items() if name in names}
            | {"canvas_instance": self.canvas.host, "dest_course_id": str(course_id), "batch": BATCH}
            | {"source_course_id": "5001", "content_migration_id": "1", "url": strip_url_secrets(link.url), **stamps}
            for course_id, link in found
        ]
        with engine.begin() as connection:
            connection.execute(sa.insert(table), rows)


@pytest.fixture(scope="module")
def term() -> Iterator[Term]:
    """Serve the term. Nothing is held back by the rate limit, which is not what is tested here."""
    settings = EmulatorSettings(edition=Edition.CURRENT, throttle=False, up_front=0.0, outflow=10_000.0)
    settings.tool_item_url = True
    world = term_world(settings=settings)
    copies = [
        planted_links._copy(world, each.template_id, each.id) for each in list(term_shells())[:: SHELLS // SECTIONS]
    ]
    with serve(world) as server:
        yield Term(server, world, copies)


def repairable(found: Found) -> Counter[tuple[str, str]]:
    """Count the links that a repair can correct, by problem and type of place."""
    return Counter(
        (str(link.problem), link.place_type)
        for _, link in found
        if link.is_repairable and link.place_type in PLACE_TYPES
    )


def without_additions(text: str, base_url: str) -> str:
    """Return a text without what Canvas adds when it sends it."""
    return _MADE_BY_CANVAS.sub("", without_verifiers(text)).replace(base_url, "")


def expected(texts: Texts, found: Found) -> Texts:
    """Return the texts with the right addresses: all other bytes stay."""
    result = dict(texts)
    for key, text in texts.items():
        links = [
            link
            for course_id, link in found
            if (course_id, link.place_type, link.place_id, link.field) == key
            and link.right_url
            and link.place_type in PLACE_TYPES
        ]
        changes = [Change(link.ordinal, link.url, link.right_url or "") for link in links]
        if links:
            result[key] = rewrite(text, changes) if key[-1] in HTML_FIELDS else changes[0].new_url
    return result


def test_repair_and_undo_of_a_planted_term(term: Term, tmp_path: Path) -> None:
    """After the repair no repairable link is left and all other bytes are the same; the undo restores every text."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/canvas.db")
    found, before = term.read()
    term.record(engine, found)
    links = repairable(found)
    assert links.total() > DEFECTS // 3
    assert {place_type for _, place_type in links} == set(PLACE_TYPES)
    backups = MemoryBackups()
    counts = run_repair(engine, term.canvas, backups, threads=8)
    assert counts == {"repaired": links.total()}
    saved = puts(term.world)
    left, after = term.read()
    assert repairable(left) == Counter()
    wanted = expected(before, found)
    assert after.keys() == before.keys()
    base_url = term.canvas.base_url
    differing = {
        key for key in after if without_additions(after[key], base_url) != without_additions(wanted[key], base_url)
    }
    assert differing == set()
    assert run_repair(engine, term.canvas, backups, run_id="run 2", threads=8) == {"unchanged": links.total()}
    assert puts(term.world) == saved
    undone = run_repair(engine, term.canvas, backups, run_id="run 3", undo="run 1", threads=8)
    assert undone == {"undone": links.total()}
    stale, restored = term.read()
    assert {key for key in before if restored.get(key) != before[key]} == set()
    assert repairable(stale) == links
    assert term.world.notices.notifications == []
    engine.dispose()

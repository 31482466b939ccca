"""A term of the emulator whose copied sections have planted stale links, as a reconciliation reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from canvas_emulator.effects.copy import copy_files, import_content
from canvas_emulator.machines.content_migration import Stored
from canvas_emulator.model.editions import Edition
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.settings import Settings as EmulatorSettings
from canvas_emulator.model.world import World
from canvas_emulator.seeds.term import term_shells, term_world
from canvas_emulator.seeds.term_subjects import SHELLS
from canvas_emulator.server import serve

from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import AsyncIO
from airflow_provider_canvas.client.courses.course_listings import fetch_listings
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.client.transports.aiohttp_client import run_with_client
from airflow_provider_canvas.reconciliation.links import LISTINGS, StaleLink, find_stale_links
from airflow_provider_canvas.reconciliation.mapping import AssetMap

ALSO = (*LISTINGS, "lti_resource_links")
IN_FLIGHT = 4
"""How many courses are read at the same time."""


@dataclass(frozen=True)
class PlantedTerm:
    """What was planted into the sections of a term, and what Canvas sends of their courses.

    :param base_url: Scheme and host of the emulator.
    :param defects: The truth: where each defect is, its problem and its right address.
    :param allowed_course_ids: Courses to which all may link.
    :param sources: The listings of each template.
    :param sections: The template, the listings and the mapping of each section.
    """

    base_url: str
    defects: list[dict[str, Any]]
    allowed_course_ids: list[str]
    sources: Mapping[int, Mapping[str, Any]]
    sections: Mapping[int, tuple[int, Mapping[str, Any], AssetMap]]

    def find(self) -> Iterator[tuple[int, StaleLink]]:
        """Yield the stale links of all sections, each with the section."""
        for section_id, (source_id, listings, mapping) in self.sections.items():
            links = find_stale_links(
                source=self.sources[source_id],
                destination=listings,
                mapping=mapping,
                source_course_ids=[str(source_id)],
                destination_course_id=str(section_id),
                hosts=[self.base_url],
                allowed_course_ids=self.allowed_course_ids,
            )
            yield from ((section_id, link) for link in links)

    def as_stored(self, url: str | None) -> str | None:
        """Return an address as the truth has it: without the host of the emulator."""
        return None if url is None else url.replace(self.base_url, "")


def planted_term(defects: int, seed: int, sections: int = SHELLS) -> PlantedTerm:
    """Copy the templates of a term into its sections, plant defects, and read everything through the client.

    :param defects: How many defects are planted.
    :param seed: Chooses what is planted where.
    :param sections: How many sections are copied, the same number of each template.
    """
    # The rate limit is not what is tested here: nothing is held back while thousands of requests are sent.
    settings = EmulatorSettings(edition=Edition.CURRENT, throttle=False, up_front=0.0, outflow=10_000.0)
    world = term_world(settings=settings)
    copies = [_copy(world, shell.template_id, shell.id) for shell in list(term_shells())[:: SHELLS // sections]]
    with serve(world) as server:
        body = {"count": defects, "seed": seed}
        truth = requests.post(f"{server.url}/_emulator/defects", json=body, timeout=300).json()
        client = Settings(server.url, server.token)
        sources, found = run_with_client(client, lambda canvas: _read(canvas, copies))
    return PlantedTerm(
        server.url, truth["defects"], [str(each) for each in truth["allowed_course_ids"]], sources, found
    )


def _copy(world: World, source_id: int, course_id: int) -> ContentMigration:
    """Copy everything at once, and record a completed migration."""
    at = world.clock.now()
    migration = ContentMigration(
        id=world.next_id("content_migration"),
        course_id=course_id,
        user_id=next(iter(world.tables.users)),
        migration_type="course_copy_importer",
        source_course_id=source_id,
        migration_settings={"source_course_id": source_id, "copy_options": {"everything": True}},
        workflow_state=Stored.IMPORTED,
        created_at=at,
        updated_at=at,
        started_at=at,
        finished_at=at,
    )
    world.add_migration(migration)
    copy_files(world, migration, at)
    import_content(world, migration, at)
    return migration


async def _read(canvas: Canvas[AsyncIO], copies: list[ContentMigration]) -> tuple[dict[int, Any], dict[int, Any]]:
    """Return the listings of the sources, and template, listings and mapping of each destination."""
    source_ids = sorted({copy.source_course_id or 0 for copy in copies})
    sources = {source_id: await fetch_listings(canvas, source_id, also=ALSO) for source_id in source_ids}
    sections: dict[int, Any] = {}
    free = asyncio.Semaphore(IN_FLIGHT)

    async def read(copy: ContentMigration) -> None:
        async with free:
            listings = await fetch_listings(canvas, copy.course_id, also=ALSO)
            ids = {"course_id": copy.course_id, "content_migration_id": copy.id}
            mapping = await canvas.content_migrations.asset_id_mapping(**ids)
            sections[copy.course_id] = copy.source_course_id, listings, AssetMap.parse(mapping)

    await asyncio.gather(*(read(copy) for copy in copies))
    return sources, dict(sorted(sections.items()))

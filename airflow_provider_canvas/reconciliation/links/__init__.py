"""Addresses in the content of a destination that do not lead to where they should, and the right ones.

``find_stale_links`` compares the texts of both courses of a copy; ``rewrite`` changes single addresses in a text, and
``same_content`` tells whether Canvas stored what was sent. Nothing here performs I/O.
"""

from __future__ import annotations

from airflow_provider_canvas.reconciliation.links.bodies import Body, Listings, bodies_of
from airflow_provider_canvas.reconciliation.links.find import LISTINGS, find_stale_links
from airflow_provider_canvas.reconciliation.links.link_validation import with_link_validation
from airflow_provider_canvas.reconciliation.links.rewrite import Change, rewrite
from airflow_provider_canvas.reconciliation.links.same_content import same_content
from airflow_provider_canvas.reconciliation.links.shards import Shards
from airflow_provider_canvas.reconciliation.links.stale_link import (
    LINK_KINDS,
    PLACE_TYPES,
    Problem,
    StaleLink,
    Witness,
)

__all__ = [
    "LINK_KINDS",
    "LISTINGS",
    "PLACE_TYPES",
    "Body",
    "Change",
    "Listings",
    "Problem",
    "Shards",
    "StaleLink",
    "Witness",
    "bodies_of",
    "find_stale_links",
    "rewrite",
    "same_content",
    "with_link_validation",
]

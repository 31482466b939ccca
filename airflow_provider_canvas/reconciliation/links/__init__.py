"""Addresses in the content of a destination that do not lead to where they should, and the right ones."""

from __future__ import annotations

from airflow_provider_canvas.reconciliation.links.bodies import Body, bodies_of
from airflow_provider_canvas.reconciliation.links.stale_link import (
    LINK_KINDS,
    PLACE_TYPES,
    Problem,
    StaleLink,
    Witness,
)

__all__ = ["LINK_KINDS", "PLACE_TYPES", "Body", "Problem", "StaleLink", "Witness", "bodies_of"]

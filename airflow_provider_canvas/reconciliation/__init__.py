"""What became of a course copy: two inventories and a mapping in, one row an asset out.

Facts (``assets``, ``inventory``, ``mapping``) lead to findings (``classify``, ``summary``, ``thresholds``), and
those to renderings (``report``). Nothing here does I/O but the writers in ``report``, and nothing knows Airflow:

    source = Inventory.parse(course, {"pages": pages, "files": files})
    rows = classify(source, destination, AssetMap.parse(mapping))
    Summary.of(rows).verdict
"""

from __future__ import annotations

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, Asset
from airflow_provider_canvas.reconciliation.classify import classify
from airflow_provider_canvas.reconciliation.inventory import Course, Inventory
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation, reconcile
from airflow_provider_canvas.reconciliation.rows import AssetRow, RememberedAsset
from airflow_provider_canvas.reconciliation.statuses import Decision, Status
from airflow_provider_canvas.reconciliation.summary import Summary, Tally
from airflow_provider_canvas.reconciliation.thresholds import FAIL_IF_KEYS, breaches, check_fail_if

__all__ = [
    "ASSET_TYPES",
    "FAIL_IF_KEYS",
    "Asset",
    "AssetMap",
    "AssetRow",
    "Course",
    "Decision",
    "Inventory",
    "Reconciliation",
    "RememberedAsset",
    "Status",
    "Summary",
    "Tally",
    "breaches",
    "check_fail_if",
    "classify",
    "reconcile",
]

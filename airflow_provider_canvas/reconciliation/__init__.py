"""The reconciliation of a course copy: two inventories and a mapping in, one row per asset out.

``assets``, ``inventory`` and ``mapping`` parse what Canvas sent; ``classify``, ``summary`` and ``thresholds`` draw the
conclusions; ``report`` writes them to SQL and HTML. Only ``report`` performs I/O, and nothing here imports Airflow:

    source = Inventory.parse(course, {"pages": pages, "files": files})
    rows = classify(source, destination, AssetMap.parse(mapping))
    Summary.from_rows(rows).verdict
"""

from __future__ import annotations

from airflow_provider_canvas.reconciliation.assets import ASSET_TYPES, Asset
from airflow_provider_canvas.reconciliation.classify import classify
from airflow_provider_canvas.reconciliation.inventory import Course, Inventory
from airflow_provider_canvas.reconciliation.mapping import AssetMap
from airflow_provider_canvas.reconciliation.reconciliation import Reconciliation, reconcile
from airflow_provider_canvas.reconciliation.rows import AssetRow, PreviousAsset
from airflow_provider_canvas.reconciliation.statuses import Status, Verdict
from airflow_provider_canvas.reconciliation.summary import Summary, Tally
from airflow_provider_canvas.reconciliation.thresholds import FAIL_IF_KEYS, check_fail_if, exceeded_thresholds

__all__ = [
    "ASSET_TYPES",
    "FAIL_IF_KEYS",
    "Asset",
    "AssetMap",
    "AssetRow",
    "Course",
    "Inventory",
    "PreviousAsset",
    "Reconciliation",
    "Status",
    "Summary",
    "Tally",
    "Verdict",
    "check_fail_if",
    "classify",
    "exceeded_thresholds",
    "reconcile",
]

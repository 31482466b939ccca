"""The tables in the users' databases: each column with its type and meaning."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.types import TypeEngine

from airflow_provider_canvas.ledger.copy_row import BatchRow, CopyRow, IssueRow
from airflow_provider_canvas.reconciliation.links.stale_link import StaleLink
from airflow_provider_canvas.reconciliation.rows import AssetRow
from reference.objects import describe, heading
from reference.public import summary

MODULES = ("ledger.tables", "reconciliation.report.tables", "repair.tables")
"""The modules whose functions make tables: ``copy_ledger`` makes ``canvas_copy_ledger``."""

ROWS: Mapping[str, type] = {
    "copy_ledger": CopyRow,
    "copy_batch": BatchRow,
    "copy_issue": IssueRow,
    "asset_map": AssetRow,
    "stale_link": StaleLink,
    "link_repair": StaleLink,
}
"""The classes whose fields are columns of the tables; their docstrings say what the columns mean."""

TYPE_NAMES = {
    "Text": "text",
    "Integer": "integer",
    "Float": "floating-point number",
    "Boolean": "boolean",
    "SortedJson": "JSON",
    "UtcDateTime": "time in UTC",
}


def tables() -> str:
    """Return the descriptions of all tables."""
    modules = [import_module(f"airflow_provider_canvas.{name}") for name in MODULES]
    return "\n".join(_table(name, make) for module in modules for name, make in _makers(module))


def _makers(module: ModuleType) -> list[tuple[str, Callable[..., Table]]]:
    """Return the functions of a module that make a table."""
    return [
        (name, value)
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__ and _returns_table(value)
    ]


def _returns_table(function: Any) -> bool:
    return bool(inspect.unwrap(function).__annotations__.get("return") == "Table")


def _table(maker: str, make: Callable[..., Table]) -> str:
    name = f"canvas_{maker}"
    table = make(name, None)
    key = ", ".join(f"``{column.name}``" for column in table.primary_key.columns)
    meanings = dict(re.findall(r":param (\w+): (.*?)(?=\n:param|\Z)", inspect.getdoc(ROWS[maker]) or "", re.DOTALL))
    return "\n".join(
        [
            heading(name),
            f"{summary(make).replace('Return the', 'The')} The key is {key}.",
            "",
            *(_column(name, column, meanings) for column in table.columns),
        ]
    )


def _column(table: str, column: Column[Any], meanings: Mapping[str, str]) -> str:
    annotation = _type_name(column.type) + ("" if column.nullable else ", never NULL")
    meaning = column.doc or meanings[column.name]
    return describe("sql-column", f"{table}.{column.name}", column.name, annotation, " ".join(meaning.split()))


def _type_name(of_type: TypeEngine[Any]) -> str:
    return TYPE_NAMES[type(of_type).__name__]

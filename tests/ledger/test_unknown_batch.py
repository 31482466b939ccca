"""An error about a batch that the ledger does not have names those that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_canvas.ledger.batch_ledger import BatchLedger
from airflow_provider_canvas.ledger.batch_name import single_copy_batch, unknown_batch
from tests.rollover.batch_rows import copy_row, make_ledger

HOST = "canvas.example.edu"


@pytest.mark.parametrize(
    ("name", "known", "end"),
    [
        ("fall-2062", ["fall-2026", "spring-2027"], "Did you mean 'fall-2026'?"),
        ("autumn", ["fall-2026", "spring-2027"], "It has 'fall-2026', 'spring-2027'."),
        ("autumn", [f"{number}-term" for number in range(9)], "'4-term' and others."),
        ("autumn", [], "It has no batch of this Canvas."),
        ("content_migration", [single_copy_batch("12")], "It has no batch of this Canvas."),
    ],
)
def test_unknown_batch(name: str, known: list[str], end: str) -> None:
    """The sentences name the batch, the Canvas, and similar names, or else the newest ones."""
    sentences = unknown_batch(name, HOST, known)
    assert sentences.startswith(f"The ledger has no rows of the batch {name!r} of {HOST}.")
    assert sentences.endswith(end)


def test_names_in_the_ledger(tmp_path: Path) -> None:
    """The ledger names each batch of its Canvas once, and no batch of another Canvas."""
    ledger = make_ledger(tmp_path, [copy_row(1), copy_row(2)])
    other = BatchLedger(ledger.engine, canvas_instance="other.example.edu", batch="spring")
    other.plan([copy_row(3)])
    assert ledger.batch_names() == ["fall-2026"]
    assert other.batch_names() == ["spring"]

"""The lease of a batch: two runs never work on the same batch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_canvas.ledger.errors import BatchBusyError


def test_another_run_is_refused_until_the_lease_is_released(ledger):
    """The error names the run that has the lease, and until when; its owner may acquire it again."""
    ledger.acquire("run 1", 1200)
    ledger.acquire("run 1", 1200)
    for method in (ledger.acquire, ledger.renew):
        with pytest.raises(BatchBusyError, match="'fall-2026': run 1 has its lease until") as caught:
            method("run 2", 1200)
    assert caught.value.owner == "run 1"
    assert caught.value.until is not None
    assert timedelta(minutes=15) < caught.value.until - datetime.now(UTC) < timedelta(minutes=25)
    ledger.release("run 2")
    with pytest.raises(BatchBusyError):
        ledger.acquire("run 2", 1200)
    ledger.release("run 1")
    ledger.acquire("run 2", 1200)
    assert ledger.batch().lease_owner == "run 2"


def test_an_expired_lease_is_free(ledger):
    """An expired lease can be acquired by another run, and renewed by its owner as long as no other run took it."""
    ledger.acquire("run 1", -1)
    ledger.renew("run 1", -1)
    ledger.acquire("run 2", -1)
    with pytest.raises(BatchBusyError):
        ledger.renew("run 1", 1200)


def test_a_note_does_not_touch_the_lease(ledger):
    """Columns of the batch can be written before and after the lease is acquired."""
    ledger.note(used_requests=1)
    ledger.acquire("run 1", 1200)
    ledger.note(used_requests=1)
    batch = ledger.batch()
    assert (batch.lease_owner, batch.used_requests) == ("run 1", 2)


def test_of_many_runs_one_gets_the_lease(ledger):
    """Of runs that start at the same moment, exactly one gets the lease, also when an expired lease is there."""
    for until in (None, -1):
        if until:
            ledger.release(ledger.batch().lease_owner)
            ledger.acquire("old", until)

        def acquire(number):
            try:
                ledger.acquire(f"run {number}", 1200)
            except BatchBusyError:
                return 0
            return 1

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(acquire, range(16))) == 1

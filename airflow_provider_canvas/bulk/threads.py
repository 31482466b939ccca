"""At most eight threads that work on the rows of a batch; a stop ends them after the rows that they are at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sized
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TypeVar

from airflow_provider_canvas.bulk.settings import MAX_THREADS
from airflow_provider_canvas.bulk.stopping import Stop, StoppedError

T = TypeVar("T")

KEEP_INTERVAL = 60.0
"""Seconds between two calls of ``keep``."""

WRITE_INTERVAL = 0.25
"""Seconds between two calls of ``write``: many results share one transaction, and few are lost with the process."""


def for_each(
    items: Iterable[T], work: Callable[[T], None], stop: Stop, *, write: Callable[[], None], keep: Callable[[], None]
) -> None:
    """Call ``work`` with each item, in several threads, in about their order. An error of one ends all.

    :param items: The items. They are taken one at a time, also from a generator.
    :param work: Takes one item. What it raises stops the others, except :class:`.StoppedError`.
    :param stop: Ends the work early. Its error is left to the caller.
    :param write: Called every quarter of a second in this thread, to write what the threads have done. The caller calls
        it once more at the end. What it raises stops the work, and is raised.
    :param keep: Called every minute in this thread, to renew a lease. What it raises stops the work, and is raised.
    """
    left, lock = iter(items), threading.Lock()

    def take_and_work() -> None:
        while not stop.is_set:
            try:
                with lock:
                    item = next(left, None)
                if item is None:
                    return
                work(item)
            except StoppedError:
                return
            except Exception as error:  # noqa: BLE001  # the caller raises it
                stop.set(error)

    threads = min(MAX_THREADS, max(1, len(items))) if isinstance(items, Sized) else MAX_THREADS
    with ThreadPoolExecutor(threads, thread_name_prefix="canvas-copies") as pool:
        try:
            pending = {pool.submit(take_and_work) for _ in range(threads)}
            kept_at = time.monotonic()
            while pending:
                done, pending = wait(pending, timeout=WRITE_INTERVAL, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                if not done:
                    write()
                if pending and not stop.is_set and time.monotonic() >= kept_at + KEEP_INTERVAL:
                    keep()
                    kept_at = time.monotonic()
        except BaseException as error:
            stop.set(error if isinstance(error, Exception) else None)
            raise

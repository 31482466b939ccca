"""At most eight threads that work on the rows of a batch; a stop ends them after the rows that they are at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sized
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import TypeVar

from airflow_provider_canvas.bulk.settings import MAX_THREADS
from airflow_provider_canvas.bulk.stopping import Stop, StoppedError

T = TypeVar("T")

KEEP_INTERVAL = 60.0
"""Seconds between two calls of ``keep``."""


def for_each(items: Iterable[T], work: Callable[[T], None], stop: Stop, keep: Callable[[], None]) -> None:
    """Call ``work`` with each item, in several threads, in about their order. An error of one ends all.

    :param items: The items. They are taken one at a time, also from a generator.
    :param work: Takes one item. What it raises stops the others, except :class:`.StoppedError`.
    :param stop: Ends the work early. Its error is left to the caller.
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
            while pending:
                done, pending = wait(pending, timeout=KEEP_INTERVAL, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                if not done and pending and not stop.is_set:
                    keep()
        except BaseException as error:
            stop.set(error if isinstance(error, Exception) else None)
            raise

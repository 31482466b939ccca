"""Work on many places in a few threads; a Canvas that is down ends the work early."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.repair.outcome import Outcome

T = TypeVar("T")

MAX_THREADS = 8
"""How many places are worked on at the same time. The rate limit of the token counts all requests together."""

MAX_TROUBLES = 16
"""After so many places in a row at which Canvas or the network failed, the rest is left to the next attempt."""


class RepairStoppedError(CanvasError):
    """Canvas or the network failed at many places in a row."""


def for_each(items: Sequence[T], work: Callable[[T], Outcome | None], *, threads: int = MAX_THREADS) -> None:
    """Call ``work`` with each item, in several threads. What one of them raises ends all after their current item.

    :param items: The items.
    :param work: Works on one item.
    :param threads: How many threads there are at most.
    :raises RepairStoppedError: When Canvas or the network failed at many items in a row.
    """
    left, lock, errors, troubles = iter(items), threading.Lock(), list[BaseException](), 0

    def take_and_work() -> None:
        nonlocal troubles
        while True:
            with lock:
                if errors or (item := next(left, None)) is None:
                    return
            try:
                outcome = work(item)
            except BaseException as error:  # noqa: BLE001  # the caller raises it
                with lock:
                    errors.append(error)
                return
            with lock:
                troubles = troubles + 1 if outcome is not None and outcome.is_trouble else 0
                if outcome is not None and troubles >= MAX_TROUBLES:
                    errors.append(
                        RepairStoppedError(
                            f"Canvas or the network failed at {troubles} places in a row, the last time so: "
                            f"{outcome.detail} The rest is left to the next attempt of the task."
                        )
                    )

    with ThreadPoolExecutor(max(1, min(threads, len(items))), thread_name_prefix="canvas-repair") as pool:
        try:
            for future in [pool.submit(take_and_work) for _ in range(min(threads, len(items)))]:
                future.result()
        except BaseException as error:
            errors.append(error)
            raise
    if errors:
        raise errors[0]

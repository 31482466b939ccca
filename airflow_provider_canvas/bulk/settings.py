"""What a task does with a batch, and the identity of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow_provider_canvas.client.jobs.job_requests import IfRunning

MAX_THREADS = 8
"""How many requests the worker of a task has in flight at most. Two more of the token's ten are left to others."""


@dataclass(frozen=True, kw_only=True)
class BatchSettings:
    """What a task does with the rows of a batch.

    :param canvas_instance: The host of Canvas.
    :param base_url: The address of Canvas.
    :param batch: The name of the batch.
    :param run: The task instance: ``dag_id``, ``run_id``, ``task_id``, ``map_index``, ``try_number``.
    :param max_in_flight: How many copies are outstanding in Canvas at most.
    :param retry_failed: Whether copies that failed in an earlier run are submitted again.
    :param max_attempts: How often a copy is submitted at most, over all runs.
    :param if_running: What to do while a destination runs a migration that another task or user started.
    """

    canvas_instance: str
    base_url: str
    batch: str
    run: Mapping[str, Any]
    max_in_flight: int = 200
    retry_failed: bool = True
    max_attempts: int = 3
    if_running: IfRunning = "wait"

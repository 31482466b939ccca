"""Run one task as Airflow's own task runner does, without a database or an API server.

Templates, the serialization of trigger arguments, XComs and deferrals are Airflow's. Only the supervisor, the process
that responds to the task's requests, is a double.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from airflow.exceptions import TaskDeferred

UTC = datetime.UTC


def _has_store() -> bool:
    """Return whether this Airflow has a task state store."""
    try:
        from airflow.sdk.execution_time import context
    except ImportError:
        return False
    return hasattr(context, "NEVER_EXPIRE")


HAS_STORE = _has_store()
"""Whether this Airflow has a task state store, as Airflow 3.3 and later have."""


class Store(dict[str, Any]):
    """A task state store that exists as long as the test."""

    def set(self, key: str, value: Any, retention: Any = None) -> None:
        """Store a value, which may not be ``None``."""
        assert value is not None
        self[key] = value


class OutletEvents:
    """A double of ``outlet_events`` that records the events of an operator."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Any]] = []

    def __getitem__(self, outlet: Any) -> Any:
        events = self.events

        class Accessor:
            def add(self, asset: Any, extra: Any) -> None:
                events.append((asset.uri, extra))

            def __setattr__(self, name: str, value: Any) -> None:
                events.append((outlet.uri, value))

        return Accessor()


@dataclass
class Attempt:
    """The context of a task in one attempt."""

    run_id: str = "manual__1"
    try_number: int = 1
    max_tries: int = 2
    store: Store | None = field(default_factory=lambda: Store() if HAS_STORE else None)
    params: dict[str, Any] = field(default_factory=dict)
    state: str = "failed"
    """The state of the task when Airflow ends it. By default a user marked it as failed."""

    def __post_init__(self) -> None:
        self.xcom: dict[str, Any] = {}
        self.outlet_events = OutletEvents()

    def context(self, task: Any) -> Any:
        """Return the context that Airflow would pass to a task."""
        ti = mock.Mock(
            spec_set=[
                "dag_id", "run_id", "task_id", "map_index", "try_number", "max_tries", "xcom_push", "get_task_states"
            ]
        )  # fmt: skip
        ti.get_task_states.side_effect = lambda **_: {self.run_id: {task.task_id: self.state}}
        ti.dag_id, ti.run_id, ti.task_id, ti.map_index = "dag", self.run_id, task.task_id, -1
        ti.try_number, ti.max_tries = self.try_number, self.max_tries
        ti.xcom_push.side_effect = lambda key, value: self.xcom.update({key: value})
        context = {
            "ti": ti,
            "run_id": self.run_id,
            "dag_run": mock.Mock(start_date=datetime.datetime.now(UTC) - datetime.timedelta(minutes=5)),
            "outlet_events": self.outlet_events,
            "params": self.params,
        }
        if self.store is not None:
            context["task_state_store"] = self.store
        return context


def deferred(task: Any, attempt: Attempt, safe_delay: float = 0.0) -> TaskDeferred:
    """Run the first half of a task, which must defer right after its first poll, and return its deferral.

    :param safe_delay: Seconds for which the task waits in the worker before it defers.
    """
    modules = (
        "airflow_provider_canvas.operators.base_job",
        "airflow_provider_canvas.sensors.base",
        "airflow_provider_canvas.operators.bulk_course_copy",
    )
    with contextlib.ExitStack() as patches:
        for module in modules:
            patches.enter_context(mock.patch(f"{module}.SAFE_DELAY", safe_delay))
        try:
            task.execute(attempt.context(task))
        except TaskDeferred as deferral:
            return deferral
    raise AssertionError("The task did not defer.")


def stored(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return a trigger's arguments as Airflow's database returns them."""
    from airflow.models.trigger import Trigger

    encrypt = getattr(Trigger, "encrypt_kwargs", None) or Trigger._encrypt_kwargs
    return dict(Trigger._decrypt_kwargs(encrypt(arguments)))


async def fired(deferral: TaskDeferred) -> dict[str, Any]:
    """Run a new instance of the trigger from its stored arguments, and return its only event."""
    _, arguments = deferral.trigger.serialize()
    arguments_from_database = stored(arguments)
    assert arguments_from_database == arguments
    events = type(deferral.trigger)(**arguments_from_database).run()
    async with contextlib.aclosing(events):
        event = await anext(events)
        rest = [event async for event in events]
    assert rest == []
    return dict(event.payload)


def resumed(task: Any, deferral: TaskDeferred, event: dict[str, Any], attempt: Attempt) -> Any:
    """Run the second half of a task in a new instance of the operator, and return its result."""
    return getattr(task, deferral.method_name)(attempt.context(task), event=event, **(deferral.kwargs or {}))


def rendered(create: Callable[..., Any], **values: Any) -> Any:
    """Return a task whose templates were rendered to these values after the DAG was parsed.

    :param create: A function that creates the task.
    :param values: The rendered values by parameter.
    """
    task = create(**dict.fromkeys(values, "{{ params.rendered_later }}"))
    for name, value in values.items():
        setattr(task, name, value)
    return task

"""Reading from Airflow what the tasks of a DAG run left, in a callback of a task or of a DAG."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_canvas.links.base import CanvasLink
from airflow_provider_canvas.notifications.message import ResultMessage, TaskResult, compose

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context

log = logging.getLogger(__name__)

NAMED_BY = ("batch", "destination_course_id", "course_id", "account_id", "group_id", "user_id")
"""Parameters that say what a task works on, the most telling first."""


def message_of(context: Context, *, max_copies: int = 10) -> ResultMessage:
    """Return what became of the task, or of all Canvas tasks of the DAG run, whose callback got this context.

    What cannot be read is left out: this never raises an error because of what a task left, or did not leave.

    :param context: The context of a callback, of a task or of a DAG, or that of a task which runs.
    :param max_copies: How many copies that did not succeed the message names, for each batch.
    """
    ti, dag, reason = context.get("ti"), context.get("dag"), context.get("reason")
    run_id = context.get("run_id") or getattr(ti, "run_id", None)
    dag_id = getattr(dag, "dag_id", None) or getattr(ti, "dag_id", None)
    error = context.get("exception")
    if reason is not None or ti is None:  # a callback of a DAG; some of them get no task instance
        failed, what = _end_of_run(dag_id, reason)
        tasks = filter(_is_canvas_task, getattr(dag, "tasks", ()))
        results = [each for each in (_result_of(task, dag_id, run_id, -1) for task in tasks) if each.left_anything]
        log_of = f"Log of the task {_name_of(ti)}" if failed and ti is not None else None
    else:
        task, map_index = context.get("task") or getattr(ti, "task", None), getattr(ti, "map_index", None)
        has_failed = error is not None
        results = [] if task is None else [_result_of(task, dag_id, run_id, map_index, has_failed=has_failed)]
        failed, what = _end_of_task(ti, dag_id, error, has_result=any(each.returned is not None for each in results))
        log_of = "Log"
    return compose(
        what,
        results,
        failed=failed,
        error=redacted_error(error) if error is not None else None,
        footer=list(_footer(ti, run_id, log_of)),
        max_copies=max_copies,
    )


def _end_of_run(dag_id: str | None, reason: Any) -> tuple[bool, str]:
    """Return whether a DAG run failed, and a sentence that says so."""
    if reason is None or "success" in str(reason):
        return False, f"The DAG {dag_id} has ended." if reason is None else f"The DAG {dag_id} succeeded."
    return True, f"The DAG {dag_id} failed ({reason})."


ENDS = {"success": "succeeded", "skipped": "was skipped", "up_for_retry": "failed, and will be retried"}
"""What is said of a task, by its state; any other one failed."""


def _end_of_task(ti: Any, dag_id: str | None, error: Any, *, has_result: bool) -> tuple[bool, str]:
    """Return whether a task failed, and a sentence that says so.

    If its worker was killed, the DAG processor runs the callback, and there is neither an error nor a state.
    """
    state = str(getattr(ti, "state", None) or "")
    if state not in ENDS:
        state = "success" if error is None and has_result else "failed"
    try_number = getattr(ti, "try_number", None)
    end = ENDS.get(state, "failed")
    attempt = f" (attempt {try_number})" if end.startswith("failed") and try_number is not None else ""
    return end.startswith("failed"), f"The task {_name_of(ti)} of the DAG {dag_id} {end}{attempt}."


def _name_of(ti: Any) -> str:
    """Return the id of a task, with its map index if it is mapped."""
    map_index = getattr(ti, "map_index", None)
    mapped = f"[{map_index}]" if map_index is not None and map_index >= 0 else ""
    return f"{getattr(ti, 'task_id', None)}{mapped}"


def _is_canvas_task(task: Any) -> bool:
    """Tell whether a task is one of this package. A mapped one has many results, and none under its own id."""
    from airflow_provider_canvas.utils.canvas_task import CanvasTask

    return isinstance(task, CanvasTask)


def _result_of(
    task: Any, dag_id: str | None, run_id: str | None, map_index: int | None, *, has_failed: bool = False
) -> TaskResult:
    """Return what a task left in a DAG run: its result, or else what it submitted before it failed.

    If its worker was killed, a mapped task is not expanded: only its class tells the key of its result.

    :param has_failed: Whether the task failed in this process. Then it has returned nothing, and knows its page.
        Reading an XCom that does not exist would log an error after that of the task.
    """
    place = (dag_id, task.task_id, run_id, -1 if map_index is None else map_index)
    key = getattr(getattr(task, "operator_class", task), "result_key", "return_value")
    result = None if has_failed and key == "return_value" else _xcom(*place, key)
    page = getattr(task, "canvas_page", None) if has_failed else None
    if result is None and page is None:
        links = [link.key for link in getattr(task, "operator_extra_links", ()) if isinstance(link, CanvasLink)]
        page = next((url for link in links if isinstance(url := _xcom(*place, link), str)), None)
    submitted = _xcom(*place, "content_migration") if page and not isinstance(result, Mapping) else None
    return TaskResult(
        task_id=task.task_id,
        batch=result if key == "canvas_batch" and isinstance(result, Mapping) else None,
        reconciliation=result if key == "canvas_reconciliation" and isinstance(result, Mapping) else None,
        returned=result if isinstance(result, Mapping) else None,
        submitted=submitted if isinstance(submitted, Mapping) else None,
        page=page or None,
        described=_described(task),
    )


def _xcom(dag_id: str | None, task_id: str, run_id: str | None, map_index: int, key: str) -> Any:
    """Return an XCom; ``None`` if there is none, or if it cannot be read. The DAG processor can read them, too."""
    from airflow.models.taskinstancekey import TaskInstanceKey
    from airflow.providers.common.compat.sdk import XCom

    if dag_id is None or run_id is None:
        return None
    try:
        return XCom.get_value(key=key, ti_key=TaskInstanceKey(dag_id, task_id, run_id, 1, map_index))
    except Exception as error:  # noqa: BLE001  # a message with less is better than none
        log.warning("The XCom %s of the task %s cannot be read: %s", key, task_id, redacted_error(error))
        return None


def _described(task: Any) -> str | None:
    """Return what a task works on; ``None`` if its parameters are templates that were not rendered."""
    for name in NAMED_BY:
        value = getattr(task, name, None)
        if value is not None and "{{" not in str(value):
            return (
                f"batch {str(value)!r}" if name == "batch" else f"{name.rpartition('_')[0].replace('_', ' ')} {value}"
            )
    return None


def _footer(ti: Any, run_id: str | None, log_of: str | None) -> Iterator[tuple[str, str]]:
    """Yield the last lines of the message, by name.

    :param log_of: What to call the log of the task instance; ``None`` to leave it out, as where a run succeeded: then
        Airflow names any task of the run.
    """
    if run_id:
        yield "DAG run", str(run_id)
    if log_of is not None and isinstance(address := getattr(ti, "log_url", None), str):
        yield log_of, address


def redacted_error(error: Any) -> str:
    """Return an error as text, without the secrets that this package or Airflow knows."""
    from airflow.providers.common.compat.sdk import redact as redact_for_airflow

    from airflow_provider_canvas.security.redaction import redact

    text = redact(str(error) or type(error).__name__)
    return str(redact_for_airflow(text))

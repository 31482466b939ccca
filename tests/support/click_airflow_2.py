"""Perform user actions in Airflow 2, which are read as lines of JSON, and respond to each with a line of JSON.

The actions are ``["trigger", dag_id, run_id, conf]``, ``["clear" | "failed" | "success", dag_id, run_id, task_id]``,
``["run_failed" | "run_success", dag_id, run_id]`` and ``["links", dag_id, run_id, task_id]``, which returns the
extra links of a task. The process ends with its standard input; it serves many actions because Airflow starts slowly.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from airflow.api.common.mark_tasks import set_dag_run_state_to_failed, set_dag_run_state_to_success
from airflow.api.common.trigger_dag import trigger_dag
from airflow.models.dagbag import DagBag
from airflow.models.dagrun import DagRun
from airflow.utils.state import TaskInstanceState


def click(action: str, dag_id: str, run_id: str, *more: Any) -> Any:
    """Perform one action, and return its result."""
    if action == "trigger":
        trigger_dag(dag_id, run_id=run_id, conf=more[0])
        return None
    dag = DagBag(read_dags_from_db=True).get_dag(dag_id)
    (run,) = DagRun.find(dag_id=dag_id, run_id=run_id)
    match action:
        case "links":
            task, instance = dag.get_task(more[0]), run.get_task_instance(more[0])
            return {name: task.get_extra_links(instance, name) or None for name in task.extra_links}
        case "clear":
            return dag.clear(task_ids=list(more), start_date=run.execution_date, end_date=run.execution_date)
        case "run_failed":
            set_dag_run_state_to_failed(dag=dag, run_id=run_id, commit=True)
        case "run_success":
            set_dag_run_state_to_success(dag=dag, run_id=run_id, commit=True)
        case _:
            dag.set_task_instance_state(task_id=more[0], run_id=run_id, state=TaskInstanceState(action))
    return None


if __name__ == "__main__":
    responses, sys.stdout = sys.stdout, sys.stderr  # so that Airflow does not print between the responses
    for line in sys.stdin:
        responses.write(json.dumps(click(*json.loads(line))) + "\n")
        responses.flush()

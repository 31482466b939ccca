"""What Airflow 2's page does when a user clears a task of a run, or marks it as failed or successful.

python click_airflow_2.py clear|failed|success DAG_ID RUN_ID TASK_ID
"""

from __future__ import annotations

import sys

from airflow.models.dagbag import DagBag
from airflow.models.dagrun import DagRun
from airflow.utils.state import TaskInstanceState


def main(action: str, dag_id: str, run_id: str, task_id: str) -> None:
    dag = DagBag(read_dags_from_db=True).get_dag(dag_id)
    (run,) = DagRun.find(dag_id=dag_id, run_id=run_id)
    if action == "clear":
        done = dag.clear(task_ids=[task_id], start_date=run.execution_date, end_date=run.execution_date)
    else:
        done = dag.set_task_instance_state(task_id=task_id, run_id=run_id, state=TaskInstanceState(action))
    assert done


if __name__ == "__main__":
    main(*sys.argv[1:])

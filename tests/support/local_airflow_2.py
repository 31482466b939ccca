"""Run a real Airflow 2 on this machine, with the interface of ``local_airflow``.

It has a scheduler and a triggerer, but no web server: states are read from the database, and user actions call the
functions that Airflow's own page calls (see ``click_airflow_2.py``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy
from airflow_api import AirflowApi, AirflowApiError, Json
from local_airflow import LocalAirflow
from processes import tail

CLICK = Path(__file__).with_name("click_airflow_2.py")


class LocalAirflow2(LocalAirflow):
    """An Airflow 2 that runs while the ``with`` block is open.

    :param home: The folder of its database, configuration and logs. It is created if it is missing.
    :param dags: The folder of DAG files.
    :param connections: The Airflow connections to create, by id.
    :param settings: Options of ``airflow.cfg``, as ``section.option``. By default one task at a time runs, on SQLite.
    :param pythonpath: Folders from which DAGs and triggers can import modules.
    """

    components: Mapping[str, Sequence[str]] = {
        "scheduler": ["scheduler", "--skip-serve-logs"],
        "triggerer": ["triggerer", "--skip-serve-logs"],
    }

    def __init__(
        self,
        home: Path,
        dags: Path,
        connections: Mapping[str, Mapping[str, Any]],
        *,
        settings: Mapping[str, str] | None = None,
        pythonpath: Sequence[Path] = (),
    ) -> None:
        settings = {
            "core.executor": "SequentialExecutor",
            "core.dags_folder": str(dags),
            "database.sql_alchemy_conn": f"sqlite:///{home.resolve()}/airflow.db",
            "scheduler.dag_dir_list_interval": "5",
            **(settings or {}),
        }
        self.database_url = settings["database.sql_alchemy_conn"]
        super().__init__(home, dags, connections, settings=settings, pythonpath=pythonpath)
        self._click_process: subprocess.Popen[str] | None = None
        # The executor runs the ``airflow`` command that it finds in ``PATH``.
        self._env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), self._env.get("PATH", "")])
        self.api = Airflow2Api(self)

    def stop(self) -> None:
        """Stop all components, and the process that performs user actions."""
        if self._click_process is not None:
            self._click_process.communicate()
            self._click_process = None
        super().stop()

    def click(self, *action: Any) -> Any:
        """Perform a user action as Airflow's page does, and return its result.

        :param action: The action and its arguments, as ``click_airflow_2.py`` describes them.
        :raises RuntimeError: If the action fails. The message contains the end of the log.
        """
        if self._click_process is None:
            with self.log("clicks").open("a") as log:
                self._click_process = subprocess.Popen(
                    [sys.executable, CLICK],
                    env=self._env,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        assert self._click_process.stdin
        assert self._click_process.stdout
        self._click_process.stdin.write(json.dumps(action) + "\n")
        self._click_process.stdin.flush()
        response = self._click_process.stdout.readline()
        if not response:
            raise RuntimeError(f"{action} failed:\n{tail(self.log('clicks'))}")
        return json.loads(response)


class Airflow2Api(AirflowApi):
    """The interface of Airflow's API for an Airflow 2, which has no such API.

    :param airflow: The Airflow.
    """

    def __init__(self, airflow: LocalAirflow2) -> None:
        super().__init__("")
        self._airflow = airflow
        self._database = sqlalchemy.create_engine(airflow.database_url, poolclass=sqlalchemy.pool.NullPool)

    def healthy(self, since: float) -> set[str]:
        """Return the names of the components that wrote a heartbeat after a time."""
        after = datetime.fromtimestamp(since, UTC).replace(tzinfo=None).isoformat(" ")
        beating = self._rows("SELECT job_type FROM job WHERE state = 'running' AND latest_heartbeat >= :a", a=after)
        return {row["job_type"].removesuffix("Job").lower() for row in beating}

    def create_connection(self, conn_id: str, fields: Mapping[str, Any]) -> None:
        """Create a connection."""
        self._airflow.command("connections", "add", conn_id, "--conn-json", json.dumps(fields))

    def wait_for_dag(self, dag_id: str, timeout: float = 60) -> None:
        """Wait until a DAG has been parsed."""
        self.wait(
            f"DAG {dag_id}", lambda: self._rows("SELECT 1 FROM serialized_dag WHERE dag_id = :d", d=dag_id), timeout
        )

    def trigger(self, dag_id: str, conf: Json | None = None) -> str:
        """Start a run of a DAG with parameters, and return the run's id."""
        run_id = f"run_{datetime.now(UTC):%H%M%S%f}"
        self._airflow.click("trigger", dag_id, run_id, conf or {})
        return run_id

    def dag_run(self, dag_id: str, run_id: str) -> Json:
        """Return a run."""
        (run,) = self._rows("SELECT * FROM dag_run WHERE dag_id = :d AND run_id = :r", d=dag_id, r=run_id)
        return run

    def task_instances(self, dag_id: str, run_id: str) -> list[Json]:
        """Return the task instances of a run."""
        return self._rows("SELECT * FROM task_instance WHERE dag_id = :d AND run_id = :r", d=dag_id, r=run_id)

    def task_instance(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Return a task instance."""
        (match,) = (
            instance
            for instance in self.task_instances(dag_id, run_id)
            if (instance["task_id"], instance["map_index"]) == (task_id, map_index)
        )
        return match

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """Return the log of one try of a task, with the triggerer's part at the end."""
        folder = self._airflow.logs / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
        return "\n".join(file.read_text() for file in sorted(folder.glob(f"attempt={try_number}.log*")))

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """Return the value of a task's XCom."""
        rows = self._rows(
            "SELECT value FROM xcom WHERE dag_id = :d AND run_id = :r AND task_id = :t AND key = :k AND map_index = :m",
            d=dag_id, r=run_id, t=task_id, k=key, m=map_index,
        )  # fmt: skip
        if not rows:
            raise AirflowApiError(f"Task {task_id} has no XCom {key}.")
        return json.loads(bytes(rows[0]["value"]))

    def links(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Return the extra links of a task instance: its URL by name, or ``None`` if it has none yet."""
        assert map_index == -1
        links: Json = self._airflow.click("links", dag_id, run_id, task_id)
        return links

    def set_run_state(self, dag_id: str, run_id: str, state: str) -> None:
        """Mark a run as success or failed, as a user does."""
        self._airflow.click(f"run_{state}", dag_id, run_id)

    def set_state(self, dag_id: str, run_id: str, task_id: str, state: str, map_index: int = -1) -> None:
        """Mark a task instance as success or failed, as a user does."""
        assert map_index == -1
        self._airflow.click(state, dag_id, run_id, task_id)

    def clear(self, dag_id: str, run_id: str, task_ids: Sequence[str]) -> None:
        """Clear task instances, as a user does, so that they run again."""
        for task_id in task_ids:
            self._airflow.click("clear", dag_id, run_id, task_id)

    def _rows(self, statement: str, **values: Any) -> list[Json]:
        """Return the rows of a query."""
        with self._database.connect() as connection:
            return [dict(row) for row in connection.execute(sqlalchemy.text(statement), values).mappings()]

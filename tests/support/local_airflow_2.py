"""A real Airflow 2 on this machine, used as the one of `local_airflow` is.

It has a scheduler and a triggerer, and no page: states are read from the database, and a user's clicks are the calls
that Airflow's own page makes (see `click_airflow_2.py`).
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
    """
    An Airflow 2 that runs while the `with` block is open.

    :param home: where its database, configuration and logs go; made when missing
    :param dags: the folder of DAG files
    :param connections: Airflow connections to make, by id
    :param settings: options of airflow.cfg, as `section.option`; by default it runs on SQLite, one task at a time
    :param pythonpath: folders from which DAGs and triggers can import modules
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
        self._clicking: subprocess.Popen[str] | None = None
        # The executor runs the command `airflow`, wherever the path leads it.
        self._env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), self._env.get("PATH", "")])
        self.api = Airflow2Api(self)

    def stop(self) -> None:
        """End all components, and what clicks."""
        if self._clicking is not None:
            self._clicking.communicate()
            self._clicking = None
        super().stop()

    def click(self, *what: Any) -> Any:
        """
        Do what Airflow's page does when a user clicks.

        :param what: as `click_airflow_2.py` takes it
        :raises RuntimeError: when that fails; its log says why
        """
        if self._clicking is None:
            with self.log("clicks").open("a") as log:
                self._clicking = subprocess.Popen(
                    [sys.executable, CLICK],
                    env=self._env,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                )
        assert self._clicking.stdin
        assert self._clicking.stdout
        self._clicking.stdin.write(json.dumps(what) + "\n")
        self._clicking.stdin.flush()
        answer = self._clicking.stdout.readline()
        if not answer:
            raise RuntimeError(f"{what} failed:\n{tail(self.log('clicks'))}")
        return json.loads(answer)


class Airflow2Api(AirflowApi):
    """
    What the tests ask of an Airflow's API, of an Airflow without one.

    :param airflow: the Airflow
    """

    def __init__(self, airflow: LocalAirflow2) -> None:
        super().__init__("")
        self._airflow = airflow
        self._database = sqlalchemy.create_engine(airflow.database_url, poolclass=sqlalchemy.pool.NullPool)

    def healthy(self, since: float) -> set[str]:
        """Name the components that wrote a heartbeat after a time."""
        after = datetime.fromtimestamp(since, UTC).replace(tzinfo=None).isoformat(" ")
        beating = self._rows("SELECT job_type FROM job WHERE state = 'running' AND latest_heartbeat >= :a", a=after)
        return {row["job_type"].removesuffix("Job").lower() for row in beating}

    def create_connection(self, conn_id: str, fields: Mapping[str, Any]) -> None:
        """Make a connection."""
        self._airflow.command("connections", "add", conn_id, "--conn-json", json.dumps(fields))

    def wait_for_dag(self, dag_id: str, timeout: float = 60) -> None:
        """Wait until a DAG has been parsed."""
        self.wait(
            f"DAG {dag_id}", lambda: self._rows("SELECT 1 FROM serialized_dag WHERE dag_id = :d", d=dag_id), timeout
        )

    def trigger(self, dag_id: str, conf: Json | None = None) -> str:
        """Start a run of a DAG with parameters; return the run's id."""
        run_id = f"run_{datetime.now(UTC):%H%M%S%f}"
        self._airflow.click("trigger", dag_id, run_id, conf or {})
        return run_id

    def dag_run(self, dag_id: str, run_id: str) -> Json:
        """Show one run."""
        (run,) = self._rows("SELECT * FROM dag_run WHERE dag_id = :d AND run_id = :r", d=dag_id, r=run_id)
        return run

    def task_instances(self, dag_id: str, run_id: str) -> list[Json]:
        """List a run's task instances."""
        return self._rows("SELECT * FROM task_instance WHERE dag_id = :d AND run_id = :r", d=dag_id, r=run_id)

    def task_instance(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Show one task instance."""
        (found,) = (
            instance
            for instance in self.task_instances(dag_id, run_id)
            if (instance["task_id"], instance["map_index"]) == (task_id, map_index)
        )
        return found

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """Return the log of one try of a task, the triggerer's part at its end."""
        folder = self._airflow.logs / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
        return "\n".join(file.read_text() for file in sorted(folder.glob(f"attempt={try_number}.log*")))

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """Return the value of a task's XCom."""
        found = self._rows(
            "SELECT value FROM xcom WHERE dag_id = :d AND run_id = :r AND task_id = :t AND key = :k AND map_index = :m",
            d=dag_id, r=run_id, t=task_id, k=key, m=map_index,
        )  # fmt: skip
        if not found:
            raise AirflowApiError(f"no XCom {key} of {task_id}")
        return json.loads(bytes(found[0]["value"]))

    def links(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Return a task instance's extra links: name to address, None while there is none."""
        assert map_index == -1
        links: Json = self._airflow.click("links", dag_id, run_id, task_id)
        return links

    def set_run_state(self, dag_id: str, run_id: str, state: str) -> None:
        """Mark a run as success or failed, as a person does on the page."""
        self._airflow.click(f"run_{state}", dag_id, run_id)

    def set_state(self, dag_id: str, run_id: str, task_id: str, state: str, map_index: int = -1) -> None:
        """Mark a task instance as success or failed, as a person does on the page."""
        assert map_index == -1
        self._airflow.click(state, dag_id, run_id, task_id)

    def clear(self, dag_id: str, run_id: str, task_ids: Sequence[str]) -> None:
        """Clear task instances, so that they run again, as a person does on the page."""
        for task_id in task_ids:
            self._airflow.click("clear", dag_id, run_id, task_id)

    def _rows(self, statement: str, **values: Any) -> list[Json]:
        with self._database.connect() as connection:
            return [dict(row) for row in connection.execute(sqlalchemy.text(statement), values).mappings()]

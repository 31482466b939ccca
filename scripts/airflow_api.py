"""Call Airflow's REST API, and wait for DAGs, runs and tasks.

JSON is returned as Airflow sends it. Every wait has a deadline. When it passes, the error names the event that did not
happen, and ends with the logs of the tasks that have not succeeded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import requests

Json = dict[str, Any]
T = TypeVar("T")

FINISHED = frozenset({"success", "failed"})
"""The final states of a DAG run."""

COMPONENT_NAMES = {"scheduler": "scheduler", "triggerer": "triggerer", "dag_processor": "dag-processor"}
"""Names of the components in the health report, and the names of the commands that start them."""


class AirflowApiError(Exception):
    """Raised if Airflow refuses a request. The message has the method, the path, the status and the response."""


class WaitError(Exception):
    """Raised if an event did not happen in time, or can no longer happen."""


class AirflowApi:
    """A client of one Airflow that needs no password (``[core] simple_auth_manager_all_admins``).

    :param url: The address of its API server.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False  # it is on this machine: no proxy, no .netrc

    # --- Requests ---------------------------------------------------------------------------------------------------

    def send(self, method: str, path: str, body: Json | None = None, /, **parameters: str | int) -> Any:
        """Send a request to a path below ``/api/v2``, and return the JSON of the response.

        :param method: The HTTP method.
        :param path: The path.
        :param body: The JSON of the request, if any.
        :param parameters: Parameters of the query.
        :raises AirflowApiError: If the status is 400 or higher.
        """
        if "Authorization" not in self._http.headers:
            token = self._http.get(f"{self.url}/auth/token", timeout=30).json()["access_token"]
            self._http.headers["Authorization"] = f"Bearer {token}"
        response = self._http.request(method, f"{self.url}/api/v2{path}", json=body, params=parameters, timeout=60)
        if not response.ok:
            raise AirflowApiError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None

    def healthy(self, since: float) -> set[str]:
        """Return the names of the healthy components, or none while the API server does not respond.

        :param since: Ignore heartbeats before this time, in seconds since the epoch.
        """
        try:
            # Airflow builds its execution API at the first request, which takes seconds: not in the first task.
            self._http.get(f"{self.url}/execution/health", timeout=60).raise_for_status()
            report = self._http.get(f"{self.url}/api/v2/monitor/health", timeout=10)
            report.raise_for_status()
        except requests.RequestException:
            return set()
        healthy = {"api-server"}
        for name, component in COMPONENT_NAMES.items():
            state = report.json()[name]
            heartbeat = state[f"latest_{name}_heartbeat"]
            if state["status"] == "healthy" and datetime.fromisoformat(heartbeat).timestamp() >= since:
                healthy.add(component)
        return healthy

    # --- Connections, Variables and DAGs ------------------------------------------------------------------------------

    def create_connection(self, conn_id: str, fields: Mapping[str, Any]) -> None:
        """Create a connection, or replace an existing one.

        :param conn_id: Its id.
        :param fields: Its fields, as the REST API names them.
        """
        body = {"connection_id": conn_id, **fields}
        try:
            self.send("POST", "/connections", body)
        except AirflowApiError:
            self.send("PATCH", f"/connections/{conn_id}", body)

    def set_variable(self, key: str, value: str) -> None:
        """Create a Variable.

        :param key: Its key.
        :param value: Its value.
        """
        self.send("POST", "/variables", {"key": key, "value": value})

    def test_connection(self, conn_type: str, **fields: Any) -> tuple[bool, str]:
        """Test a connection as the Test button does, and return whether it works and the message.

        :param conn_type: Its type.
        :param fields: Its fields, as the REST API names them.
        """
        response = self.send("POST", "/connections/test", {"connection_id": "tested", "conn_type": conn_type, **fields})
        return response["status"], response["message"]

    def import_errors(self) -> list[Json]:
        """Return the import errors of DAG files, with ``filename`` and ``stack_trace``."""
        return self._all("/importErrors", "import_errors")

    def unpause(self, dag_id: str) -> None:
        """Unpause a DAG.

        :param dag_id: The DAG.
        """
        self.send("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def wait_for_dag(self, dag_id: str, timeout: float = 60) -> None:
        """Wait until a DAG has been parsed.

        :param dag_id: The DAG.
        :param timeout: Seconds to wait.
        :raises WaitError: If it has not been parsed in time, or a DAG file cannot be imported.
        """

        def parsed() -> bool:
            for error in self.import_errors():
                raise WaitError(f"{error['filename']} cannot be imported:\n{error['stack_trace']}")
            return any(dag["dag_id"] == dag_id for dag in self._all("/dags", "dags"))

        self.wait(f"DAG {dag_id} to be parsed", parsed, timeout)

    # --- DAG runs -----------------------------------------------------------------------------------------------------

    def trigger(self, dag_id: str, conf: Json | None = None) -> str:
        """Start a run of a DAG, and return the id of the run.

        :param dag_id: The DAG.
        :param conf: Parameters of the run.
        """
        run = self.send("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf or {}})
        return str(run["dag_run_id"])

    def dag_run(self, dag_id: str, run_id: str) -> Json:
        """Return one run.

        :param dag_id: The DAG.
        :param run_id: The run.
        """
        run: Json = self.send("GET", _run(dag_id, run_id))
        return run

    def dag_runs(self, dag_id: str) -> list[Json]:
        """Return the runs of a DAG, oldest first.

        :param dag_id: The DAG.
        """
        return self._all(f"/dags/{dag_id}/dagRuns", "dag_runs", order_by="id")

    def wait_for_new_run(self, dag_id: str, known: Collection[str] = (), timeout: float = 60) -> str:
        """Wait for a new run of a DAG, and return its id.

        :param dag_id: The DAG.
        :param known: The ids of older runs.
        :param timeout: Seconds to wait.
        :raises WaitError: If no new run has started in time.
        """

        def new() -> str | None:
            return next((run["dag_run_id"] for run in self.dag_runs(dag_id) if run["dag_run_id"] not in known), None)

        return self.wait(f"a new run of {dag_id}", new, timeout)

    def wait_for_run(
        self,
        dag_id: str,
        run_id: str,
        timeout: float = 180,
        states: Collection[str] = ("success",),
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Json:
        """Wait until a run has ended, and return it.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param timeout: Seconds to wait.
        :param states: The expected final states.
        :param meanwhile: Called after each poll, including the last.
        :raises WaitError: If it has not ended in time, or in another state. The message has the states of its tasks
            and the logs of those that have not succeeded.
        """

        def ended() -> Json | None:
            run = self.dag_run(dag_id, run_id)
            meanwhile()
            return run if run["state"] in FINISHED else None

        try:
            run = self.wait(f"run {run_id} of {dag_id} to end", ended, timeout)
        except WaitError as error:
            raise WaitError(f"{error}\n{self._describe_tasks(dag_id, run_id)}") from None
        if run["state"] not in states:
            raise WaitError(
                f"Run {run_id} of {dag_id} ended as {run['state']}.\n{self._describe_tasks(dag_id, run_id)}"
            )
        return run

    def set_run_state(self, dag_id: str, run_id: str, state: str) -> None:
        """Mark a run as a user does on the page.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param state: ``success`` or ``failed``.
        """
        self.send("PATCH", _run(dag_id, run_id), {"state": state})

    # --- Task instances -----------------------------------------------------------------------------------------------

    def task_instances(self, dag_id: str, run_id: str) -> list[Json]:
        """Return the task instances of a run, one per map index.

        :param dag_id: The DAG.
        :param run_id: The run.
        """
        return self._all(f"{_run(dag_id, run_id)}/taskInstances", "task_instances")

    def task_instance(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Return one task instance.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param map_index: Its map index; -1 if the task is not mapped.
        """
        instance: Json = self.send("GET", _task(dag_id, run_id, task_id, map_index))
        return instance

    def wait_for_task(
        self, dag_id: str, run_id: str, task_id: str, *states: str, map_index: int = -1, timeout: float = 60
    ) -> Json:
        """Wait until a task instance is in one of the states, and return it.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param states: The states.
        :param map_index: Its map index; -1 if the task is not mapped.
        :param timeout: Seconds to wait.
        :raises WaitError: If it is in none of the states in time.
        """

        def arrived() -> Json | None:
            instances = [
                instance
                for instance in self.task_instances(dag_id, run_id)
                if (instance["task_id"], instance["map_index"]) == (task_id, map_index)
            ]
            return instances[0] if instances and instances[0]["state"] in states else None

        try:
            return self.wait(f"task {task_id} of {run_id} to be {' or '.join(states)}", arrived, timeout)
        except WaitError as error:
            raise WaitError(f"{error}\n{self._describe_tasks(dag_id, run_id)}") from None

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """Return the log of one try of a task as text: one line per entry, with time and level.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param try_number: The try.
        :param map_index: The map index; -1 if the task is not mapped.
        """
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}/logs/{try_number}"
        log = self.send("GET", path, map_index=map_index, full_content="true")
        return "\n".join(_log_line(entry) for entry in log["content"])

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """Return the value of an XCom.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param key: The key; by default that of the task's result.
        :param map_index: The map index; -1 if the task is not mapped.
        """
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}/xcomEntries/{quote(key)}"
        return self.send("GET", path, map_index=map_index, deserialize="true")["value"]

    def rendered_fields(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Return the rendered template fields of a task instance.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param map_index: The map index; -1 if the task is not mapped.
        """
        fields: Json = self.task_instance(dag_id, run_id, task_id, map_index)["rendered_fields"]
        return fields

    def links(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Return the extra links of a task instance: name to address, or ``None`` while a link has no address.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param map_index: The map index; -1 if the task is not mapped.
        """
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}/links"
        links: Json = self.send("GET", path, map_index=map_index)["extra_links"]
        return links

    def state_store(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Return the keys and values that a task instance has in the task state store.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param map_index: The map index; -1 if the task is not mapped.
        """
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}/state-store"
        entries = self.send("GET", path, map_index=map_index)["task_state_store"]
        return {entry["key"]: entry["value"] for entry in entries}

    def set_state(self, dag_id: str, run_id: str, task_id: str, state: str, map_index: int = -1) -> None:
        """Mark a task instance as a user does on the page.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param state: ``success``, ``failed`` or ``skipped``.
        :param map_index: The map index; -1 if the task is not mapped.
        """
        self.send("PATCH", _task(dag_id, run_id, task_id, map_index), {"new_state": state})

    def clear(self, dag_id: str, run_id: str, task_ids: Sequence[str]) -> None:
        """Clear task instances as a user does on the page, so that they run again.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_ids: The tasks.
        """
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": list(task_ids)}
        body |= {"only_failed": False, "reset_dag_runs": True}
        self.send("POST", f"/dags/{dag_id}/clearTaskInstances", body)

    def respond(self, dag_id: str, run_id: str, task_id: str, option: str) -> None:
        """Choose an option of a task that waits for a person, as a user does on the page.

        :param dag_id: The DAG.
        :param run_id: The run.
        :param task_id: The task.
        :param option: The option, such as ``Approve``.
        """
        path = f"{_task(dag_id, run_id, task_id, -1)}/-1/hitlDetails"
        self.send("PATCH", path, {"chosen_options": [option], "params_input": {}})

    # --- Waiting ------------------------------------------------------------------------------------------------------

    def wait(self, event: str, probe: Callable[[], T | None], timeout: float, every: float = 0.5) -> T:
        """Call a function until it returns a true value, and return that value.

        :param event: The expected event, for the error message.
        :param probe: The function.
        :param timeout: Seconds to wait.
        :param every: Seconds between two calls.
        :raises WaitError: If the function has returned no true value in time.
        """
        deadline = time.monotonic() + timeout
        while not (value := probe()):
            if time.monotonic() > deadline:
                raise WaitError(f"Timed out after {timeout:.0f} s while waiting for {event}.")
            time.sleep(every)
        return value

    def _describe_tasks(self, dag_id: str, run_id: str) -> str:
        """Return the states of a run's tasks, with the last log lines of each that has started and not succeeded."""
        lines = []
        for instance in self.task_instances(dag_id, run_id):
            lines.append(f"{instance['task_id']}[{instance['map_index']}]: {instance['state']}")
            if instance["try_number"] and instance["state"] not in {"success", "skipped", "upstream_failed"}:
                log = self.task_log(dag_id, run_id, instance["task_id"], instance["try_number"], instance["map_index"])
                lines += [f"    {line}" for line in log.splitlines()[-25:]]
        return "\n".join(lines)

    def _all(self, path: str, key: str, **parameters: str) -> list[Json]:
        """Return the items of all pages of a listing."""
        items: list[Json] = []
        while True:
            page = self.send("GET", path, limit=100, offset=len(items), **parameters)
            items += page[key]
            if not page[key] or len(items) >= page["total_entries"]:
                return items


def _run(dag_id: str, run_id: str) -> str:
    return f"/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}"


def _task(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
    path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}"
    return path if map_index < 0 else f"{path}/{map_index}"


def _log_line(entry: str | Json) -> str:
    """Return an entry of a task log as a line of text, followed by its exceptions."""
    if isinstance(entry, str):
        return entry
    lines = [" ".join(str(entry[key]) for key in ("timestamp", "level", "event") if entry.get(key))]
    for error in entry.get("error_detail") or []:
        lines += [f"  {frame['filename']}:{frame['lineno']} in {frame['name']}" for frame in error["frames"]]
        lines.append(f"{error['exc_type']}: {error['exc_value']}")
    return "\n".join(lines)

"""
What the demo and the system tests ask of Airflow's REST API, and how they wait.

JSON is returned as Airflow sends it. Every wait has a deadline; when it passes, the message says what was waited for
and ends with the log that is most likely to tell why.
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
"""The states in which a DAG run stays."""

COMPONENT_NAMES = {"scheduler": "scheduler", "triggerer": "triggerer", "dag_processor": "dag-processor"}
"""The health report's names of the components, and those of the commands that start them."""


class AirflowApiError(Exception):
    """Airflow refused a request: method, path, status and what it answered."""


class WaitError(Exception):
    """What was waited for did not happen, in time or at all."""


class AirflowApi:
    """
    A client of one Airflow that lets everybody in (`[core] simple_auth_manager_all_admins`).

    :param url: where its API server listens
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False  # it is on this machine: no proxy, no .netrc

    # --- Requests ---------------------------------------------------------------------------------------------------

    def send(self, method: str, path: str, body: Json | None = None, /, **parameters: str | int) -> Any:
        """
        Send a request to a path below /api/v2 and return the answer's JSON.

        :raises AirflowApiError: on a status of 400 or more
        """
        if "Authorization" not in self._http.headers:
            token = self._http.get(f"{self.url}/auth/token", timeout=30).json()["access_token"]
            self._http.headers["Authorization"] = f"Bearer {token}"
        answer = self._http.request(method, f"{self.url}/api/v2{path}", json=body, params=parameters, timeout=60)
        if not answer.ok:
            raise AirflowApiError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def healthy(self, since: float) -> set[str]:
        """
        Name the components that are well; all are missing while the API server does not answer.

        :param since: only a heartbeat after this time counts, in seconds since the epoch
        """
        try:
            # Building the tasks' API takes seconds. Unless it is asked for now, the first task waits for it.
            self._http.get(f"{self.url}/execution/health", timeout=60).raise_for_status()
            report = self._http.get(f"{self.url}/api/v2/monitor/health", timeout=10)
            report.raise_for_status()
        except requests.RequestException:
            return set()
        well = {"api-server"}
        for name, component in COMPONENT_NAMES.items():
            state = report.json()[name]
            beat = state[f"latest_{name}_heartbeat"]
            if state["status"] == "healthy" and datetime.fromisoformat(beat).timestamp() >= since:
                well.add(component)
        return well

    # --- Connections, Variables and DAGs ------------------------------------------------------------------------------

    def create_connection(self, conn_id: str, fields: Mapping[str, Any]) -> None:
        """Make a connection, or replace the one that has this id."""
        body = {"connection_id": conn_id, **fields}
        try:
            self.send("POST", "/connections", body)
        except AirflowApiError:
            self.send("PATCH", f"/connections/{conn_id}", body)

    def set_variable(self, key: str, value: str) -> None:
        """Make a Variable."""
        self.send("POST", "/variables", {"key": key, "value": value})

    def test_connection(self, conn_type: str, **fields: Any) -> tuple[bool, str]:
        """Do what the connection form's Test button does; return whether it worked, and the message."""
        answer = self.send("POST", "/connections/test", {"connection_id": "tested", "conn_type": conn_type, **fields})
        return answer["status"], answer["message"]

    def import_errors(self) -> list[Json]:
        """List the DAG files that could not be imported, with `filename` and `stack_trace`."""
        return self._all("/importErrors", "import_errors")

    def unpause(self, dag_id: str) -> None:
        """Let a DAG run."""
        self.send("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def wait_for_dag(self, dag_id: str, timeout: float = 60) -> None:
        """
        Wait until a DAG has been parsed.

        :raises WaitError: when it is not there in time, or a DAG file cannot be imported
        """

        def parsed() -> bool:
            for error in self.import_errors():
                raise WaitError(f"{error['filename']} cannot be imported:\n{error['stack_trace']}")
            return any(dag["dag_id"] == dag_id for dag in self._all("/dags", "dags"))

        self.wait(f"DAG {dag_id} to be parsed", parsed, timeout)

    # --- DAG runs -----------------------------------------------------------------------------------------------------

    def trigger(self, dag_id: str, conf: Json | None = None) -> str:
        """Start a run of a DAG with parameters; return the run's id."""
        run = self.send("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf or {}})
        return str(run["dag_run_id"])

    def dag_run(self, dag_id: str, run_id: str) -> Json:
        """Show one run."""
        run: Json = self.send("GET", _run(dag_id, run_id))
        return run

    def dag_runs(self, dag_id: str) -> list[Json]:
        """List a DAG's runs, oldest first."""
        return self._all(f"/dags/{dag_id}/dagRuns", "dag_runs", order_by="id")

    def wait_for_new_run(self, dag_id: str, known: Collection[str] = (), timeout: float = 60) -> str:
        """Wait for a run of a DAG whose id is not among the known ones; return its id."""

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
        """
        Wait until a run has ended; return it.

        :param states: the states in which it should end
        :param meanwhile: called between two looks, and once more when it has ended
        :raises WaitError: when it ended in another state or not in time, with its tasks' states and a log
        """

        def ended() -> Json | None:
            run = self.dag_run(dag_id, run_id)
            meanwhile()
            return run if run["state"] in FINISHED else None

        try:
            run = self.wait(f"run {run_id} of {dag_id} to end", ended, timeout)
        except WaitError as error:
            raise WaitError(f"{error}\n{self._account(dag_id, run_id)}") from None
        if run["state"] not in states:
            raise WaitError(f"Run {run_id} of {dag_id} ended as {run['state']}.\n{self._account(dag_id, run_id)}")
        return run

    def set_run_state(self, dag_id: str, run_id: str, state: str) -> None:
        """Mark a run as success or failed, as a person does on the page."""
        self.send("PATCH", _run(dag_id, run_id), {"state": state})

    # --- Task instances -----------------------------------------------------------------------------------------------

    def task_instances(self, dag_id: str, run_id: str) -> list[Json]:
        """List a run's task instances, one for each map index."""
        return self._all(f"{_run(dag_id, run_id)}/taskInstances", "task_instances")

    def task_instance(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Show one task instance."""
        instance: Json = self.send("GET", _task(dag_id, run_id, task_id, map_index))
        return instance

    def wait_for_task(
        self, dag_id: str, run_id: str, task_id: str, *states: str, map_index: int = -1, timeout: float = 60
    ) -> Json:
        """Wait until a task instance is in one of the states; return it."""

        def arrived() -> Json | None:
            found = [
                instance
                for instance in self.task_instances(dag_id, run_id)
                if (instance["task_id"], instance["map_index"]) == (task_id, map_index)
            ]
            return found[0] if found and found[0]["state"] in states else None

        try:
            return self.wait(f"task {task_id} of {run_id} to be {' or '.join(states)}", arrived, timeout)
        except WaitError as error:
            raise WaitError(f"{error}\n{self._account(dag_id, run_id)}") from None

    def task_log(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """Return the log of one try of a task as the page shows it: a line an entry, with time and level."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}/logs/{try_number}"
        answer = self.send("GET", path, map_index=map_index, full_content="true")
        return "\n".join(_log_line(entry) for entry in answer["content"])

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value", map_index: int = -1) -> Any:
        """Return the value of a task's XCom."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}/xcomEntries/{quote(key)}"
        return self.send("GET", path, map_index=map_index, deserialize="true")["value"]

    def rendered_fields(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Return a task instance's template fields with their values."""
        fields: Json = self.task_instance(dag_id, run_id, task_id, map_index)["rendered_fields"]
        return fields

    def links(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Return a task instance's extra links: name to address, None while there is none."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}/links"
        links: Json = self.send("GET", path, map_index=map_index)["extra_links"]
        return links

    def state_store(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> Json:
        """Return what a task instance keeps in the task state store: key to value."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}/state-store"
        entries = self.send("GET", path, map_index=map_index)["task_state_store"]
        return {entry["key"]: entry["value"] for entry in entries}

    def set_state(self, dag_id: str, run_id: str, task_id: str, state: str, map_index: int = -1) -> None:
        """Mark a task instance as success, failed or skipped, as a person does on the page."""
        self.send("PATCH", _task(dag_id, run_id, task_id, map_index), {"new_state": state})

    def clear(self, dag_id: str, run_id: str, task_ids: Sequence[str]) -> None:
        """Clear task instances, so that they run again, as a person does on the page."""
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": list(task_ids)}
        body |= {"only_failed": False, "reset_dag_runs": True}
        self.send("POST", f"/dags/{dag_id}/clearTaskInstances", body)

    # --- Waiting ------------------------------------------------------------------------------------------------------

    def wait(self, what: str, probe: Callable[[], T | None], timeout: float, every: float = 0.5) -> T:
        """
        Ask again and again until the answer is neither None nor false; return it.

        :param what: what is waited for, to complete "waited 60 s for ..."
        :param timeout: in seconds
        :param every: seconds between two questions
        :raises WaitError: when the time is over
        """
        deadline = time.monotonic() + timeout
        while not (answer := probe()):
            if time.monotonic() > deadline:
                raise WaitError(f"Waited {timeout:.0f} s in vain for {what}.")
            time.sleep(every)
        return answer

    def _account(self, dag_id: str, run_id: str) -> str:
        """Say how a run's tasks stand, with the end of the log of each that is neither done nor to come."""
        lines = []
        for instance in self.task_instances(dag_id, run_id):
            lines.append(f"{instance['task_id']}[{instance['map_index']}]: {instance['state']}")
            if instance["try_number"] and instance["state"] not in {"success", "skipped", "upstream_failed"}:
                log = self.task_log(dag_id, run_id, instance["task_id"], instance["try_number"], instance["map_index"])
                lines += [f"    {line}" for line in log.splitlines()[-25:]]
        return "\n".join(lines)

    def _all(self, path: str, key: str, **parameters: str) -> list[Json]:
        """List all that a listing has, page by page."""
        found: list[Json] = []
        while True:
            page = self.send("GET", path, limit=100, offset=len(found), **parameters)
            found += page[key]
            if not page[key] or len(found) >= page["total_entries"]:
                return found


def _run(dag_id: str, run_id: str) -> str:
    return f"/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}"


def _task(dag_id: str, run_id: str, task_id: str, map_index: int) -> str:
    path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}"
    return path if map_index < 0 else f"{path}/{map_index}"


def _log_line(entry: str | Json) -> str:
    """Return an entry of a task log as a line of text, and below it the exceptions that it brings."""
    if isinstance(entry, str):
        return entry
    lines = [" ".join(str(entry[key]) for key in ("timestamp", "level", "event") if entry.get(key))]
    for error in entry.get("error_detail") or []:
        lines += [f"  {frame['filename']}:{frame['lineno']} in {frame['name']}" for frame in error["frames"]]
        lines.append(f"{error['exc_type']}: {error['exc_value']}")
    return "\n".join(lines)

"""
A real Airflow on this machine, on SQLite: API server, scheduler, DAG processor and triggerer, a process each.

    with LocalAirflow(home, dags=[Path("dags_examples")], connections={"canvas_default": {...}}) as airflow:
        run_id = airflow.api.trigger("canvas_course_copy")
        airflow.api.wait_for_run("canvas_course_copy", run_id)
        airflow.restart("triggerer")

The demo, `make airflow` and the system tests use it. Everything listens on 127.0.0.1 only, on a free port, and
nothing outlives the `with` block or the process that entered it. The components are started one by one rather than
with `airflow standalone`, so that a test can take one away.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil  # type: ignore[import-untyped]
from airflow_api import AirflowApi
from processes import Child, end_all, free_port, tail

COMPONENTS: Mapping[str, Sequence[str]] = {
    "api-server": ["api-server"],
    # Without their log servers, which would listen on all interfaces: the API server reads the log files itself.
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}

SETTINGS: Mapping[str, str] = {
    "core.load_examples": "False",
    "core.executor": "LocalExecutor",
    "core.parallelism": "8",
    "core.dags_are_paused_at_creation": "False",
    "core.simple_auth_manager_all_admins": "True",
    "core.default_task_retry_delay": "5",
    "core.test_connection": "Enabled",
    "core.hostname_callable": "socket.gethostname",
    "api.host": "127.0.0.1",
    "api.workers": "1",
    "usage_data_collection.enabled": "False",
    # There are no log servers (see above); nobody else's is to be asked.
    "logging.worker_log_server_port": "1",
    "logging.trigger_log_server_port": "1",
    # Somebody is watching: look more often than a production Airflow would.
    "scheduler.scheduler_idle_sleep_time": "0.25",
    "scheduler.trigger_timeout_check_interval": "2",
    "dag_processor.refresh_interval": "5",
    "dag_processor.bundle_refresh_check_interval": "1",
}

START_TIMEOUT = 120.0


class StartError(Exception):
    """A component did not start, or ended by itself; the message ends with the last lines of its log."""


class LocalAirflow:
    """
    An Airflow that runs while the `with` block is open.

    :param home: where its database, configuration and logs go; made when missing
    :param dags: folder or folders of DAG files
    :param connections: Airflow connections to make, by id: the fields of Airflow's REST API (`conn_type`, `host`,
        `password`, `extra` as JSON text, ...)
    :param settings: options of airflow.cfg, as `section.option`; they go before `SETTINGS`
    :param pythonpath: folders from which DAGs and triggers can import modules
    :param report: told in a few words what is being done while it starts
    """

    components: Mapping[str, Sequence[str]] = COMPONENTS

    def __init__(
        self,
        home: Path,
        dags: Path | Sequence[Path],
        connections: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        pythonpath: Sequence[Path] = (),
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.home = home.resolve()
        self.logs = self.home / "logs"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.api = AirflowApi(self.url)
        self._connections = connections or {}
        self._report = report
        self._env = environment(
            self.home, self.port, [dags] if isinstance(dags, Path) else dags, settings or {}, pythonpath
        )
        self._components: dict[str, Child] = {}

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            self._report("making Airflow's database")
            self.command("db", "migrate")
            self._report("starting Airflow")
            for component in self.components:
                self.start(component)
            self._wait_until_healthy(*self.components)
            for conn_id, fields in self._connections.items():
                self.api.create_connection(conn_id, fields)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def command(self, *arguments: str) -> str:
        """
        Run an `airflow` command in this Airflow's environment, wait for it and return what it printed.

        :raises StartError: when it fails
        """
        log = self.log(arguments[0])
        log.unlink(missing_ok=True)
        child = Child(arguments[0], airflow(*arguments), env=self._env, log=log)
        try:
            code = child.wait()
        finally:
            end_all([child])
        if code:
            raise StartError(f"airflow {' '.join(arguments)} failed:\n{tail(log)}")
        return log.read_text()

    def start(self, component: str) -> None:
        """Start a component, one of `components`; does not wait until it is ready."""
        self._components[component] = Child(
            component, airflow(*self.components[component]), env=self._env, log=self.log(component)
        )

    def kill(self, component: str, signum: signal.Signals = signal.SIGKILL) -> None:
        """Send a component's main process a signal, and wait until the whole component is gone."""
        self._components.pop(component).kill(signum)

    def restart(self, component: str, signum: signal.Signals = signal.SIGTERM, down_for: float = 0.0) -> None:
        """Kill a component, start it again, `down_for` seconds later, and wait until it is ready."""
        self.kill(component, signum)
        time.sleep(down_for)
        self.start(component)
        self._wait_until_healthy(component)

    def stop(self) -> None:
        """End all components and wait until nothing of them is left."""
        components, self._components = self._components, {}
        end_all(components.values())

    def pid(self, component: str) -> int:
        """Return the id of a component's main process."""
        return self._components[component].pid

    def processes(self, component: str) -> list[psutil.Process]:
        """List a component's processes; those of running tasks belong to the scheduler."""
        return self._components[component].processes()

    def log(self, component: str) -> Path:
        """Return the file that has a component's own output."""
        return self.logs / f"{component}.log"

    def check(self) -> None:
        """
        See whether all components still run.

        :raises StartError: when one has ended by itself
        """
        for component, child in self._components.items():
            if not child.running:
                raise StartError(f"Airflow's {component} ended:\n{child.tail()}")

    def _wait_until_healthy(self, *components: str) -> None:
        """
        Wait until the components answer, and wrote a heartbeat since they were started.

        :raises StartError: when one has ended or the time is over
        """
        started, deadline = time.time(), time.monotonic() + START_TIMEOUT
        waiting = set(components)
        while waiting:
            self.check()
            if time.monotonic() > deadline:
                logs = "\n".join(f"{component}:\n{tail(self.log(component))}" for component in sorted(waiting))
                raise StartError(f"not ready after {START_TIMEOUT:.0f} s: {', '.join(sorted(waiting))}\n{logs}")
            time.sleep(0.1)
            waiting -= self.api.healthy(since=started)


def airflow(*arguments: str) -> list[str]:
    """Return the command line of an `airflow` command of this Python."""
    return [sys.executable, "-m", "airflow", *arguments]


def environment(
    home: Path, port: int, dags: Sequence[Path], settings: Mapping[str, str], pythonpath: Sequence[Path]
) -> dict[str, str]:
    """Return this process's environment with all of Airflow's settings replaced by ours."""
    url = f"http://127.0.0.1:{port}"
    bundles = [
        {
            "name": folder.name,
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(folder.resolve())},
        }
        for folder in dags
    ]
    ours = {
        **SETTINGS,
        "core.execution_api_server_url": f"{url}/execution/",
        "api.port": str(port),
        "api.base_url": url,
        "dag_processor.dag_bundle_config_list": json.dumps(bundles),
        **settings,
    }
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    # Airflow is 2,000 modules: a component that may not write bytecode starts twice as slowly, every time.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    for option, value in ours.items():
        section, name = option.split(".")
        env[f"AIRFLOW__{section.upper()}__{name.upper()}"] = value
    return {
        **env,
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": os.pathsep.join([*map(str, pythonpath), *filter(None, [env.get("PYTHONPATH")])]),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }

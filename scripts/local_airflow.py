"""Run a real Airflow on this machine, on SQLite: API server, scheduler, DAG processor and triggerer.

    with LocalAirflow(home, dags=[Path("dags_examples")], connections={"canvas_default": {...}}) as airflow:
        run_id = airflow.api.trigger("canvas_course_copy")
        airflow.api.wait_for_run("canvas_course_copy", run_id)
        airflow.restart("triggerer")

The demo, ``make airflow`` and the system tests use it. It listens on a free port of 127.0.0.1 only. All its processes
end with the ``with`` block, or with the process that entered the block. Each component is a child process of its own,
unlike with ``airflow standalone``, so that a test can stop one of them.
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

import psutil
from airflow_api import AirflowApi
from processes import Child, end_all, free_port, tail

COMPONENTS: Mapping[str, Sequence[str]] = {
    "api-server": ["api-server"],
    # Without log servers, which would listen on all interfaces. The API server reads the log files itself.
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
    # There are no log servers (see above), so no requests are sent to the default ports.
    "logging.worker_log_server_port": "1",
    "logging.trigger_log_server_port": "1",
    # Shorter intervals than in production, because people and tests are waiting.
    "scheduler.scheduler_idle_sleep_time": "0.25",
    "scheduler.trigger_timeout_check_interval": "2",
    "dag_processor.refresh_interval": "5",
    "dag_processor.bundle_refresh_check_interval": "1",
}

START_TIMEOUT = 120.0


class StartError(Exception):
    """Raised if a component does not start, or ends unexpectedly. The message ends with the last lines of its log."""


class LocalAirflow:
    """An Airflow that runs during a ``with`` block.

    :param home: The folder for its database, configuration and logs; created if it does not exist.
    :param dags: A folder of DAG files, or several.
    :param connections: Airflow connections to create, by id. Their fields are those of Airflow's REST API
        (``conn_type``, ``host``, ``password``, ``extra`` as JSON text, ...).
    :param settings: Options of ``airflow.cfg``, as ``section.option``. They override ``SETTINGS``.
    :param pythonpath: Folders from which DAGs and triggers can import modules.
    :param report: Called with a short text before each step of the start.
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
            self._report("creating Airflow's database")
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
        """Run an ``airflow`` command in the environment of this Airflow, and return its output.

        :param arguments: The arguments of the command.
        :raises StartError: If the command fails.
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
        """Start a component, without waiting until it is ready.

        :param component: One of ``components``.
        """
        self._components[component] = Child(
            component, airflow(*self.components[component]), env=self._env, log=self.log(component)
        )

    def kill(self, component: str, signum: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the main process of a component, and wait until all its processes have ended.

        :param component: One of ``components``.
        :param signum: The signal; by default ``SIGKILL``.
        """
        self._components.pop(component).kill(signum)

    def restart(self, component: str, signum: signal.Signals = signal.SIGTERM, down_for: float = 0.0) -> None:
        """Kill a component, start it again, and wait until it is ready.

        :param component: One of ``components``.
        :param signum: The signal; by default ``SIGTERM``.
        :param down_for: Seconds between the end and the new start.
        """
        self.kill(component, signum)
        time.sleep(down_for)
        self.start(component)
        self._wait_until_healthy(component)

    def stop(self) -> None:
        """End all components, and wait until all their processes have ended."""
        components, self._components = self._components, {}
        end_all(components.values())

    def pid(self, component: str) -> int:
        """Return the process id of a component's main process.

        :param component: One of ``components``.
        """
        return self._components[component].pid

    def processes(self, component: str) -> list[psutil.Process]:
        """Return the processes of a component. Those of running tasks belong to the scheduler.

        :param component: One of ``components``.
        """
        return self._components[component].processes()

    def log(self, component: str) -> Path:
        """Return the log file of a component.

        :param component: One of ``components``, or a command.
        """
        return self.logs / f"{component}.log"

    def check(self) -> None:
        """Check that all components are still running.

        :raises StartError: If one has ended.
        """
        for component, child in self._components.items():
            if not child.running:
                raise StartError(f"Airflow's {component} ended:\n{child.tail()}")

    def _wait_until_healthy(self, *components: str) -> None:
        """Wait until the components respond and have sent a heartbeat since they were started.

        :raises StartError: If one has ended, or is not ready in time.
        """
        started, deadline = time.time(), time.monotonic() + START_TIMEOUT
        waiting = set(components)
        while waiting:
            self.check()
            if time.monotonic() > deadline:
                logs = "\n".join(f"{component}:\n{tail(self.log(component))}" for component in sorted(waiting))
                raise StartError(f"Not ready after {START_TIMEOUT:.0f} s: {', '.join(sorted(waiting))}\n{logs}")
            time.sleep(0.1)
            waiting -= self._healthy(started)

    def _healthy(self, since: float) -> set[str]:
        """Return the names of the components that are ready.

        :param since: Ignore heartbeats before this time, in seconds since the epoch.
        """
        return self.api.healthy(since)


def airflow(*arguments: str) -> list[str]:
    """Return the command line of an ``airflow`` command of this Python.

    :param arguments: The arguments of the command.
    """
    return [sys.executable, "-m", "airflow", *arguments]


def environment(
    home: Path, port: int, dags: Sequence[Path], settings: Mapping[str, str], pythonpath: Sequence[Path]
) -> dict[str, str]:
    """Return the environment of this process with all Airflow settings replaced.

    :param home: The folder of Airflow.
    :param port: The port of the API server.
    :param dags: Folders of DAG files.
    :param settings: Options of ``airflow.cfg``, as ``section.option``.
    :param pythonpath: Folders from which modules can be imported.
    """
    url = f"http://127.0.0.1:{port}"
    bundles = [
        {
            "name": folder.name,
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(folder.resolve())},
        }
        for folder in dags
    ]
    options = {
        **SETTINGS,
        "core.execution_api_server_url": f"{url}/execution/",
        "api.port": str(port),
        "api.base_url": url,
        "dag_processor.dag_bundle_config_list": json.dumps(bundles),
        **settings,
    }
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    # Airflow has 2,000 modules: without compiled bytecode each start takes twice as long.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    for option, value in options.items():
        section, name = option.split(".")
        env[f"AIRFLOW__{section.upper()}__{name.upper()}"] = value
    return {
        **env,
        "AIRFLOW_HOME": str(home),
        "PYTHONPATH": os.pathsep.join([*map(str, pythonpath), *filter(None, [env.get("PYTHONPATH")])]),
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }

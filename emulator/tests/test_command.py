from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from canvas_emulator import __version__
from canvas_emulator.__main__ import MODULES, main
from canvas_emulator.options import command_parser

COMMAND = [sys.executable, "-m", "canvas_emulator"]


@contextmanager
def running_command(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run the command; yield the process, the URL and the token that it printed."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    try:
        address, token = process.stdout.readline(), process.stdout.readline()
        yield process, address.removeprefix("Canvas emulator: ").strip(), token.removeprefix("token: ").strip()
    finally:
        process.kill()
        process.communicate()


def test_token_of_the_environment_is_not_shown() -> None:
    """A token of the environment works, and stands neither in the output nor in the arguments of the process."""
    with running_command(CANVAS_EMULATOR_TOKEN="my-secret") as (process, url, token):
        assert token == "that of CANVAS_EMULATOR_TOKEN"
        user = requests.get(f"{url}/api/v1/users/self", headers={"Authorization": "Bearer my-secret"}, timeout=10)
        assert user.json()["name"] == "Canvas Service Account"
        assert "my-secret" not in str(process.args)


def test_a_blank_token_of_the_environment_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable, as a CI file or a compose file leaves it, means the token of the demo."""
    monkeypatch.setenv("CANVAS_EMULATOR_TOKEN", "")
    assert command_parser().parse_args([]).token == "demo-token-of-the-service-account"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_serves_until_a_signal(number: signal.Signals) -> None:
    """The command prints URL and token, responds, and ends with status 0 even with open connections."""
    with (
        running_command("--token", "my-token", "--copy-seconds", "7") as (process, url, token),
        requests.Session() as session,
    ):
        assert token == "my-token"
        user = session.get(f"{url}/api/v1/users/self", headers={"Authorization": f"Bearer {token}"}, timeout=10)
        assert user.json()["name"] == "Canvas Service Account"
        assert session.get(f"{url}/_emulator/state", timeout=10).json()["settings"]["copy_seconds"] == 7
        process.send_signal(number)
        _, err = process.communicate(timeout=10)
        assert (process.returncode, err) == (0, "")


def test_edition_is_an_option() -> None:
    """The command imitates the edition that its option names."""
    with running_command("--edition", "2023-06") as (_, url, _token):
        settings = requests.get(f"{url}/_emulator/state", timeout=10).json()["settings"]
        assert (settings["edition"], settings["max_per_page"]) == ("2023-06", 50)


def test_signal_right_after_the_start() -> None:
    """A signal right after the two printed lines ends the command with status 0."""
    with running_command() as (process, _, _):
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=10)
        assert (process.returncode, err) == (0, "")


def test_storage_hosts_are_available() -> None:
    """An upload goes to a storage host after the storage was switched while the command runs."""
    with running_command() as (_, url, token):
        assert requests.post(f"{url}/_emulator/settings", json={"storage": "s3"}, timeout=10).ok
        headers = {"Authorization": f"Bearer {token}"}
        target = requests.post(f"{url}/api/v1/users/self/files", headers=headers, data={"name": "a"}, timeout=10).json()
        assert not target["upload_url"].startswith(url)
        files = [(name, (None, value)) for name, value in target["upload_params"].items()]
        response = requests.post(target["upload_url"], files=[*files, ("file", ("a", b"abc"))], timeout=10)
        assert (response.status_code, response.json()["size"]) == (200, 3)


def test_listens_on_loopback_only() -> None:
    """The command listens on the loopback interface, whatever the port."""
    with running_command() as (_, url, _):
        assert url.startswith("http://127.0.0.1:")


def test_port_in_use_is_an_error_message(capsys: pytest.CaptureFixture[str]) -> None:
    """A port in use ends the command with an error message and a status, not with a traceback."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    assert capsys.readouterr().err == (
        f"canvas-emulator: port {port} is taken by another program, perhaps by another canvas-emulator. Stop it. "
        f"Choose another port, for example --port {port + 1}, or any free one: --port 0\n"
    )


def test_term_with_a_manual_clock() -> None:
    """``--courses term`` has 252 courses, and with ``--clock manual`` time moves only on request."""
    with running_command("--courses", "term", "--clock", "manual", "--lanes", "4") as (_, url, _):
        state = requests.get(f"{url}/_emulator/state", timeout=10).json()
        assert (len(state["courses"]), state["settings"]["lanes"]) == (252, 4)
        assert requests.get(f"{url}/_emulator/state", timeout=10).json()["time"] == state["time"]
        moved = requests.post(f"{url}/_emulator/clock", json={"advance": 60}, timeout=10).json()
        assert moved["time"] > state["time"]


def test_term_of_any_size() -> None:
    """``--sections`` and ``--situations`` add courses to a term."""
    arguments = ("--courses", "term", "--sections", "1000", "--situations")
    with running_command(*arguments) as (_, url, _):
        courses = requests.get(f"{url}/_emulator/state", timeout=10).json()["courses"]
        sis_ids = {course["sis_course_id"] for course in courses}
        assert len(courses) > 1000 + 60
        assert {"STAT-3010-015", "2026FA-PLAN-BLUEPRINT"} <= sis_ids


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sections", "5"],
        ["--situations"],
        ["--courses", "term", "--sections", "0"],
        ["--courses", "term", "--sections", "many"],
        ["--speed", "0"],
        ["--speed", "nan"],
        ["--speed", "inf"],
        ["--speed", "fast"],
        ["--copy-seconds", "-1"],
        ["--copy-seconds", "1e300"],
        ["--port", "65536"],
        ["--port", "-1"],
        ["--port", "http"],
        ["--lanes", "api=x"],
        ["--token", ""],
        ["--token", "two words"],
        ["--token", "it's"],
        ["--courses", "none"],
        ["--host", "::"],
    ],
)
def test_invalid_options_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Invalid and unknown options print the usage; no option makes the command listen on another interface."""
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    error = capsys.readouterr().err
    assert "usage: canvas-emulator" in error
    assert not re.search(r"invalid _\w+ value", error), "the message names a function of this package"


def test_a_wrong_edition_of_the_environment_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the environment variable and its values."""
    monkeypatch.setenv("CANVAS_EMULATOR_EDITION", "2022")
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "CANVAS_EMULATOR_EDITION must be one of 2023-06, current, not '2022'" in capsys.readouterr().err


def test_version_and_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``--version`` prints the version; ``--help`` describes each option, and has lines of 80 characters at most."""
    monkeypatch.setenv("COLUMNS", "80")
    for option in ("--version", "--help"):
        with pytest.raises(SystemExit, match="0"):
            main([option])
    out = capsys.readouterr().out
    assert out.startswith(f"canvas-emulator {__version__}\n")
    assert max(map(len, out.splitlines())) <= 80
    assert [action.dest for action in command_parser()._actions if not action.help] == []


@pytest.mark.parametrize("missing", [["graphql"], ["python_multipart"], list(MODULES)])
def test_missing_packages_are_an_error_message(missing: list[str]) -> None:
    """Without packages that the emulator needs, the command says what to install, and prints no traceback."""
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({missing!r}))\n"  # None: as if it were not installed
        "from canvas_emulator.__main__ import main; sys.exit(main([]))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stdout) == (1, "")
    names = ", ".join(MODULES[module] for module in missing)
    assert run.stderr.startswith(f"canvas-emulator {__version__} cannot start: {names} ")
    assert f"{sys.executable} -m pip install canvas-emulator" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "out", "err"),
    [
        (["--version"], 0, f"canvas-emulator {__version__}\n", ""),
        (["--help"], 0, "usage: canvas-emulator ", ""),
        (["--courses", "winter"], 2, "", "usage: canvas-emulator "),
        (["--port", "3001"], 1, "", f"canvas-emulator {__version__} cannot start: "),
    ],
)
def test_version_and_help_without_dependencies(arguments: list[str], status: int, out: str, err: str) -> None:
    """Without the packages that the emulator needs, ``--version``, ``--help`` and the check of options still work."""
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({list(MODULES)!r}))\n"
        f"from canvas_emulator.__main__ import main; sys.exit(main({arguments!r}))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == status
    assert run.stdout.startswith(out)
    assert run.stderr.startswith(err)
    assert "Traceback" not in run.stderr


def test_all_dependencies_are_checked() -> None:
    """The command checks exactly the dependencies of the distribution."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [re.split("[<>=]", each)[0] for each in project["dependencies"]] == list(MODULES.values())


@pytest.mark.parametrize("token", ["plain", "7~aB.c_d+e/f-g=="])
@pytest.mark.parametrize("of_environment", [True, False])
def test_the_printed_connection_can_be_pasted(token: str, of_environment: bool) -> None:
    """A shell that runs the printed line has the connection in its environment, with the right address and token."""
    arguments = [] if of_environment else ["--token", token]
    environment = {"CANVAS_EMULATOR_TOKEN": token} if of_environment else {}
    with running_command(*arguments, **environment) as (process, url, _):
        assert process.stdout is not None
        line = next(line for line in process.stdout if "export" in line)
        assert (token in line) is not of_environment
        shown = subprocess.run(
            ["sh", "-c", f'{line}\nprintf %s "$AIRFLOW_CONN_CANVAS_DEFAULT"'],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        ).stdout
    assert json.loads(shown) == {"conn_type": "canvas", "host": url, "password": token}

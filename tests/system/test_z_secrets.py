"""The token is in no file that the system tests leave, and the connection form shows and tests the right fields."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from airflow_api import AirflowApi
from local_canvas import LocalCanvas
from local_stack import LocalStack

pytestmark = pytest.mark.system

# The name sorts it last, because it searches the files that all other system tests leave.


def test_the_token_is_nowhere(local_stack: LocalStack, api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """No log, XCom, rendered field, table, report or event has the token; connections are stored encrypted."""
    home = local_stack.airflow.home
    files = [
        path for path in [*home.rglob("*"), *home.parent.glob("*.db*"), *home.parent.rglob("*.html")] if path.is_file()
    ]
    searched = {
        path for path in files if path.name != "canvas-emulator.log"
    }  # its second line shows the token to the user
    assert any(path.name == "airflow.db" for path in searched)
    assert any("copy_course" in str(path) and path.suffix == ".log" for path in searched)
    assert [path for path in searched if local_canvas.token.encode() in path.read_bytes()] == []
    assert [path for path in searched if _logs(path) and b"Bearer 7~" in path.read_bytes()] == []


def _logs(path: Path) -> bool:
    return path.suffix == ".log"


def test_the_triggerers_loop_was_never_blocked(local_stack: LocalStack) -> None:
    """Airflow has logged no blocked event loop of more than one second."""
    log = local_stack.airflow.log("triggerer").read_text(errors="replace")
    assert [seconds for seconds in re.findall(r"blocked for ([0-9.]+) seconds", log) if float(seconds) > 1] == []


def test_the_connection_test(api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """The Test button reports the user of a valid token, and advice for a rejected one."""
    ok, message = api.test_connection("canvas", host=local_canvas.url, password=local_canvas.token)
    assert (ok, message) == (True, f"Connected to {local_canvas.url} as Canvas Service Account (user 4).")
    ok, message = api.test_connection("canvas", host=local_canvas.url, password="7~refused")
    assert not ok
    assert "create a new one" in message


def test_the_connection_form(api: AirflowApi) -> None:
    """The form has the labels and fields of the provider, without importing the hook."""
    import requests

    token = api._http.headers["Authorization"]
    response = requests.get(f"{api.url}/ui/connections/hook_meta", headers={"Authorization": token}, timeout=30)
    (meta,) = [meta for meta in response.json() if meta["connection_type"] == "canvas"]
    assert meta["hook_name"] == "Canvas LMS"
    assert meta["standard_fields"]["host"]["title"] == "Base URL"
    assert meta["standard_fields"]["password"]["title"] == "Access token"
    assert meta["standard_fields"]["login"]["hidden"]
    assert set(meta["extra_fields"]) == {
        "per_page",
        "connect_timeout",
        "read_timeout",
        "retry_for",
        "as_user_id",
        "ca_bundle",
        "allow_http",
        "client_id",
        "client_secret",
        "refresh_token",
    }

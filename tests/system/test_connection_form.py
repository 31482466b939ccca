"""The connection form shows and tests the right fields."""

from __future__ import annotations

import pytest
from airflow_api import AirflowApi
from local_canvas import LocalCanvas

pytestmark = pytest.mark.system


def test_the_connection_test(api: AirflowApi, local_canvas: LocalCanvas) -> None:
    """The Test button reports the user of a valid token, and advice for a rejected one."""
    ok, message = api.test_connection("canvas", host=local_canvas.url, password=local_canvas.token)
    assert ok
    assert message.startswith(f"Connected to {local_canvas.url} as Canvas Service Account (user 4). ")
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
        "total_timeout",
        "max_response_mib",
        "retry_for",
        "as_user_id",
        "ca_bundle",
        "allow_http",
        "graphql",
        "client_id",
        "client_secret",
        "refresh_token",
    }

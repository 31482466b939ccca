"""The requests of the endpoints of Progress."""

from __future__ import annotations

import pytest

from airflow_provider_canvas.api.progress import Progress
from tests.api.wire import wire


def test_get() -> None:
    """A Progress is requested by its id, which may belong to another shard."""
    assert wire(Progress.get.call(progress_id="1~901")) == ("GET", "progress/1~901", [])


@pytest.mark.parametrize(("message", "params"), [(None, []), ("too late", [("message", "too late")])])
def test_cancel(message: str | None, params: list[tuple[str, str]]) -> None:
    """The message is sent if there is one."""
    assert wire(Progress.cancel.call(progress_id=901, message=message)) == ("POST", "progress/901/cancel", params)


def test_url_instead_of_an_id() -> None:
    """A ``progress_url`` is not accepted as an id."""
    with pytest.raises(ValueError, match="progress_id must be a number"):
        Progress.get.call(progress_id="https://canvas.example.edu/api/v1/progress/901")

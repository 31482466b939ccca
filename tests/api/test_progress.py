"""What the endpoints of Progress send."""

from __future__ import annotations

import pytest

from airflow_provider_canvas.api.progress import Progress
from tests.api.wire import wire


def test_get() -> None:
    """A Progress is found by its number, which may be another shard's."""
    assert wire(Progress.get.call(progress_id="1~901")) == ("GET", "progress/1~901", [])


@pytest.mark.parametrize(("message", "sent"), [(None, []), ("too late", [("message", "too late")])])
def test_cancel(message: str | None, sent: list[tuple[str, str]]) -> None:
    """The reason is sent if there is one."""
    assert wire(Progress.cancel.call(progress_id=901, message=message)) == ("POST", "progress/901/cancel", sent)


def test_an_address_is_no_id() -> None:
    """The ``progress_url`` of a migration is not what is asked for."""
    with pytest.raises(ValueError, match="progress_id must be a number"):
        Progress.get.call(progress_id="https://canvas.example.edu/api/v1/progress/901")

"""A client for Canvas: authentication, rate limits, retries, paging, uploads and downloads, errors.

Flows decide what to do next, without I/O (:mod:`.protocol`, :mod:`.caller`). Two clients run them:
:class:`CanvasClient` with requests, :class:`AsyncCanvasClient` with aiohttp. Nothing here needs Airflow, so the client
works in a notebook.

The public names are loaded when they are first used, so importing this package loads no HTTP library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_canvas.client.errors import (
        CanvasArgumentError,
        CanvasAuthenticationError,
        CanvasBatchError,
        CanvasBusyError,
        CanvasConflictError,
        CanvasConnectionError,
        CanvasError,
        CanvasInputError,
        CanvasIssuesError,
        CanvasJobError,
        CanvasJobTimeoutError,
        CanvasNameError,
        CanvasNotFoundError,
        CanvasPackageError,
        CanvasPermissionError,
        CanvasReconciliationError,
        CanvasRepairError,
        CanvasServerError,
        CanvasSourceChangedError,
        CanvasThrottledError,
        CanvasTimeoutError,
        CanvasTransportError,
        CanvasUnexpectedResponseError,
        CanvasValidationError,
    )
    from airflow_provider_canvas.client.settings import OAuth, Settings
    from airflow_provider_canvas.client.transports.aiohttp_client import AsyncCanvasClient
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient

__all__ = [
    "AsyncCanvasClient",
    "CanvasArgumentError",
    "CanvasAuthenticationError",
    "CanvasBatchError",
    "CanvasBusyError",
    "CanvasClient",
    "CanvasConflictError",
    "CanvasConnectionError",
    "CanvasError",
    "CanvasInputError",
    "CanvasIssuesError",
    "CanvasJobError",
    "CanvasJobTimeoutError",
    "CanvasNameError",
    "CanvasNotFoundError",
    "CanvasPackageError",
    "CanvasPermissionError",
    "CanvasReconciliationError",
    "CanvasRepairError",
    "CanvasServerError",
    "CanvasSourceChangedError",
    "CanvasThrottledError",
    "CanvasTimeoutError",
    "CanvasTransportError",
    "CanvasUnexpectedResponseError",
    "CanvasValidationError",
    "OAuth",
    "Settings",
]

_MODULES = {
    "AsyncCanvasClient": "transports.aiohttp_client",
    "CanvasClient": "transports.requests_client",
    "OAuth": "settings",
    "Settings": "settings",
}
"""Where the public names are defined; all others are in ``errors``."""

if not TYPE_CHECKING:  # otherwise type checkers would accept any name

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'errors')}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""What takes several requests that belong together: methods of every client and hook, beside the single endpoints.

Each is written once, as a conversation (see :mod:`~airflow_provider_canvas.client.protocol.flow`), and is a method
that blocks on ``Operations[Blocking]`` and one that is awaited on ``Operations[Awaiting]``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from airflow_provider_canvas.api.endpoint import IO, AsyncIO, SyncIO
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.courses.batch_update import update_courses
from airflow_provider_canvas.client.files.download import download
from airflow_provider_canvas.client.files.package_upload import fill_package, upload_package
from airflow_provider_canvas.client.files.upload import upload, upload_from_url
from airflow_provider_canvas.client.protocol.flow import Flow

P = ParamSpec("P")
T = TypeVar("T")


class Operation(Generic[P, T]):
    """A conversation as a method.

    :param converse: Makes the conversation, for a speaker and the method's arguments; its docstring is the method's.
    """

    def __init__(self, call_flow: Callable[Concatenate[Caller, P], Flow[T]]) -> None:
        self.call_flow = call_flow
        self.__doc__ = call_flow.__doc__

    @overload
    def __get__(self, at: None, owner: type) -> Self: ...
    @overload
    def __get__(self, at: Operations[SyncIO], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, at: Operations[AsyncIO], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, at: Any, owner: type) -> Any:
        if at is None:
            return self

        def perform(*args: P.args, **kwargs: P.kwargs) -> Any:
            return at.io.perform(lambda caller: self.call_flow(caller, *args, **kwargs))

        functools.update_wrapper(perform, self.call_flow)
        signature = inspect.signature(self.call_flow)
        perform.__signature__ = signature.replace(  # type: ignore[attr-defined]  # what help() shows
            parameters=list(signature.parameters.values())[1:], return_annotation=_result(signature.return_annotation)
        )
        return perform


def _result(flow: Any) -> str:
    """Return what a conversation ends with: ``File`` of ``Flow[File]``."""
    return str(flow).removeprefix("Flow[").removesuffix("]")


class Operations(Generic[IO]):
    """The list of procedures; ``io`` is a client that can ``perform`` conversations."""

    io: IO
    update_courses = Operation(update_courses)
    download = Operation(download)
    fill_package = Operation(fill_package)
    upload = Operation(upload)
    upload_from_url = Operation(upload_from_url)
    upload_package = Operation(upload_package)

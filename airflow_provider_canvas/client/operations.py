"""Operations of several requests, as methods of every client and hook, beside the single endpoints.

Each operation is written once, as a flow (see :mod:`~airflow_provider_canvas.client.protocol.flow`). It is a
synchronous method of ``Operations[SyncIO]`` and an asynchronous one of ``Operations[AsyncIO]``.
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
    """A flow as a method.

    :param flow: Makes the flow from a caller and the arguments of the method. Its docstring is the method's.
    """

    def __init__(self, flow: Callable[Concatenate[Caller, P], Flow[T]]) -> None:
        self.flow = flow
        self.__doc__ = flow.__doc__

    @overload
    def __get__(self, at: None, owner: type) -> Self: ...
    @overload
    def __get__(self, at: Operations[SyncIO], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, at: Operations[AsyncIO], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, at: Any, owner: type) -> Any:
        if at is None:
            return self

        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return at.io.run(lambda caller: self.flow(caller, *args, **kwargs))

        functools.update_wrapper(method, self.flow)
        signature = inspect.signature(self.flow)
        method.__signature__ = signature.replace(  # type: ignore[attr-defined]  # for help()
            parameters=list(signature.parameters.values())[1:], return_annotation=_result(signature.return_annotation)
        )
        return method


def _result(flow: Any) -> str:
    """Return the result type of a flow's annotation: ``File`` for ``Flow[File]``."""
    return str(flow).removeprefix("Flow[").removesuffix("]")


class Operations(Generic[IO]):
    """All operations. ``io`` is a client; its ``run`` runs flows."""

    io: IO
    update_courses = Operation(update_courses)
    download = Operation(download)
    fill_package = Operation(fill_package)
    upload = Operation(upload)
    upload_from_url = Operation(upload_from_url)
    upload_package = Operation(upload_package)

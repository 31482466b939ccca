"""What takes several requests that belong together: methods of every client and hook, beside the single endpoints.

Each is written once, as a conversation (see :mod:`~airflow_provider_canvas.client.steps`), and is a method that blocks
on ``Procedures[Blocking]`` and one that is awaited on ``Procedures[Awaiting]``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from airflow_provider_canvas.api.endpoint import IO, Awaiting, Blocking
from airflow_provider_canvas.client import batches, downloads, packages, uploads
from airflow_provider_canvas.client.conversation import Speaker
from airflow_provider_canvas.client.steps import Flow

P = ParamSpec("P")
T = TypeVar("T")


class Procedure(Generic[P, T]):
    """A conversation as a method.

    :param converse: Makes the conversation, for a speaker and the method's arguments; its docstring is the method's.
    """

    def __init__(self, converse: Callable[Concatenate[Speaker, P], Flow[T]]) -> None:
        self.converse = converse
        self.__doc__ = converse.__doc__

    @overload
    def __get__(self, at: None, owner: type) -> Self: ...
    @overload
    def __get__(self, at: Procedures[Blocking], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, at: Procedures[Awaiting], owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, at: Any, owner: type) -> Any:
        if at is None:
            return self

        def perform(*args: P.args, **kwargs: P.kwargs) -> Any:
            return at.io.perform(lambda speaker: self.converse(speaker, *args, **kwargs))

        functools.update_wrapper(perform, self.converse)
        signature = inspect.signature(self.converse)
        perform.__signature__ = signature.replace(  # type: ignore[attr-defined]  # what help() shows
            parameters=list(signature.parameters.values())[1:], return_annotation=_result(signature.return_annotation)
        )
        return perform


def _result(flow: Any) -> str:
    """Return what a conversation ends with: ``File`` of ``Flow[File]``."""
    return str(flow).removeprefix("Flow[").removesuffix("]")


class Procedures(Generic[IO]):
    """The list of procedures; ``io`` is a client that can ``perform`` conversations."""

    io: IO
    update_courses = Procedure(batches.update_courses)
    download = Procedure(downloads.download)
    fill_package = Procedure(packages.fill_package)
    upload = Procedure(uploads.upload)
    upload_from_url = Procedure(uploads.upload_from_url)
    upload_package = Procedure(packages.upload_package)

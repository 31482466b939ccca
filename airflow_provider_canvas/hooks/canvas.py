"""The synchronous hook: every endpoint of Canvas on an Airflow connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from airflow.providers.common.compat.sdk import AirflowNotFoundException, BaseHook

from airflow_provider_canvas.api.call import Call
from airflow_provider_canvas.api.canvas import Canvas
from airflow_provider_canvas.api.endpoint import SyncIO
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.client.operations import Operations
from airflow_provider_canvas.client.protocol.flow import Flow
from airflow_provider_canvas.client.settings import Settings
from airflow_provider_canvas.get_provider_info import CONN_FIELDS, UI_FIELD_BEHAVIOUR
from airflow_provider_canvas.hooks.connection_settings import read_settings
from airflow_provider_canvas.hooks.find_connection import find_fields

if TYPE_CHECKING:
    from airflow_provider_canvas.client.protocol.retry import RetryPolicy
    from airflow_provider_canvas.client.transports.requests_client import CanvasClient

T = TypeVar("T")


class CanvasHook(BaseHook, Canvas[SyncIO], Operations[SyncIO]):
    """A synchronous client for the Canvas of an Airflow connection.

    .. code-block:: python

        hook = CanvasHook("canvas_default")
        hook.courses.get(course_id="sis_course_id:BIOL-1010-001", include=["term"])
        for issue in hook.migration_issues.list(course_id=42, content_migration_id=7):
            ...

    Creating a hook does not read the connection: it is read and validated at the first call.

    :param canvas_conn_id: The id of the Airflow connection (default ``canvas_default``).
    """

    conn_name_attr = "canvas_conn_id"
    default_conn_name = "canvas_default"
    conn_type = "canvas"
    hook_name = "Canvas LMS"

    def __init__(self, canvas_conn_id: str = default_conn_name) -> None:
        super().__init__()
        Canvas.__init__(self)  # the base class of some Airflow versions does not call super()
        self.canvas_conn_id = canvas_conn_id

    @cached_property
    def settings(self) -> Settings:
        """The settings of the connection, validated.

        :raises CanvasConnectionError: When a field of the connection is not valid.
        """
        return self._read_settings()

    def _read_settings(self) -> Settings:
        return read_settings(find_fields(self.canvas_conn_id, self.get_connection))

    @cached_property
    def client(self) -> CanvasClient:
        """The client of this connection."""
        return self.new_client()

    def new_client(self, policy: RetryPolicy | None = None) -> CanvasClient:
        """Return a further client of this connection, which the caller closes.

        :param policy: How long it retries requests; by default as the connection says.
        """
        from airflow_provider_canvas.client.transports.requests_client import CanvasClient

        return CanvasClient(self.settings, policy, reload_settings=self._read_settings)

    def get_conn(self) -> CanvasClient:
        """Return the client of this connection."""
        return self.client

    def send(self, call: Call[T]) -> T:
        """Make a call and return its JSON.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        return self.client.send(call)

    def iterate(self, call: Call[T]) -> Iterator[T]:
        """Yield the items of all pages of a listing.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        return self.client.iterate(call)

    def iterate_pages(self, call: Call[T]) -> Iterator[list[T]]:
        """Yield the pages of a listing.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        return self.client.iterate_pages(call)

    def run(self, make_flow: Callable[[Caller], Flow[T]]) -> T:
        """Run a flow of several requests and return its result.

        :raises CanvasError: When Canvas refuses a request or does not respond.
        """
        return self.client.run(make_flow)

    def close(self) -> None:
        """Close the connections, if any are open."""
        if "client" in self.__dict__:
            self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def test_connection(self) -> tuple[bool, str]:
        """Check the connection: who the token's user is, and what they may do; without retries, with short timeouts."""
        from airflow_provider_canvas.client.transports.requests_client import CanvasClient
        from airflow_provider_canvas.hooks.connection_check import describe_connection

        try:
            settings = replace(self.settings, connect_timeout=4.0, read_timeout=5.0, total_timeout=5.0, retry_for=0.0)
            with CanvasClient(settings) as client:
                return client.run(describe_connection)
        except (CanvasInputError, CanvasError, AirflowNotFoundException) as error:
            return False, str(error)

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return the labels of the connection form. Airflow before 3.2 does not read them from the provider info."""
        return {name.replace("-", "_"): value for name, value in UI_FIELD_BEHAVIOUR.items()}

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the fields of the connection form. Airflow before 3.2 does not read them from the provider info."""
        from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget, BS3TextFieldWidget
        from wtforms import PasswordField, StringField

        def widget(field: dict[str, Any]) -> Any:
            secret = field["schema"].get("format") == "password"
            field_type = PasswordField if secret else StringField
            field_widget = BS3PasswordFieldWidget if secret else BS3TextFieldWidget
            return field_type(field["label"], description=field.get("description"), widget=field_widget())

        return {name: widget(field) for name, field in CONN_FIELDS.items()}

"""Operator that calls any endpoint of Canvas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.operators.base import CanvasOperator
from airflow_provider_canvas.utils.object_storage import check_output_path, write_rows
from airflow_provider_canvas.utils.parameters import parse_structure

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Context


class CanvasApiOperator(CanvasOperator):
    """Call one endpoint of Canvas and return the response.

    Endpoints have the names that they have on the hook; docs/endpoints.md lists them all. The response is
    stored in the XCom, without the signatures of URLs, which would grant access to their readers. A short list is
    stored there, too. With ``output_path``, a list is written to a file as JSON lines, and the result is
    ``{"output_path": ..., "rows": ...}``.

    If the response to a request that changes something is lost, the request is not sent again: neither at once nor by
    a retry of this task. Operators that start jobs can check in Canvas whether a request succeeded; this one cannot.

    .. code-block:: python

        CanvasApiOperator(
            task_id="hide_grades",
            endpoint="courses.update_settings",
            arguments={"course_id": "{{ params.course_id }}", "hide_final_grades": True},
        )

    .. seealso::
        https://developerdocs.instructure.com/services/canvas

    :param endpoint: The name of the endpoint, such as ``courses.update_settings``. (templated)
    :param arguments: The keyword arguments of the hook's method, as a dict. (templated)
    :param also: Additional parameters that only a newer Canvas knows, sent unchanged. ``{"include": ["brand_new"]}`` is
        added to the list in ``arguments``. (templated)
    :param output_path: The file that receives a list: a path on any object storage that Airflow supports, such as
        ``s3://aws_default@bucket/courses.jsonl``, or a local one. An existing file is replaced. (templated)
    :param inline_rows: The maximum number of rows in the XCom. Longer lists need ``output_path``. Default: 1000.
    :param canvas_conn_id: The connection. (templated)
    """

    template_fields: Sequence[str] = (
        *CanvasOperator.template_fields,
        "endpoint",
        "arguments",
        "also",
        "output_path",
    )
    template_fields_renderers = {"arguments": "json", "also": "json"}  # noqa: RUF012  # as Airflow's own operators

    def __init__(
        self,
        *,
        endpoint: str,
        arguments: Mapping[str, Any] | str | None = None,
        also: Mapping[str, Any] | str | None = None,
        output_path: str | None = None,
        inline_rows: int = 1000,
        canvas_conn_id: str = "canvas_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            canvas_conn_id=canvas_conn_id,
            **kwargs,
        )
        self.endpoint = endpoint
        self.arguments = arguments
        self.also = also
        self.output_path = output_path
        self.inline_rows = inline_rows

    def perform(self, context: Context) -> Any:  # noqa: ARG002  # the base class's
        """Call the endpoint, and return the response.

        :raises CanvasError: If Canvas rejects the request, or does not respond.
        """
        from airflow_provider_canvas.api.canvas import get_route
        from airflow_provider_canvas.api.source_course import copied_course
        from airflow_provider_canvas.client.errors import CanvasError
        from airflow_provider_canvas.operators.source_course import get_source_course
        from airflow_provider_canvas.security.redaction import scrub

        output_path = check_output_path("output_path", self.output_path)
        route = get_route(str(self.endpoint))
        call = route.call_with(_mapping("arguments", self.arguments)).with_params(**_mapping("also", self.also))
        if (source := copied_course(call)) is not None:
            get_source_course(self.hook, *source)
        if route.paginated:
            return self._return_rows((scrub(row) for row in self.hook.iterate(call)), output_path)
        try:
            response = scrub(self.hook.send(call))
        except CanvasError as error:
            if error.maybe_done:
                raise AirflowFailException(f"{error} This task is not retried for that reason.") from None
            raise
        if isinstance(response, list):
            return self._return_rows(iter(response), output_path)
        self.log.info("%s has succeeded: the response is the task's result.", self.endpoint)
        return response

    def _return_rows(self, rows: Iterator[Any], output_path: str | None) -> Any:
        """Return the rows, or the path and the number of rows if they are written to a file."""
        from airflow_provider_canvas.html.formats import format_count

        if output_path is not None:
            count = write_rows(output_path, rows)
            self.log.info("%s has succeeded: %s are in %s", self.endpoint, format_count(count, "row"), output_path)
            return {"output_path": output_path, "rows": count}
        inline = list(islice(rows, self.inline_rows + 1))
        if len(inline) > self.inline_rows:
            raise CanvasInputError(
                f"{self.endpoint} has more than {self.inline_rows} rows, too many for an XCom: give output_path, "
                "such as 's3://aws_default@bucket/courses.jsonl'."
            )
        self.log.info("%s has succeeded: %s are the task's result.", self.endpoint, format_count(len(inline), "row"))
        return inline


def _mapping(name: str, value: Any) -> dict[str, Any]:
    mapping = parse_structure(name, value)
    if mapping is not None and not isinstance(mapping, Mapping):
        raise CanvasInputError(f"{name} is {mapping!r}: write a dict of keywords, such as {{'course_id': 42}}.")
    return dict(mapping or {})

"""GraphQL: what one request reads there and many read with the REST API. It only queries.

https://developerdocs.instructure.com/services/canvas/basics/file.graphql
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from airflow_provider_canvas.api.endpoint import IO, Resource, one
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.graphql_content import CONNECTIONS, content_query
from airflow_provider_canvas.api.ids import Id
from airflow_provider_canvas.api.parameters import Params, check_choices
from airflow_provider_canvas.api.progress import ProgressRecord

MAX_ALIASES = 20
"""Aliases that Canvas accepts in one query, unless an administrator changed the limit."""

_FRAGMENT = "fragment P on Progress { _id state completion message updatedAt }"
_STATES = frozenset({"queued", "running", "completed", "failed"})


class GraphqlResponse(TypedDict, total=False):
    """The response to a query. It may have ``data`` and ``errors`` at the same time, both with status 200."""

    data: Mapping[str, Any] | None
    errors: Sequence[Mapping[str, Any]]


class Graphql(Resource[IO]):
    """Queries of GraphQL. Not every token may use it, so nothing depends on it.

    https://developerdocs.instructure.com/services/canvas/basics/file.graphql
    """

    @one("POST", "graphql", GraphqlResponse, base="/api", only_reads=True)
    def progresses(self, *, progress_ids: Sequence[str]) -> Params:
        """Query several Progresses; see :func:`progress_records`.

        :raises CanvasInputError: When an id is not a number.
        """
        if wrong := [each for each in progress_ids if not is_number(each)]:
            raise CanvasInputError(f"GraphQL takes numbers of Progresses only, not {wrong[0]!r}: read it with REST.")
        parts = (f'p{each}: legacyNode(_id: "{each}", type: Progress) {{ ...P }}' for each in progress_ids)
        return {"query": f"query {{ {' '.join(parts)} }} {_FRAGMENT}"}

    @one("POST", "graphql", GraphqlResponse, base="/api", only_reads=True)
    def content(self, *, course_id: Id, cursors: Mapping[str, str | None]) -> Params:
        """Query a page of some connections of a course; see :func:`~.graphql_content.content_pages`.

        :raises CanvasInputError: When the id is not a number, or there is no such connection.
        """
        if not is_number(course_id):
            raise CanvasInputError(f"GraphQL takes numbers of courses only, not {course_id!r}: read it with REST.")
        check_choices("cursors", list(cursors), CONNECTIONS)
        return {"query": content_query(str(course_id), cursors)}


def is_number(object_id: object) -> bool:
    """Tell whether an id can be sent in a query: a number, not the ``1~23`` of another shard."""
    text = str(object_id)
    return text.isascii() and text.isdigit() and len(text) <= 19


def progress_records(response: GraphqlResponse, progress_ids: Sequence[str]) -> dict[str, ProgressRecord]:
    """Return the Progresses of a response to :meth:`Graphql.progresses`, with the names and values of the REST API.

    A Progress that is missing here must be read with REST. Canvas answers ``null`` for one that the token's user may
    not read, and knows only four of the states. A record has no ``url``, which tells it from one of the REST API.

    :param response: The response.
    :param progress_ids: The ids that were queried.
    """
    data = response.get("data")
    if not isinstance(data, Mapping):
        return {}
    records = {each: _record(each, data.get(f"p{each}")) for each in progress_ids}
    return {each: record for each, record in records.items() if record is not None}


def _record(progress_id: str, node: Any) -> ProgressRecord | None:
    """Return the record of a node; ``None`` if it is not the Progress that was queried."""
    if not isinstance(node, Mapping) or str(node.get("_id")) != progress_id or node.get("state") not in _STATES:
        return None
    completion, message, updated_at = node.get("completion"), node.get("message"), node.get("updatedAt")
    is_number = isinstance(completion, int | float) and not isinstance(completion, bool)
    if not (completion is None or is_number) or not isinstance(message, str | None):
        return None
    record = ProgressRecord(
        id=int(progress_id),
        workflow_state=node["state"],
        completion=None if completion is None else float(completion),
        message=message,
    )
    if isinstance(updated_at, str):
        record["updated_at"] = updated_at
    return record

"""GraphQL: one route for queries and mutations, which answers 200 whatever is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, execute_sync, parse, validate

from canvas_emulator.model.editions import GraphQLVersion
from canvas_emulator.pages.graphql_errors import NO_QUERY, missing_variables, rules, syntax_error
from canvas_emulator.pages.graphql_limits import TOO_MANY_TOKENS, exceeded, has_too_many_tokens
from canvas_emulator.pages.graphql_schema import schema
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import CanvasError, Response, internal_error

DOCUMENTS_KEPT = 1000
IDS = re.compile(r'(?<=")\d+(?=")|\d+(?=\s*:)')
"""The ids in a document: texts of digits, and the digits at the end of aliases."""
VALID: dict[tuple[str, GraphQLVersion, bool], None] = {}
"""The forms of documents that were found valid, the oldest first: to check a document is slow."""


def query(request: Request) -> Response:
    """POST a query with its variables, as JSON or as a form.

    :raises CanvasError: 500, when the variables are a text, an unguarded row does not exist, or it takes too long.
    """
    text, variables = request.params.get("query"), request.params.get("variables") or {}
    settings = request.world.settings
    if not isinstance(variables, dict):
        raise internal_error()
    if settings.graphql_seconds > settings.graphql_timeout:
        raise CanvasError(500, internal_error().response.payload, seconds=settings.graphql_timeout)
    payload = _result(request, str(text), variables) if text else NO_QUERY
    return Response(payload, seconds=settings.graphql_seconds)


def _result(request: Request, text: str, variables: dict[str, Any]) -> Mapping[str, Any]:
    settings = request.world.settings
    if has_too_many_tokens(settings, text):
        return {"errors": [{"message": TOO_MANY_TOKENS, "locations": []}]}
    document, errors = _checked(text, settings.graphql_version, settings.graphql_introspection)
    if document is None or errors:
        return {"errors": errors}
    if missing := missing_variables(document, variables):
        return {"errors": missing}
    if messages := exceeded(settings, document, variables):
        return {"errors": [{"message": message} for message in messages]}
    ignores_name = settings.graphql_version is GraphQLVersion.V2023
    result = execute_sync(
        schema(settings.graphql_version),
        document,
        context_value=request,
        variable_values=variables,
        operation_name=None if ignores_name else request.params.get("operationName"),
    )
    for error in result.errors or ():
        if isinstance(error.original_error, CanvasError):
            raise error.original_error
    return {name: value for name, value in result.formatted.items() if name != "data" or value is not None}


@lru_cache(DOCUMENTS_KEPT)
def _checked(
    text: str, version: GraphQLVersion, introspection: bool
) -> tuple[DocumentNode | None, list[dict[str, Any]]]:
    """Return the document of a text, and the errors that Canvas finds in it."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return None, [syntax_error(error)]
    form = (_form(text), version, introspection)
    if form in VALID:
        return document, []
    errors = validate(schema(version), document, rules(introspection=introspection))
    if not errors:
        VALID[form] = None
        if len(VALID) > DOCUMENTS_KEPT:
            del VALID[next(iter(VALID))]
    return document, [dict(error.formatted) for error in errors]


def _form(text: str) -> str:
    """Return what all documents have in common that differ in ids only. If one is valid, all are."""
    numbers: dict[str, int] = {}
    return IDS.sub(lambda match: str(numbers.setdefault(match[0], len(numbers))), text)


ROUTES = (Route("POST", "/graphql", query, prefix="/api"),)

"""GraphQL: one route for queries and mutations, which answers 200 whatever is wrong with them."""

from __future__ import annotations

from functools import cache
from typing import Any

from graphql import GraphQLError, GraphQLSchema, execute_sync, parse, validate

from canvas_emulator.pages.graphql_errors import NO_QUERY, RULES, missing_variables, syntax_error
from canvas_emulator.pages.graphql_schema import schema
from canvas_emulator.wire.request import Request, Route
from canvas_emulator.wire.responses import Response, internal_error


@cache
def _schema() -> GraphQLSchema:
    """Return the schema, which is slow to build."""
    return schema()


def query(request: Request) -> Response:
    """POST a query with its variables, as JSON or as a form.

    :raises CanvasError: 500, when the variables are a text.
    """
    text, variables = request.params.get("query"), request.params.get("variables") or {}
    if not isinstance(variables, dict):
        raise internal_error()
    return Response(_result(request, str(text), variables) if text else NO_QUERY)


def _result(request: Request, text: str, variables: dict[str, Any]) -> dict[str, Any]:
    try:
        document = parse(text)
    except GraphQLError as error:
        return {"errors": [syntax_error(error)]}
    if errors := validate(_schema(), document, RULES):
        return {"errors": [error.formatted for error in errors]}
    if missing := missing_variables(document, variables):
        return {"errors": missing}
    result = execute_sync(
        _schema(),
        document,
        context_value=request,
        variable_values=variables,
        operation_name=request.params.get("operationName"),
    )
    return {name: value for name, value in result.formatted.items() if name != "data" or value is not None}


ROUTES = (Route("POST", "/graphql", query, prefix="/api"),)

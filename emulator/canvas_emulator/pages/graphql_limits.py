"""The limits of a GraphQL document: aliases, directives, mutations, tokens, depth and complexity.

Each count is made of the document as a whole, fragments where they are used. A limit of 0 is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    IntValueNode,
    Lexer,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Source,
    TokenKind,
    VariableNode,
)

from canvas_emulator.model.settings import Settings
from canvas_emulator.pages.graphql_connections import DEFAULT_PAGE

TOO_MANY_TOKENS = "This query is too large to execute."
CONNECTION = "Connection"
ROWS = ("nodes", "edges")


def has_too_many_tokens(settings: Settings, text: str) -> bool:
    """Tell whether a text has more tokens than allowed; an upper bound decides where it is clear."""
    most = int(settings.graphql_tokens)
    return bool(most) and len(text) > most and sum(1 for _ in _tokens(text)) > most


def _tokens(text: str) -> Iterator[object]:
    lexer = Lexer(Source(text))
    while lexer.advance().kind is not TokenKind.EOF:
        yield lexer.token


def exceeded(settings: Settings, document: DocumentNode, variables: Mapping[str, Any]) -> list[str]:
    """Return the messages of all limits that a document exceeds.

    :param document: A valid document.
    :param variables: Its variables, which can be the sizes of pages.
    """
    counts = _Counts(document)
    messages = [
        f"max {name} exceeded"
        for name, count, most in (
            ("query aliases", counts.aliases, settings.graphql_aliases),
            ("query directives", counts.directives, settings.graphql_directives),
            ("mutations per request", counts.mutations, settings.graphql_mutations),
        )
        if most and count > most
    ]
    measures = _Measures(document, variables, int(settings.graphql_page))
    depth, complexity = measures.depth(), measures.complexity()
    if (most := int(settings.graphql_depth)) and depth > most:
        messages.append(f"Query has depth of {depth}, which exceeds max depth of {most}")
    if (most := int(settings.graphql_complexity)) and complexity > most:
        messages.append(f"Query has complexity of {complexity}, which exceeds max complexity of {most}")
    return messages


class _Counts:
    """What a document has of nodes, wherever they are."""

    def __init__(self, document: DocumentNode) -> None:
        self.aliases = self.directives = self.mutations = 0
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self.directives += len(definition.directives or ())
                if definition.operation is OperationType.MUTATION:
                    self.mutations += len(definition.selection_set.selections)
            if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
                self._count(definition.selection_set)

    def _count(self, selections: SelectionSetNode | None) -> None:
        for node in selections.selections if selections else ():
            self.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                self.aliases += node.alias is not None
            if not isinstance(node, FragmentSpreadNode):
                self._count(getattr(node, "selection_set", None))


class _Measures:
    """How deep and how complex the operations of a document are."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any], page: int) -> None:
        self._variables, self._page = variables, page
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]

    def depth(self) -> int:
        return max((self._depth(each) for each in self._operations), default=0)

    def complexity(self) -> int:
        return sum(self._complexity(field) for each in self._operations for field in self._fields(each))

    def _depth(self, node: Node) -> int:
        return max((1 + self._depth(field) for field in self._fields(node)), default=0)

    def _complexity(self, field: FieldNode) -> int:
        fields = list(self._fields(field))
        if not field.name.value.endswith(CONNECTION):
            return 1 + sum(map(self._complexity, fields))
        of_rows = sum(self._complexity(each) for each in fields if each.name.value in ROWS)
        others = sum(self._complexity(each) for each in fields if each.name.value not in ROWS)
        return 1 + others + of_rows * self._size(field)

    def _size(self, field: FieldNode) -> int:
        """Return how many rows a connection can have."""
        most = self._page or DEFAULT_PAGE
        for argument in field.arguments or ():
            if argument.name.value in ("first", "last"):
                value: Any = None
                if isinstance(argument.value, IntValueNode):
                    value = int(argument.value.value)
                elif isinstance(argument.value, VariableNode):
                    value = self._variables.get(argument.value.name.value)
                return min(value, most) if isinstance(value, int) else most
        return DEFAULT_PAGE

    def _fields(self, node: Any) -> Iterator[FieldNode]:
        """Yield the fields that a node selects, those of its fragments among them."""
        selections = getattr(node, "selection_set", None)
        for each in selections.selections if selections else ():
            if isinstance(each, FieldNode):
                yield each
            elif isinstance(each, FragmentSpreadNode):
                yield from self._fields(self._fragments[each.name.value])
            else:
                yield from self._fields(each)

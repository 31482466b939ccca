"""The errors of GraphQL in the words of Canvas, which serves it with another library than the emulator."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FieldsOnCorrectTypeRule,
    GraphQLError,
    Node,
    NonNullTypeNode,
    OperationDefinitionNode,
    ValidationRule,
    VariableDefinitionNode,
    print_ast,
    specified_rules,
)

NO_QUERY = {"errors": [{"message": "No query string was present"}]}
END = "<EOF>"


class UndefinedField(ValidationRule):
    """Refuses fields that a type does not have."""

    def enter_field(
        self, node: FieldNode, _key: object, _parent: object, _path: object, ancestors: list[Node | Collection[Node]]
    ) -> None:
        """Report a field that its type does not have."""
        parent = self.context.get_parent_type()
        if parent is None or self.context.get_field_def() is not None:
            return
        name = node.name.value
        self.report_error(
            GraphQLError(
                f"Field '{name}' doesn't exist on type '{parent.name}'",
                node,
                path=[*(_name(each) for each in ancestors if isinstance(each, NAMED)), name],
                extensions={"code": "undefinedField", "typeName": parent.name, "fieldName": name},
            )
        )


NAMED = (OperationDefinitionNode, FieldNode)
RULES: list[type[ASTValidationRule]] = [
    UndefinedField if rule is FieldsOnCorrectTypeRule else rule for rule in specified_rules
]


class NoIntrospection(ValidationRule):
    """Refuses the fields that tell the schema."""

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Report a field of the introspection."""
        if (name := node.name.value) in ("__schema", "__type"):
            self.report_error(
                GraphQLError(
                    f"Field '{name}' doesn't exist on type 'Query'",
                    node,
                    path=["query", name],
                    extensions={"code": "undefinedField", "typeName": "Query", "fieldName": name},
                )
            )


def rules(*, introspection: bool) -> list[type[ASTValidationRule]]:
    """Return the rules that a document must follow.

    :param introspection: Whether the schema may be asked for.
    """
    return RULES if introspection else [*RULES, NoIntrospection]


def _name(node: Any) -> str:
    """Return what a path calls an operation or a field."""
    if isinstance(node, OperationDefinitionNode):
        return f"{node.operation.value} {node.name.value}" if node.name else node.operation.value
    return str(node.alias.value if node.alias else node.name.value)


def syntax_error(error: GraphQLError) -> dict[str, Any]:
    """Render the error of a text that is no query."""
    if END in error.message:
        return {"message": "Unexpected end of document", "locations": []}
    return dict(error.formatted)


def missing_variables(document: DocumentNode, variables: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an error for each variable that must have a value and has none."""
    operations = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    definitions = [each for operation in operations for each in operation.variable_definitions or ()]
    return [_missing(each) for each in definitions if _is_missing(each, variables)]


def _is_missing(definition: VariableDefinitionNode, variables: dict[str, Any]) -> bool:
    needed = isinstance(definition.type, NonNullTypeNode) and definition.default_value is None
    return needed and variables.get(definition.variable.name.value) is None


def _missing(definition: VariableDefinitionNode) -> dict[str, Any]:
    error = GraphQLError(
        f"Variable ${definition.variable.name.value} of type {print_ast(definition.type)} was provided invalid value",
        definition,
        extensions={"value": None, "problems": [{"path": [], "explanation": "Expected value to not be null"}]},
    )
    return dict(error.formatted)

"""Things of the reference that are no Python objects: each has an anchor, and an entry in ``objects.inv``."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

TYPES = {
    "connection-field": "connection field",
    "config-option": "configuration option",
    "sql-column": "column",
    "xcom": "XCom",
    "fixture": "pytest fixture",
}
"""The types, which are the names of directives and roles, and what a reader calls them."""


def describe(kind: str, name: str, shown: str, annotation: str, text: str) -> str:
    """Return the reStructuredText that describes a thing.

    :param kind: Its type.
    :param name: Its full name, which is unique for the type.
    :param shown: What the reader sees of the name.
    :param annotation: What stands behind the name, such as a type.
    :param text: The description.
    """
    return f".. {kind}:: {name} | {shown} | {annotation}\n\n{indent(text)}\n"


def indent(text: str) -> str:
    """Return text as the content of a directive."""
    return "\n".join(f"   {line}".rstrip() for line in text.splitlines())


def heading(title: str, character: str = "=") -> str:
    """Return the heading of a section."""
    return f"{title}\n{character * len(title)}\n"


def _show(_env: BuildEnvironment, signature: str, node: addnodes.desc_signature) -> str:
    name, shown, annotation = (part.strip() for part in signature.split("|", 2))
    node += addnodes.desc_name(shown, shown)
    if annotation:
        node += nodes.inline(annotation, annotation, classes=["annotation"])
    return name


def add_object_types(app: Sphinx) -> None:
    """Register a directive and a role for each type."""
    for kind, called in TYPES.items():
        app.add_object_type(kind, kind, indextemplate=f"pair: %s; {called}", parse_node=_show, objname=called)

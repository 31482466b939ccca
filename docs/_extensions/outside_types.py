"""Types in signatures that this site does not document stay text: those of Python, of Airflow, and internal ones.

A role in a docstring or on a page that names something unknown is a mistake, and stays a warning.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def keep_as_text(
    _app: Sphinx, _env: BuildEnvironment, node: pending_xref, content: nodes.TextElement
) -> nodes.Element | None:
    """Return the text of a type in a signature; ``None`` for a role."""
    is_of_signature = node.get("refdomain") == "py" and "refwarn" not in node
    return content if is_of_signature else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Register what happens to references without a target."""
    app.connect("missing-reference", keep_as_text)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

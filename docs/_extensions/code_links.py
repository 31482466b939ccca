"""Names of code in backticks become links into the reference, so that pages stay plain Markdown.

``CanvasCourseCopyOperator``, ``hook.courses.get(...)``, ``[canvas] poll_interval`` and ``canvas_copy_ledger`` link to
what they name, unless they are in a heading or in a link already.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

Target = tuple[str, str]
"""The page, and the anchor on it."""


class CodeLinks(SphinxPostTransform):
    """Link the names in literals to their objects."""

    default_priority = 200  # after all other links

    def run(self, **kwargs: Any) -> None:  # noqa: ARG002
        """Wrap each literal that names an object into a link."""
        targets = self._targets()
        for literal in list(self.document.findall(nodes.literal)):
            target = targets.get(_name(literal.astext()))
            if target and target[0] != self.env.docname and not _is_in_link_or_heading(literal):
                link = make_refnode(self.app.builder, self.env.docname, *target, literal.deepcopy())
                literal.replace_self(link)

    def _targets(self) -> Mapping[str, Target]:
        """Return what each name leads to. A short name that several objects have leads nowhere."""
        python = self.env.domains.python_domain.objects
        last = Counter(name.rpartition(".")[2] for name, each in python.items() if each.objtype in _CLASSES)
        targets: dict[str, Target] = {}
        for name, each in python.items():
            short = name.rpartition(".")[2]
            if each.objtype in _CLASSES and last[short] == 1:
                targets[short] = (each.docname, each.node_id)
            elif each.objtype == "method" and ".api." in name:
                group = each.docname.rpartition("/")[2]
                targets[f"hook.{group}.{short}"] = (each.docname, each.node_id)
            elif each.objtype == "method" and ".Operations." in name:
                targets[f"hook.{short}"] = (each.docname, each.node_id)
        for (kind, name), target in self.env.domains.standard_domain.objects.items():
            if kind == "config-option":
                section, _, option = name.partition(".")
                targets[f"[{section}] {option}"] = target
        for name, (page, anchor, _title) in self.env.domains.standard_domain.labels.items():
            if name.startswith("table:"):
                targets[name.removeprefix("table:")] = (page, anchor)
        return targets


_CLASSES = {"class", "exception"}


def _name(code: str) -> str:
    """Return the name in a literal without the arguments of a call."""
    return re.sub(r"\(.*\)$", "", code, flags=re.DOTALL)


def _is_in_link_or_heading(node: nodes.Node) -> bool:
    while (node := node.parent) is not None:
        if isinstance(node, nodes.reference | nodes.title):
            return True
    return False


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform."""
    app.add_post_transform(CodeLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

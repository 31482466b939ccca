"""Links of the pages to other files of the repository, so that one link works on GitHub and in the site.

A link is relative to the file that contains it, also if a page includes that file. A link to a page leads to the page,
a link to any other file or folder leads to the repository on GitHub.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class RepositoryLinks(SphinxTransform):
    """Resolve the relative links of a page, as the Markdown parser left them."""

    default_priority = 5

    def apply(self, **kwargs: Any) -> None:  # noqa: ARG002
        """Replace each link to a file that is no page."""
        for kind in (addnodes.pending_xref, addnodes.download_reference):
            for node in list(self.document.findall(kind)):
                if node.get("reftype") == "myst":
                    self._resolve(node)

    def _resolve(self, node: nodes.Element) -> None:
        path, fragment = self._target(node)
        if path is None or not path.exists():
            return  # the Markdown parser warns about it
        if page := self._page(path):
            link: nodes.Element = addnodes.pending_xref(
                refdomain="doc", reftype="myst", refdoc=self.env.docname, reftarget=page, reftargetid=fragment
            )
            link["refexplicit"] = node["refexplicit"]
            link.source, link.line = node.source, node.line
        elif address := self._address(path, fragment):
            link = nodes.reference(refuri=address)
        else:
            return
        link.extend(child.deepcopy() for child in node.children)
        node.replace_self(link)

    def _target(self, node: nodes.Element) -> tuple[Path | None, str | None]:
        """Return the file to which a link leads, and the anchor in it."""
        target, fragment = node["reftarget"], node.get("reftargetid")
        if node.get("refdomain") == "doc":
            page = Path(self.env.doc2path(target)) if target in self.env.found_docs else Path(f"{target}.md")
            return page, fragment
        target, _, anchor = target.partition("#")
        if not target or not node.source:
            return None, None
        return (Path(node.source).parent / target).resolve(), fragment or anchor or None

    def _page(self, path: Path) -> str | None:
        """Return the page that shows a file."""
        page = self.config.repository_pages.get(self._in_repository(path)) or self.env.path2doc(path)
        return page if page in self.env.found_docs else None

    def _address(self, path: Path, fragment: str | None) -> str | None:
        """Return the address of a file or folder on GitHub."""
        if (name := self._in_repository(path)) is None:
            return None
        kind = "tree" if path.is_dir() else "blob"
        anchor = f"#{fragment}" if fragment else ""
        return f"{self.config.repository_url}/{kind}/{self.config.repository_revision}/{quote(name)}{anchor}"

    def _in_repository(self, path: Path) -> str | None:
        root = Path(self.env.srcdir).parent
        return path.relative_to(root).as_posix() if path.is_relative_to(root) else None


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the transform and its configuration."""
    app.add_config_value("repository_url", "", "env", [str])
    app.add_config_value("repository_revision", "main", "env", [str])
    app.add_config_value("repository_pages", {}, "env", [dict])
    app.add_transform(RepositoryLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

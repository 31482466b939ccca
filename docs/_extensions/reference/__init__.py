"""The reference: pages and parts of pages that are made from the code when the site is built.

The pages of ``docs/reference/`` include the parts, which are reStructuredText. Folders below it have the pages of
single classes. Nothing of this is in the repository.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from reference import class_pages, emulator, endpoints, labels, lists, objects, settings, tables, xcoms
from reference.files import write_folder

PARTS: Mapping[str, Callable[[], str]] = {
    **{kind: partial(lists.classes_with_pages, kind) for kind in class_pages.KINDS},
    "triggers": lists.triggers,
    "hooks": partial(lists.classes, "hooks"),
    "links": partial(lists.classes, "extra-links"),
    "notifications": lists.notifications,
    "client": lists.clients,
    "errors": lists.errors,
    "endpoints": endpoints.endpoint_groups,
    "operations": endpoints.operations,
    "connection_fields": settings.connection_fields,
    "configuration": settings.configuration,
    "tables": tables.tables,
    "xcoms": xcoms.xcoms,
    "run_facets": lists.run_facets,
    "command_line": emulator.command_line,
    "fixtures": emulator.fixtures,
}
"""What makes each part."""


def _write(app: Sphinx) -> None:
    docs = Path(app.srcdir)
    reference = docs / "reference"
    write_folder(reference / "generated", {f"{name}.inc": make() for name, make in PARTS.items()})
    write_folder(reference / "endpoints", endpoints.pages())
    for kind in class_pages.KINDS:
        write_folder(reference / kind, class_pages.pages(kind, docs / "operators.md"))


def _keep_underscore(_app: Sphinx, _kind: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Escape the underscore at the end of a parameter's name, which would make a reference of it."""
    lines[:] = [re.sub(r"^:param (\w+)_:", r":param \1\\_:", line) for line in lines]


def _hide_edit_link(_app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Remove the link to edit a page from pages that are made from the code."""
    if page.count("/") == len(("reference", "operators")):
        context["page_source_suffix"] = ""


def setup(app: Sphinx) -> dict[str, Any]:
    """Let the files be written before the pages are read."""
    objects.add_object_types(app)
    app.connect("builder-inited", _write)
    app.connect("autodoc-process-docstring", _keep_underscore)
    app.connect("env-updated", labels.add_labels)
    app.connect("html-page-context", _hide_edit_link, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

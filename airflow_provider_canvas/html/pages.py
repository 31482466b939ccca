"""Render reports as self-contained HTML pages: no font, no image, no request.

The template engine escapes everything and removes secrets of URLs. The page's content security policy allows one
script, the one of the tables, by its hash; nothing of Canvas can run. Only this module imports Jinja.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from airflow_provider_canvas.security.redaction import strip_url_secrets

_FOLDER = Path(__file__).parent


@cache
def load_page(folder: Path, name: str, *more_folders: Path) -> Template:
    """Return the template of a page. It extends ``page.html.j2`` and may use the macros in ``macros.html.j2``.

    :param folder: The folder of the template and of its style sheet.
    :param name: The file name of the template.
    :param more_folders: Folders of other files that the template includes.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, *more_folders, _FOLDER]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_without_secrets,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    script = (_FOLDER / "tables.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment.globals |= {"script": Markup(script), "script_hash": f"sha256-{digest}"}  # noqa: S704  # our own file
    return environment.get_template(name)


def _without_secrets(value: Any) -> Any:
    """Remove the secrets of URLs from a text that a template prints."""
    return strip_url_secrets(value) if type(value) is str else value

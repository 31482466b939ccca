"""The configuration of the documentation site, which ``make docs`` builds with Sphinx."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path[:0] = [str(DOCS / "_extensions"), str(ROOT), str(ROOT / "emulator")]
# Importing Airflow writes files into its home, which is not to be that of the user.
os.environ["AIRFLOW_HOME"] = str(DOCS / "_build" / "airflow")

from pygments.lexers.special import TextLexer  # noqa: E402
from sphinx.application import Sphinx  # noqa: E402

from airflow_provider_canvas import __version__  # noqa: E402

URLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
HOSTED_VERSION = os.environ.get("READTHEDOCS_VERSION")
"""The version that Read the Docs builds: ``stable``, ``latest`` or a tag. Elsewhere there is none."""

project = "airflow-provider-canvas"
author = "The authors of airflow-provider-canvas"
project_copyright = f"%Y, {author}"
release = __version__

extensions = [
    "code_links",
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "sphinx_design",
    "reference",
    "outside_types",
    "repository_links",
]
exclude_patterns = ["_build", "_extensions", "reference/generated"]
nitpicky = True

add_module_names = False
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 100

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4  # the same anchors as on GitHub

# Links to files of the repository lead to this commit, tag or branch of it.
repository_url = URLS["Repository"]
repository_revision = os.environ.get("READTHEDOCS_GIT_COMMIT_HASH", "main")
repository_pages = {"CHANGELOG.md": "changelog", "CONTRIBUTING.md": "contributing"}

# Addresses in examples, and those of this repository, which not everybody may see.
linkcheck_ignore = [r"https?://(127\.0\.0\.1|localhost|[\w.-]*\.example)([:/].*)?", f"{repository_url}.*"]
linkcheck_anchors = False  # the pages of Canvas's documentation make theirs by script

copybutton_prompt_text = "$ "
copybutton_exclude = ".linenos, .gp, .go"

# The JSON schemas of the run facets of OpenLineage, at the addresses that events name.
html_extra_path = ["../airflow_provider_canvas/lineage/schemas"]
html_theme = "pydata_sphinx_theme"
html_title = f"Apache Airflow provider for Canvas {release}"
html_short_title = "Canvas provider"
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", URLS["Documentation"])
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/logo.svg"
html_show_sourcelink = False
templates_path = ["_templates"]
html_sidebars = {"**": ["site-navigation.html"]}
repository_owner, repository_name = repository_url.removesuffix("/").rsplit("/", 2)[1:]
html_context = {
    "default_mode": "auto",
    "github_user": repository_owner,
    "github_repo": repository_name,
    "github_version": "main",
    "doc_path": "docs",
}
html_theme_options = {
    "logo": {"text": "Canvas provider", "image_light": "_static/logo.svg", "image_dark": "_static/logo.svg"},
    "navbar_center": [],
    "navbar_end": ["version-switcher", "theme-switcher", "navbar-icon-links"],
    "icon_links": [
        {"name": "GitHub", "url": repository_url, "icon": "fa-brands fa-github"},
        {"name": "PyPI", "url": f"https://pypi.org/project/{project}/", "icon": "fa-brands fa-python"},
    ],
    # All versions read the list of versions from the newest one, so that old ones know of later ones.
    "switcher": {
        "json_url": URLS["Documentation"].replace("/stable/", "/latest/") + "_static/switcher.json"
        if HOSTED_VERSION
        else "_static/switcher.json",
        "version_match": HOSTED_VERSION or "latest",
    },
    "check_switcher": False,  # it may be on another host
    "show_version_warning_banner": bool(HOSTED_VERSION),
    "use_edit_page_button": True,
    "secondary_sidebar_items": ["page-toc", "edit-this-page"],
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
}


def setup(app: Sphinx) -> None:
    """Accept the languages of code blocks that GitHub knows and Pygments does not."""
    app.add_lexer("csv", TextLexer)

"""Labels by which other sites link to this one, named as in the inventories of Airflow's own providers."""

from __future__ import annotations

from collections.abc import Iterator

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PAGES_OF_TASKS = ("reference/operators/", "reference/sensors/", "reference/transfers/")


def add_labels(_app: Sphinx, env: BuildEnvironment) -> None:
    """Add the labels of tasks, options and tables, once all pages are read."""
    standard = env.domains.standard_domain
    for label, page, anchor, title in _labels(env):
        standard.labels[label] = (page, anchor, title)
        standard.anonlabels[label] = (page, anchor)


def _labels(env: BuildEnvironment) -> Iterator[tuple[str, str, str, str]]:
    yield "howto/connection:canvas", "connection", "", "The connection"
    for name, each in env.domains.python_domain.objects.items():
        if each.objtype == "class" and each.docname.startswith(PAGES_OF_TASKS):
            short = name.rpartition(".")[2]
            yield f"howto/operator:{short.lower()}", each.docname, each.node_id, short
    for (kind, name), (page, anchor) in env.domains.standard_domain.objects.items():
        first, _, last = name.partition(".")
        if kind == "config-option":
            yield f"config:{first}__{last}", page, anchor, last
        elif kind == "sql-column":
            yield f"table:{first}", page, first.replace("_", "-"), first

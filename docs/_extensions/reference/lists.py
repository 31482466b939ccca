"""Lists and descriptions of classes, as reStructuredText."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from airflow_provider_canvas.client import errors as error_module
from airflow_provider_canvas.client.jobs.waiters import WAITERS
from airflow_provider_canvas.client.migrations.issue_kinds import IssueClass
from airflow_provider_canvas.lineage.run_facets import FACETS
from reference.class_pages import page_name
from reference.objects import heading, indent
from reference.public import defined_classes, exported_classes, full_name, provided_classes, summary

CLIENT = "airflow_provider_canvas.client"
WAITERS_MODULE = "airflow_provider_canvas.client.jobs.waiters"
EVENT_MODULE = "airflow_provider_canvas.triggers.event"


def classes_with_pages(kind: str) -> str:
    """Return a list of the classes of a kind, with what each does, that also adds their pages to the menu.

    :param kind: The key of the provider's description.
    """
    classes = provided_classes(kind)
    lines = [f":class:`~{full_name(each)}`\n    {summary(each)}\n" for each in classes]
    pages = [f"   {kind}/{page_name(each)}" for each in classes]
    return "\n".join([*lines, ".. toctree::", "   :hidden:", "", *pages])


def classes(kind: str) -> str:
    """Return the descriptions of all classes of a kind.

    :param kind: The key of the provider's description.
    """
    return _described(provided_classes(kind))


def triggers() -> str:
    """Return the descriptions of the triggers, of their event, and of the waiters that they can run."""
    waiters = [f"``{name}``\n{indent(inspect.getdoc(waiter) or '')}\n" for name, waiter in WAITERS.items()]
    listed = "\n".join(["The kinds of jobs that a trigger can wait for, by name:", "", *waiters])
    return "\n".join(
        [
            classes("triggers"),
            heading("Event"),
            f".. automodule:: {EVENT_MODULE}",
            "",
            heading("Waiters"),
            f".. py:currentmodule:: {WAITERS_MODULE}",
            "",
            f".. py:data:: WAITERS\n\n{indent(listed)}",
        ]
    )


def notifications() -> str:
    """Return the descriptions of the notifiers, and of the message that each of them can build."""
    return _described(each for notifier in provided_classes("notifications") for each in _with_message(notifier))


def _with_message(notifier: type) -> list[type]:
    return [notifier, *defined_classes("airflow_provider_canvas.notifications.message")]


def clients() -> str:
    """Return the descriptions of the clients and their settings."""
    return _described(each for each in exported_classes(CLIENT) if not issubclass(each, Exception))


def errors() -> str:
    """Return the hierarchy of the errors, and the description of each."""
    tree = (inspect.getdoc(error_module) or "").partition("::\n")[2].rpartition("\n\n")[0]
    exported = [each for each in exported_classes(CLIENT) if issubclass(each, Exception)]
    described = [f".. autoexception:: {full_name(each)}\n" for each in exported]
    classes_of_issues = [heading("Classes of issues"), _described([IssueClass])]
    return "\n".join([".. code-block:: text", "", indent(inspect.cleandoc(tree)), "", *described, *classes_of_issues])


def run_facets() -> str:
    """Return the descriptions of the run facets of OpenLineage, each under its key, with the address of its schema."""
    parts = []
    for facet in FACETS:
        schema = facet.schema_url().partition("#")[0]
        parts += [heading(facet.KEY), f"The schema is ``{schema}``.", "", f".. autoclass:: {full_name(facet)}", ""]
    return "\n".join(parts)


def _described(some: Iterable[type]) -> str:
    return "\n".join(f".. autoclass:: {full_name(each)}\n   :members:\n   :member-order: bysource\n" for each in some)

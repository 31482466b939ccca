"""The public classes of the provider, and the module that each is imported from."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re

import airflow_provider_canvas
from airflow_provider_canvas import client

ENDINGS = {
    "operators": "Operator",
    "sensors": "Sensor",
    "transfers": "Operator",
    "triggers": "Trigger",
    "notifications": "Notifier",
    "links": "Link",
    "hooks": "Hook",
}
"""The end of the names of the public classes in each package."""

KEYWORD = "async"
"""A name that no module can have: the hook ``CanvasAsyncHook`` is in ``hooks.canvas_async``."""


def module_of(package: str, name: str) -> str:
    """Return the module that a class is in by the rule.

    ``CanvasFooBarOperator`` is in ``operators.foo_bar``, and so on in each package; ``CanvasHook`` is in
    ``hooks.canvas``, and ``CanvasAsyncHook`` in ``hooks.canvas_async``.

    :param package: The package, such as ``operators``.
    :param name: The name of the class.
    """
    words = re.findall(r"[A-Z][a-z0-9]*", name.removesuffix(ENDINGS[package]))
    subject = "_".join(word.lower() for word in words[1:]) or "canvas"
    return f"airflow_provider_canvas.{package}.{f'canvas_{subject}' if subject == KEYWORD else subject}"


def defined_in(package: str) -> dict[str, str]:
    """Return the module of each public class that a package defines. Modules named ``base...`` hold base classes.

    :param package: The package, such as ``operators``.
    """
    path = [f"{airflow_provider_canvas.__path__[0]}/{package}"]
    modules = [info.name for info in pkgutil.iter_modules(path) if not info.name.startswith("base")]
    found = {}
    for module in (importlib.import_module(f"airflow_provider_canvas.{package}.{name}") for name in sorted(modules)):
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__ and name.startswith("Canvas"):
                found[name] = module.__name__
    return found


def public_classes() -> dict[str, str]:
    """Return the module that a reader imports each public class from.

    Clients, their settings and all errors come from ``airflow_provider_canvas.client``.
    """
    found = dict.fromkeys(client.__all__, "airflow_provider_canvas.client")
    for package in ENDINGS:
        found |= defined_in(package)
    return found

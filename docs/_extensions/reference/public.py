"""What is public, read from the code, so that a new operator or error appears in the reference by itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module

from airflow_provider_canvas.get_provider_info import get_provider_info


def provided_classes(kind: str) -> list[type]:
    """Return the classes of a kind that the provider's description names.

    :param kind: The key of the description: ``operators``, ``extra-links``, ...
    """
    return list(_provided(kind))


def _provided(kind: str) -> Iterator[type]:
    for entry in get_provider_info().get(kind, ()):
        if isinstance(entry, str):  # the path of a class
            module, _, name = entry.rpartition(".")
            yield getattr(import_module(module), name)
            continue
        for path in entry.get("python-modules") or [entry["python-module"]]:
            yield from defined_classes(path)


def defined_classes(path: str) -> list[type]:
    """Return the public classes that a module defines, in their order.

    :param path: The path of the module.
    """
    module = import_module(path)
    return [
        value
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == path and not name.startswith("_")
    ]


def exported_classes(path: str) -> list[type]:
    """Return the classes that a package exports, as its ``__all__`` says.

    :param path: The path of the package.
    """
    package = import_module(path)
    return [getattr(package, name) for name in package.__all__]


def full_name(kind: type) -> str:
    """Return the path by which a class is imported."""
    return f"{kind.__module__}.{kind.__qualname__}"


def summary(value: object) -> str:
    """Return the first line of a docstring."""
    return (inspect.getdoc(value) or "").partition("\n")[0]

"""What a copy or an export is told to take, where it is not to take everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow_provider_canvas.tasks import structure


def selection(select: Mapping[str, Sequence[int | str]] | str | None) -> Any:
    """Return ``select`` as Canvas takes it; ``None`` is everything.

    :raises ValueError: When it is text that names nothing, such as what a template made of nothing: Canvas would be
        asked for everything.
    """
    if select is None:
        return None
    found = structure("select", select)
    if found is None:
        raise ValueError(
            f"select is {select!r}, which names nothing: name some, such as {{'pages': [12]}}. For everything leave it "
            "out, or let the template render to None (render_template_as_native_obj=True)."
        )
    return found

"""The check of a path on this machine, before the file system is asked."""

from __future__ import annotations

import os

from airflow_provider_canvas.api.errors import CanvasInputError


def check_local_path(path: object) -> None:
    """Check that a path has only characters that a path can have.

    :param path: The path, as text or as an object of which the text is the path.
    :raises CanvasInputError: When it has a NUL or half of a surrogate pair.
    """
    try:
        encoded = os.fsencode(str(path))
    except UnicodeEncodeError:
        encoded = b"\0"
    if b"\0" in encoded:
        raise CanvasInputError(f"The path {str(path)!r} contains a NUL or half of a surrogate pair: give another path.")

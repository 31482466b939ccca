"""Paths into storages: which are known, and what to install for those that are not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import ObjectStoragePath

_AMAZON = "apache-airflow-providers-amazon[s3fs]"
_AZURE = "apache-airflow-providers-microsoft-azure"
_GOOGLE = "apache-airflow-providers-google"
PROVIDERS: Mapping[str, str] = {
    "s3": _AMAZON,
    "s3a": _AMAZON,
    "s3n": _AMAZON,
    "gs": _GOOGLE,
    "gcs": _GOOGLE,
    "abfs": _AZURE,
    "abfss": _AZURE,
    "adl": _AZURE,
}
"""Schemes of storages, and the packages that make Airflow know them."""


def storage_path(path: str | os.PathLike[str]) -> ObjectStoragePath:
    """Return a path into a storage that is there.

    :raises ValueError: When Airflow knows no storage of its scheme; it says what to install, where that is known.
    """
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    found = ObjectStoragePath(path)
    try:
        found.fs  # noqa: B018  # Airflow looks for the storage now, and not before
    except ValueError as error:
        scheme = str(path).partition("://")[0]
        package = PROVIDERS.get(scheme)
        if package is None:
            raise
        raise ValueError(f"{error}: install {package}, here and on every worker.") from error
    return found

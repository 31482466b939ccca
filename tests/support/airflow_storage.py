"""Import Airflow's object storage paths from where this Airflow has them, and attach a bucket in memory."""

from __future__ import annotations

from fsspec.implementations.memory import MemoryFileSystem

try:
    from airflow.sdk import ObjectStoragePath
    from airflow.sdk.io import attach
except ImportError:  # Airflow 2
    from airflow.io.path import ObjectStoragePath  # type: ignore[no-redef]
    from airflow.io.store import attach  # type: ignore[no-redef]

attach("memory", fs=MemoryFileSystem())

__all__ = ["ObjectStoragePath"]

"""Airflow's paths into buckets, and a bucket in memory, wherever the installed Airflow has them."""

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

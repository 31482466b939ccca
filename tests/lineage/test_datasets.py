"""Datasets have the names of OpenLineage's conventions."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from airflow_provider_canvas.ledger.tables import copy_batch
from airflow_provider_canvas.lineage.datasets import canvas_dataset, file_dataset, table_dataset
from tests.support.postgres import Database, postgres_database, postgres_server

__all__ = ["postgres_database", "postgres_server"]


@pytest.mark.parametrize(
    ("path", "namespace", "name"),
    [
        ("s3://bucket/archive/1.imscc", "s3://bucket", "archive/1.imscc"),
        ("s3://aws_default@bucket/archive/1.imscc", "s3://bucket", "archive/1.imscc"),
        ("s3a://key:secret@bucket/1.imscc", "s3://bucket", "1.imscc"),
        ("S3://bucket/a//b", "s3://bucket", "a//b"),
        ("s3://bucket/what?.csv", "s3://bucket", "what?.csv"),
        ("gs://bucket/1.imscc", "gs://bucket", "1.imscc"),
        ("gcs://google@bucket/1.imscc", "gs://bucket", "1.imscc"),
        ("abfs://azure@container/1.imscc", "abfs://container", "1.imscc"),
        ("file:///data/1.imscc", "file", "/data/1.imscc"),
        ("/data/1.imscc", "file", "/data/1.imscc"),
        ("reports/1.html", "file", f"{Path.cwd()}/reports/1.html"),
        (Path("/data/1.imscc"), "file", "/data/1.imscc"),
        ("https://user:pass@files.example:8443/a/b.zip?sig=1#top", "https://files.example:8443", "a/b.zip"),
        ("https://files.example", "https://files.example", "/"),
    ],
)
def test_files(path: object, namespace: str, name: str) -> None:
    """Objects in storages are named by bucket and key, local files by their path, URLs without login and query."""
    dataset = file_dataset(path)
    assert (dataset.namespace, dataset.name) == (namespace, name)


@pytest.mark.parametrize(
    ("host", "parameter", "number", "namespace", "name"),
    [
        ("school.instructure.com", "course_id", 42, "canvas://school.instructure.com", "courses/42"),
        ("School.Instructure.COM:443", "course_id", "42", "canvas://school.instructure.com", "courses/42"),
        ("127.0.0.1:8080", "account_id", 1, "canvas://127.0.0.1:8080", "accounts/1"),
        ("school.instructure.com", "group_id", 3, "canvas://school.instructure.com", "groups/3"),
        ("school.instructure.com", "user_id", "7", "canvas://school.instructure.com", "users/7"),
        ("school.instructure.com", "content_export_id", 9, "canvas://school.instructure.com", "content_exports/9"),
    ],
)
def test_objects_of_canvas(host: str, parameter: str, number: object, namespace: str, name: str) -> None:
    """Objects of Canvas are named as in the URIs of assets."""
    dataset = canvas_dataset(host, parameter, number)
    assert (dataset.namespace, dataset.name) == (namespace, name)


def test_a_table_in_sqlite(tmp_path: Path) -> None:
    """A table in SQLite is named by the path of its database."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/canvas.db")
    dataset = table_dataset(engine, copy_batch("", None), rows=3)
    assert (dataset.namespace, dataset.name, dataset.rows) == (f"sqlite://{tmp_path}/canvas.db", "canvas_copy_batch", 3)
    assert [column.name for column in dataset.columns][:2] == ["canvas_instance", "batch"]
    assert {column.type for column in dataset.columns} >= {"TEXT", "INTEGER", "DATETIME"}
    assert dataset.columns[0].description


@pytest.mark.parametrize(("schema", "name"), [(None, "public"), ("canvas", "canvas")])
def test_a_table_in_postgresql(postgres_database: Database, schema: str | None, name: str) -> None:
    """A table in PostgreSQL is named by host and port, and by database, schema and table; no password is in it."""
    engine = sa.create_engine(postgres_database.url)
    with engine.connect():
        dataset = table_dataset(engine, copy_batch("", schema))
    assert dataset.namespace == f"postgres://{postgres_database.host}:{postgres_database.port}"
    assert dataset.name == f"{postgres_database.name}.{name}.canvas_copy_batch"
    assert "TIMESTAMP WITH TIME ZONE" in {column.type for column in dataset.columns}
    engine.dispose()

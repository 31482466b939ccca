"""What a task found, as a file: too much for an XCom, and what other programs read."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from shutil import copyfileobj
from typing import Any


def write_rows(output_path: str, rows: Iterable[Any]) -> int:
    """Write rows as JSON lines to any object storage that Airflow knows, and return how many there were.

    They are gathered first: rows that break off leave no file. What was there is replaced.

    :param output_path: Such as ``s3://aws_default@bucket/rows.jsonl``, or a local path.
    """
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    with tempfile.TemporaryFile() as gathered:
        count = 0
        for row in rows:
            gathered.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            count += 1
        gathered.seek(0)
        target = ObjectStoragePath(output_path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            copyfileobj(gathered, file, 1 << 20)
    return count

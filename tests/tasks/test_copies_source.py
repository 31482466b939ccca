"""The rows of a batch come from a list, a file on a storage, or a query."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from airflow.providers.common.compat.sdk import ObjectStoragePath
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.client.errors import CanvasError
from airflow_provider_canvas.rollover.copy_request import CopyRequest
from airflow_provider_canvas.rollover.input_rows import parse_copies
from airflow_provider_canvas.utils.copies_source import is_query, iter_copies, read_copies
from tests.support.postgres import Database

ROWS: list[dict[str, Any]] = [
    {"source": 42, "destination": 90071992547409931, "new_start_date": "2026-08-24", "Term": "Fall"},
    {"source": 42, "destination": "sis_course_id:BIO-1", "new_start_date": None, "Term": None},
]


def without_line(requests: list[CopyRequest]) -> list[tuple[Any, ...]]:
    """Return what requests request."""
    return [(each.source_course_id, each.destination_course_id, each.parameters, each.labels) for each in requests]


def error_of(copies: Any) -> str:
    """Return the error of bad input that a source gives, or no text."""
    try:
        read_copies(copies)
    except CanvasInputError as error:
        return str(error)
    return ""


def as_csv(rows: list[dict[str, Any]], delimiter: str = ",") -> str:
    """Return rows as a CSV file; structures are JSON."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), delimiter=delimiter)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in row.items()}
        )
    return file.getvalue()


@pytest.fixture(params=["sqlite", "postgres"])
def execute(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Add the connection ``warehouse`` to a database, and return a function that executes a statement there."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/warehouse.db"
        fields: dict[str, Any] = {"conn_type": "sqlite", "host": f"{tmp_path}/warehouse.db"}
    else:
        server: Database = request.getfixturevalue("postgres_database")
        url = server.url
        fields = {"conn_type": "postgres", "host": server.host, "port": server.port, "login": server.user}
        fields["schema"] = server.name
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(fields))
    engine = sqlalchemy.create_engine(url)

    def run(statement: str, *rows: dict[str, Any]) -> Any:
        with engine.begin() as connection:
            result = connection.execute(sqlalchemy.text(statement), list(rows) or None)
            return result.fetchall() if result.returns_rows else None

    yield run
    engine.dispose()


@pytest.fixture
def sections(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Create a table ``sections`` with the rows, and return ``execute``."""
    execute("CREATE TABLE sections (master BIGINT, section VARCHAR(40), starts DATE, term VARCHAR(20))")
    for row in ROWS:
        values = {**row, "destination": str(row["destination"])}
        execute("INSERT INTO sections VALUES (:source, :destination, :new_start_date, :Term)", values)
    return execute


@pytest.mark.parametrize("start", ["SELECT", "-- tonight's sections\n /* all */ select", "WITH s AS (SELECT 1) SELECT"])
def test_rows_of_a_query(sections: Callable[..., Any], start: str) -> None:
    """A query's columns have the names that it gives them, and its values the types of the database."""
    query = f'{start} master AS source, section AS destination, starts AS new_start_date, term AS "Term" FROM sections'
    requests = read_copies(query, sql_conn_id="warehouse")
    assert without_line(requests) == without_line(parse_copies(enumerate(ROWS, 1)))
    assert [request.line for request in requests] == [1, 2]


def test_a_query_changes_nothing(sections: Callable[..., Any]) -> None:
    """What a statement changes is rolled back, and a statement without rows is refused."""
    with pytest.raises(CanvasInputError, match="begins with SELECT or WITH"):
        read_copies("DELETE FROM sections", sql_conn_id="warehouse")
    with pytest.raises(CanvasInputError, match="returns no rows"):
        read_copies("WITH old AS (SELECT 1) DELETE FROM sections", sql_conn_id="warehouse")
    assert sections("SELECT count(*) FROM sections") == [(2,)]


def test_a_column_of_a_query_that_is_misspelt(sections: Callable[..., Any]) -> None:
    """A query's columns are checked also if it has no row, and all its bad rows are reported."""
    with pytest.raises(CanvasInputError, match="the query: column 'strat_date' is not known"):
        read_copies("SELECT master AS source, section AS destination, starts AS strat_date FROM sections WHERE 1 = 0",
                    sql_conn_id="warehouse")  # fmt: skip
    with pytest.raises(CanvasInputError, match=r"2 rows of the input are not valid(.|\n)*row 1: (.|\n)*row 2: "):
        read_copies("SELECT master AS source, section AS destination, 'soon' AS new_start_date FROM sections",
                    sql_conn_id="warehouse")  # fmt: skip


def test_a_query_needs_a_connection_to_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query without a connection, and one of another type, are refused with what to set."""
    with pytest.raises(CanvasInputError, match="set sql_conn_id"):
        read_copies("SELECT 1")
    monkeypatch.setenv("AIRFLOW_CONN_CANVAS", json.dumps({"conn_type": "canvas", "host": "https://x.example"}))
    with pytest.raises(CanvasInputError, match="which is no SQL database"):
        read_copies("SELECT 1", sql_conn_id="canvas")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("SELECT 1", True),
        ("select\n*", True),
        ("(SELECT 1)", True),
        ("WITH a AS (SELECT 1) SELECT", True),
        ("VALUES (1, 2)", True),
        ("TABLE sections", True),
        ("--a\n--b\nSELECT 1", True),
        ("/* a */ SELECT 1", True),
        ("selected.csv", False),
        ("select", False),
        ("DROP TABLE x", False),
        ("s3://bucket/SELECT 1.csv", False),
        ("./select 1.csv", False),
        ("-- SELECT 1", False),
        ("/* SELECT 1", False),
    ],
)
def test_what_is_a_query(text: str, query: bool) -> None:
    """Text is a query if it begins with a word that begins a query, after comments; all else is a path."""
    assert is_query(text) is query


@pytest.mark.parametrize(
    "copies",
    ["", "None", "DROP TABLE x", "fall.xlsx", "s3://b/fall", "s3://b/", "[1", 5, None, b"x", {"source": 1}, 3.5],
)
def test_what_is_no_source_of_copies(copies: Any) -> None:
    """What is neither a list, nor a path of a known format, nor a query, is refused before anything is opened."""
    with pytest.raises(CanvasInputError, match=r"write a (list|dict)"):
        read_copies(copies, sql_conn_id="warehouse")


class LazyXCom:
    """What a task gets from a mapped task: it fetches the values as they are taken."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def __iter__(self) -> Iterator[Any]:
        yield from self._values


@pytest.mark.parametrize(
    "copies",
    [ROWS, tuple(ROWS), iter(ROWS), LazyXCom(ROWS), LazyXCom([[ROWS[0]], [ROWS[1]]]), json.dumps(ROWS), repr(ROWS)],
)
def test_lists(copies: Any) -> None:
    """A list, the results of a mapped task, and the text that a template makes of a list, have the same rows."""
    requests = read_copies(copies)
    assert without_line(requests) == without_line(parse_copies(enumerate(ROWS, 1)))
    assert [request.line for request in requests] == [1, 2]


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("fall.csv", as_csv(ROWS), [2, 3]),
        ("FALL.CSV", as_csv(ROWS, ";"), [2, 3]),
        ("fall.tsv", as_csv(ROWS, "\t"), [2, 3]),
        ("fall.jsonl", "\n".join(map(json.dumps, ROWS)), [1, 2]),
        ("fall.ndjson", "\n".join(map(json.dumps, ROWS)), [1, 2]),
        ("fall.json", json.dumps(ROWS), [1, 2]),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_files(tmp_path: Path, name: str, text: str, lines: list[int], compressed: bool) -> None:
    """The end of a path says the format; a path and its URL are the same file."""
    path = tmp_path / (name + ".gz" * compressed)
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    for copies in (str(path), path, f"file://{path}"):
        requests = read_copies(copies)
        assert without_line(requests) == without_line(parse_copies(enumerate(ROWS, 1)))
        assert [request.line for request in requests] == lines


def test_a_file_that_does_not_exist_is_no_empty_one(tmp_path: Path) -> None:
    """A path without a file fails, with the path."""
    with pytest.raises(CanvasInputError, match=r"late\.csv does not exist: upload it, or correct copies"):
        read_copies(tmp_path / "late.csv")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(CanvasInputError, match=r"empty\.csv cannot be used as copies: the file is empty"):
        read_copies(tmp_path / "empty.csv")


@pytest.mark.parametrize("error", [PermissionError("Access Denied"), TimeoutError("the read timed out")])
def test_a_file_that_the_storage_does_not_give(tmp_path: Path, error: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that exists and cannot be read fails the task with its path, and what to check."""

    def refuse(*_args: Any, **_kwargs: Any) -> Any:
        raise error

    monkeypatch.setattr(ObjectStoragePath, "open", refuse)
    with pytest.raises(CanvasError, match=rf"fall\.csv in copies could not be read \({type(error).__name__}: {error}"):
        read_copies(tmp_path / "fall.csv")


def test_the_error_counts_lines_of_files_and_rows_of_lists(tmp_path: Path) -> None:
    """The number in an error is the line where an editor shows it, or the row of the list."""
    bad = [*ROWS, {"source": 42, "destination": "x"}]
    (tmp_path / "bad.csv").write_text(as_csv(bad))
    with pytest.raises(CanvasInputError, match="line 4: column destination"):
        read_copies(tmp_path / "bad.csv")
    with pytest.raises(CanvasInputError, match="row 3: column destination"):
        read_copies(bad)


def test_rows_are_read_as_they_are_taken(tmp_path: Path) -> None:
    """A file is not read before its first row is taken."""
    path = tmp_path / "later.csv"
    rows = iter_copies(path)
    path.write_text("source,destination\n42,77\n")
    assert list(rows) == [(2, {"source": "42", "destination": "77"})]


IDS = st.one_of(
    st.integers(1, 2**63 - 1),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 _/.\-]{0,20}[A-Za-z0-9]", fullmatch=True).map("sis_course_id:{}".format),
)
DATES = st.dates(datetime.date(2000, 1, 1), datetime.date(2100, 1, 1))
REQUESTED = st.fixed_dictionaries(
    {"source": IDS, "destination": IDS},
    optional={
        "new_start_date": DATES.map(str),
        "day_substitutions": st.dictionaries(st.sampled_from("0123456"), st.integers(0, 6), min_size=1),
        "importer_skips": st.just(["visibility_settings"]),
        "overwrite_quizzes": st.booleans(),
        "select": st.dictionaries(
            st.sampled_from(["pages", "quizzes"]), st.lists(st.integers(1, 9), min_size=1), min_size=1
        ),
        "settings": st.dictionaries(
            st.sampled_from(["own_x", "own_y"]),
            st.one_of(st.integers(0, 9), st.text("abc\n\"',;", max_size=4)),
            min_size=1,
        ),
        "label_a": st.text(
            st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cf"]), min_size=1, max_size=9
        ).filter(lambda text: text not in ("None", "null") and not text.startswith("=")),
    },
).filter(lambda row: row["source"] != row["destination"])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(REQUESTED, min_size=1, max_size=5))
def test_every_source_gives_the_same_requests(
    rows: list[dict[str, Any]], execute: Callable[..., Any], tmp_path: Path
) -> None:
    """A list, a CSV file, JSON lines, a JSON array and a table with the same values request the same copies."""
    expected = without_line(read_copies(rows))
    (tmp_path / "rows.csv").write_bytes(as_csv(rows).encode())
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "rows.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    names = list(dict.fromkeys(name for row in rows for name in row))
    execute("DROP TABLE IF EXISTS requested")
    quoted = [f'"{name}"' for name in names]
    execute(f"CREATE TABLE requested (number INTEGER, {', '.join(f'{name} TEXT' for name in quoted)})")
    for number, row in enumerate(rows):
        values = {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in row.items()}
        values = {name: None if (value := values.get(name)) is None else str(value) for name in names}
        execute(
            f"INSERT INTO requested VALUES (:number, {', '.join(f':{name}' for name in names)})",
            {**values, "number": number},
        )
    query = f"SELECT {', '.join(quoted)} FROM requested ORDER BY number"
    for copies in (tmp_path / "rows.csv", tmp_path / "rows.jsonl", tmp_path / "rows.json", query):
        assert without_line(read_copies(copies, sql_conn_id="warehouse")) == expected


GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals() | st.dates()
    | st.sampled_from(["[", "{", "(", "1:2", "pages: 1", "=1", "1e9999", "sis_course_id:", "hex:sis_course_id:zz"])
    | st.builds(lambda: 10**5000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
NAMES = (
    st.sampled_from(["source", "destination", "select", "settings", "day_substitutions", "new_start_date"]) | st.text()
)


@settings(max_examples=150, deadline=None)
@given(copies=GARBAGE | st.lists(GARBAGE | st.dictionaries(NAMES, GARBAGE), max_size=4))
def test_any_value_gives_requests_or_an_input_error(copies: Any) -> None:
    """Whatever a list holds, the error is one of bad input, and it is short."""
    assert len(error_of(copies)) < 10_000


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode(errors="surrogatepass"))
    | st.text('source,destination\n"\r;=42[]{}: \t', max_size=80).map(
        lambda text: f"source,destination\n42,77\n{text}".encode()
    )
    | st.text('[]{}",: \n42source', max_size=80).map(str.encode)
    | st.binary(max_size=80).map(lambda data: gzip.compress(data, mtime=0)[:-1]),
    suffix=st.sampled_from([".csv", ".tsv", ".jsonl", ".json", ".csv.gz"]),
)
def test_any_file_gives_requests_or_an_input_error(data: bytes, suffix: str, tmp_path: Path) -> None:
    """Whatever a file holds, the error is one of bad input, and it is short."""
    path = tmp_path / f"any{suffix}"
    path.write_bytes(data)
    assert len(error_of(path)) < 10_000

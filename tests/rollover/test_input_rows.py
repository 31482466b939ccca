"""Rows of any source become requests for copies, or one error that names every bad row."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.rollover.copy_request import CopyRequest
from airflow_provider_canvas.rollover.input_rows import check_columns, parse_copies

COURSES = {"source": 42, "destination": 77}


def parse(**values: Any) -> CopyRequest:
    """Return the request of one row that has these values beside its courses."""
    (request,) = parse_copies([(1, {**COURSES, **values})])
    return request


def problem_of(*rows: Any, place: str = "line") -> str:
    """Return the error of rows that are not valid."""
    with pytest.raises(CanvasInputError) as error:
        parse_copies(list(enumerate(rows, 2)), place=place)
    return str(error.value)


def test_a_row_becomes_a_request_with_its_parameters_and_labels() -> None:
    """Known columns become parameters of the copy, other columns labels, blank cells nothing."""
    row = {
        "source": "42",
        "Destination course ID": "sis_course_id:BIO-1",
        "new_start_date": "2026-01-12",
        "day_substitutions": "1:2, 3:4",
        "select": "",
        "Department": " Biology ",
    }
    assert parse_copies([(2, row)]) == [
        CopyRequest(
            line=2,
            source_course_id=42,
            destination_course_id="sis_course_id:BIO-1",
            parameters={"new_start_date": "2026-01-12", "day_substitutions": {"1": 2, "3": 4}},
            labels={"Department": "Biology"},
        )
    ]


def test_the_parameters_become_those_of_the_single_copy() -> None:
    """The request for Canvas is the one that CanvasCourseCopyOperator sends for the same parameters."""
    request = parse(
        new_start_date=datetime.date(2026, 8, 24),
        remove_dates=False,
        importer_skips="visibility_settings",
        overwrite_quizzes="TRUE",
        insert_into_module_id="7.0",
        select="pages: 12, 13; quizzes: 7",
        settings='{"folder_id": 9}',
    )
    call = ContentMigrations.create.call_with({"course_id": 77, **request.request_params(4200)})
    assert call.params == {
        "migration_type": "course_copy_importer",
        "settings": {
            "folder_id": "9",
            "source_course_id": "4200",
            "importer_skips": ["visibility_settings"],
            "overwrite_quizzes": True,
            "insert_into_module_id": "7",
        },
        "date_shift_options": {"shift_dates": True, "new_start_date": "2026-08-24"},
        "select": {"pages": ["12", "13"], "quizzes": ["7"]},
    }


@pytest.mark.parametrize(
    ("value", "course"),
    [
        (2001, 2001),
        ("2001", 2001),
        (" 2001 ", 2001),
        (2001.0, 2001),
        ("2001.0", 2001),
        ("2001.00", 2001),
        (Decimal("2001.00"), 2001),
        (10**13 * 7 + 5, 10**13 * 7 + 5),
        ("90071992547409931", 90071992547409931),
        (Decimal(90071992547409931), 90071992547409931),
        ("7~2001", "7~2001"),
        ("sis_course_id:BIO 101/Ä", "sis_course_id:BIO 101/Ä"),
        ("sis_integration_id:X", "sis_integration_id:X"),
    ],
)
def test_forms_of_a_course(value: Any, course: int | str) -> None:
    """A course is a number, also with the .0 of a spreadsheet, or a form with the prefix of another system."""
    assert parse(destination=value).destination_course_id == course


@pytest.mark.parametrize(
    "value",
    [
        *(0, -3, "0", "-3", 1.5, "1.5", True, "BIO-1", "2,001", "2001 2002", "٣", [7], {"id": 7}, b"77", float("inf")),
        *(
            9.007199254740993e16,
            "9.00719925474099E+16",
            "90071992547409930.0",
            10**30,
            "1e3",
            datetime.date(2026, 1, 1),
        ),
        *(
            "1.000",
            "12.000",
            "123.000",
            "12,000",
            "=B7",
            '=VLOOKUP(A2,"x",1)',
            "#N/A",
            "#NV",
            "#REF!",
            "#NAME?",
            "#DIV/0!",
        ),
    ],
)
def test_a_value_that_is_no_course_is_refused(value: Any) -> None:
    """What is no course, and a number that was rounded, is refused with what to write."""
    problem = problem_of({**COURSES, "destination_course_id": value, "destination": ""})
    assert "line 2: column destination_course_id" in problem
    assert "rite " in problem or "correct it" in problem or "cast it" in problem


@pytest.mark.parametrize(
    ("value", "course"),
    [
        *(("BIO-1", "BIO-1"), ("0012", "0012"), (12, "12"), (12.0, "12"), ("sis_course_id:X", "X"), (" X Y ", "X Y")),
        *(("101E2", "101E2"), ("#1", "#1"), ("sis_course_id:12.0", "12.0"), ("sis_course_id:#N/A", "#N/A")),
    ],
)
def test_a_column_of_bare_sis_ids(value: Any, course: str) -> None:
    """A column of SIS ids needs no prefix, and keeps leading zeros."""
    (request,) = parse_copies([(1, {"source_sis_course_id": "T-1", "destination_sis_course_id": value})])
    assert request.destination_course_id == f"sis_course_id:{course}"
    assert request.source_course_id == "sis_course_id:T-1"


@pytest.mark.parametrize("value", ["12.0", "1.2E+16", "1,2E+16", "#N/A", "=A1"])
def test_what_a_spreadsheet_makes_of_an_sis_id(value: str) -> None:
    """What a spreadsheet writes instead of an SIS id is refused, and no SIS id that Canvas does not know."""
    problem = problem_of({"source": 42, "destination_sis_course_id": value})
    assert f"line 2: column destination_sis_course_id is {value!r}, " in problem
    assert "write the " in problem


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        ("new_start_date", "2026-01-12", "2026-01-12"),
        ("new_start_date", "20260112", "2026-01-12"),
        ("new_start_date", " 2026-01-12 00:00:00 ", "2026-01-12T00:00:00"),
        ("new_start_date", "2026-01-12T08:00:00Z", "2026-01-12T08:00:00+00:00"),
        ("new_end_date", datetime.date(2026, 1, 12), "2026-01-12"),
        ("old_start_date", datetime.datetime(2026, 1, 12, 8, tzinfo=datetime.UTC), "2026-01-12T08:00:00+00:00"),
        ("day_substitutions", {1: 2}, {"1": 2}),
        ("day_substitutions", {"1": 2.0}, {"1": 2}),
        ("day_substitutions", '{"1": "2"}', {"1": 2}),
        ("day_substitutions", "{1: 2}", {"1": 2}),
        ("day_substitutions", "1:2;3 : 4", {"1": 2, "3": 4}),
        ("shift_dates", "True", True),
        ("shift_dates", 1.0, True),
        ("shift_dates", "1", True),
        ("overwrite_quizzes", "FALSE", False),
        ("import_blueprint_settings", 0, False),
        ("importer_skips", "visibility_settings", ["visibility_settings"]),
        ("importer_skips", "visibility_settings|all_course_settings", ["visibility_settings", "all_course_settings"]),
        ("importer_skips", '["visibility_settings"]', ["visibility_settings"]),
        ("importer_skips", ("visibility_settings",), ["visibility_settings"]),
        ("select", {"pages": [12]}, {"pages": [12]}),
        ("select", {"pages": [12.0, "13.0"]}, {"pages": [12, 13]}),
        ("select", '{"pages": ["12"]}', {"pages": [12]}),
        ("select", "pages:12 13;assignments: 7;", {"pages": [12, 13], "assignments": [7]}),
        ("settings", {"folder_id": 7, "own": {"a": [None, 1.5]}}, {"folder_id": 7, "own": {"a": [None, 1.5]}}),
        ("insert_into_module_id", 9.0, 9),
        ("insert_into_module_type", " page ", "page"),
        ("insert_into_module_position", "3", 3),
        ("move_to_assignment_group_id", "12", 12),
    ],
)
def test_forms_of_a_value(name: str, value: Any, parsed: Any) -> None:
    """Each column takes its values as Python, JSON, a database or a spreadsheet write them."""
    request = parse(**{name: value})
    assert request.parameters == {name: parsed}
    assert json.loads(json.dumps(request.parameters)) == request.parameters


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"new_start_date": "1/12/2026"}, "write 2026-01-12 for 12 January, or 2026-12-01 for 1 December"),
        ({"new_start_date": "12.01.2026"}, "write 2026-12-01 for 1 December, or 2026-01-12 for 12 January"),
        ({"new_start_date": "13/01/2026"}, "write 2026-01-13 for 13 January"),
        ({"new_start_date": "2026/1/12"}, "write 2026-01-12 for 12 January"),
        ({"new_start_date": "2026-1-12"}, "write 2026-01-12 for 12 January"),
        ({"new_start_date": "0026-01-12"}, "write a date with a year from 1900 to 2199"),
        ({"new_start_date": datetime.date(2206, 1, 12)}, "write a date with a year from 1900 to 2199"),
        ({"new_start_date": datetime.time(8)}, "write a date such as 2026-01-12"),
        ({"insert_into_module_position": "2.000"}, "which can be 2 or 2000: write digits only"),
        ({"new_start_date": "1/12/2026 0:00"}, "write 2026-01-12 for 12 January"),
        ({"new_start_date": "46034"}, "a spreadsheet stores the day 2026-01-12 so; write that"),
        ({"new_start_date": 46034.0}, "a spreadsheet stores the day 2026-01-12 so; write that"),
        ({"new_start_date": "12-Jan-2026"}, "write a date such as 2026-01-12"),
        ({"new_start_date": "2026-02-30"}, "write a date such as 2026-01-12"),
        ({"new_start_date": "31/02/2026"}, "write a date such as 2026-01-12"),
        ({"new_start_date": True}, "write a date such as 2026-01-12"),
        ({"new_start_date": "2026-05-01", "new_end_date": "2026-01-12"}, "new_end_date 2026-01-12 is before"),
        ({"day_substitutions": "1:7"}, "write 0 (Sunday) to 6 (Saturday)"),
        ({"day_substitutions": "1:2, 1:3"}, "name each day once"),
        ({"day_substitutions": "Mon:Tue"}, "write a dict or a list, such as 1:2, 3:4"),
        ({"day_substitutions": "[1, 2]"}, "write weekdays, such as 1:2, 3:4 (0 is Sunday)"),
        ({"shift_dates": "yes"}, "write True or False"),
        ({"shift_dates": 1, "remove_dates": 1}, "shift_dates and remove_dates exclude each other"),
        ({"importer_skips": "visibility_setting"}, "column importer_skips 'visibility_setting' is not one of"),
        ({"importer_skips": "visibility_setting"}, "Did you mean 'visibility_settings'?"),
        ({"importer_skips": [["x"]]}, "is not one of all_course_settings, visibility_settings"),
        ({"insert_into_module_type": 5}, "is not one of assignment"),
        ({"select": "page: 12"}, "Did you mean 'pages'?"),
        ({"select": "pages: 12; pages: 13"}, "name each type once"),
        ({"select": "{}"}, "Canvas would copy everything"),
        ({"select": "pages"}, "write a dict or a list, such as"),
        ({"select": {"pages": ["BIO"]}}, "must be a number such as 77"),
        ({"settings": "[1]"}, 'write a JSON object, such as {"folder_id": 7}'),
        ({"settings": {"source_folder_id": 7}}, "Did you mean 'folder_id'?"),
        ({"settings": {1: 7, "x": {1, 2}}}, "settings holds set: write text, a number, a list or a dict"),
        ({"insert_into_module_id": "sis:1"}, "must be a number such as 77"),
        ({"insert_into_module_type": "pages"}, "Did you mean 'page'?"),
        ({"insert_into_module_position": "0"}, "must be a number such as 77"),
        ({"destination": "42.0"}, "source and destination are the same course, 42"),
        ({"destination": None}, "column destination_course_id is empty. Write the number of a course"),
        ({"destination_sis_course_id": "X"}, "both name the destination: fill in one of them"),
        ({"settings": "x" * 32_768}, "has 32,768 characters: write at most 32,767"),
        ({"Destination": 78}, "are the same: keep one of them"),
    ],
)
def test_what_to_write_instead(values: dict[str, Any], advice: str) -> None:
    """The error of a value names the line and says what to write."""
    problem = problem_of({**COURSES, **values})
    assert "line 2: " in problem
    assert advice in problem


def test_all_bad_rows_are_reported_at_once() -> None:
    """Every bad row is in the one error, with its line and column; the good ones are not."""
    problem = problem_of(
        {**COURSES, "new_start_date": "soon"}, COURSES, {"source": 42}, {**COURSES, "select": "{}"}, 5, place="row"
    )
    assert problem.startswith("4 rows of the input are not valid, and nothing was sent.")
    assert [line[:17] for line in problem.split("\n- ")[1:]] == [
        "row 2: column new", "row 4: column des", "row 5: column sel", "row 6: is int: wr",
    ]  # fmt: skip


def test_the_error_of_many_bad_rows_is_short_and_counts_them() -> None:
    """The error of 3,000 bad rows describes some of each kind, counts the others, and fits into a log."""
    bad = {**COURSES, "new_start_date": "1/12/2026", "settings": "x" * 400}
    rows = [*[bad] * 2_998, {"source": 1}, {**COURSES, "shift_dates": "maybe"}]
    problem = problem_of(*rows)
    assert problem.startswith("3,000 lines of the input are not valid")
    assert "and 2,993 more of new_start_date" in problem
    assert "line 3000: column destination_course_id is empty" in problem
    assert "line 3001: column shift_dates is 'maybe'" in problem
    assert len(problem) < 10_000


def test_rows_without_a_value_are_skipped() -> None:
    """A row whose cells are all blank, as spreadsheets write at the end, requests nothing."""
    assert parse_copies([(2, {"source": "", "destination": None, "note": " "}), (3, {})]) == []


def test_a_secret_in_a_value_is_not_repeated() -> None:
    """A message and a label hide the signature of an address."""
    signed = "https://x.example/f?access_token=SECRETSECRET1"
    assert "SECRETSECRET1" not in problem_of({**COURSES, "shift_dates": signed, "destination": signed})
    assert "SECRETSECRET1" not in json.dumps(parse(origin=signed).labels)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2001.0, "2001"),
        (datetime.date(2026, 1, 12), "2026-01-12"),
        (datetime.time(8, 30), "08:30:00"),
        (datetime.timedelta(hours=1, minutes=15), "1:15:00"),
        ("#N/A", "#N/A"),
        ("=A1", "=A1"),
        (True, "true"),
        ({"a": [1]}, '{"a": [1]}'),
        ("x" * 600, "x" * 499 + "…"),
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
    ],
)
def test_labels_are_text(value: Any, shown: str) -> None:
    """The value of a label is text that every database can hold."""
    assert parse(Origin=value).labels == {"Origin": shown}


@pytest.mark.parametrize("name", ["sorce", "start_date", "New Start", "skips", "select_", "shift-date", "course id"])
def test_a_misspelt_column_is_no_label(name: str) -> None:
    """A column that resembles a known one is refused, once for all rows, with what to write."""
    row = {**COURSES, name: "2026-01-12"}
    problem = problem_of(row, row)
    assert problem.count("is not known. Did you mean ") == 1
    assert f"If it is a label, name it label_{name}." in problem
    assert parse(**{f"label_{name}": 1}).labels == {name: "1"}


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("if_not_empty", "is a parameter of the task, and counts for all rows: set it there."),
        ("Fail on issues", "is a parameter of the task, and counts for all rows: set it there."),
        ("date_shift_options", "Did you mean new_start_date or day_substitutions?"),
        ("copy", "Did you mean select?"),
        ("labels", "Did you mean label_...?"),
        *(
            (name, "Did you mean new_start_date?")
            for name in ("start_at", "Starts", "startDate", "newStart", "Term start")
        ),
        *((name, "Did you mean new_end_date?") for name in ("end_at", "ends", "enddate", "newEnd", "term_end")),
    ],
)
def test_other_names_of_this_package_and_of_canvas_are_no_labels(name: str, advice: str) -> None:
    """A parameter that no row has is refused, with where to write it."""
    assert f"column {name!r} {advice}" in problem_of({**COURSES, name: "x"}).replace("is not known. ", "")


@pytest.mark.parametrize(
    "name",
    [
        *("Department", "term", "campus", "instructor", "source_course_name", "destination_name", "course_code", "crn"),
        *("enrolled", "college", "Fachbereich", "lehrstuhl", "notes", "location", "school"),
    ],
)
def test_a_column_that_resembles_none_is_a_label(name: str) -> None:
    """Any other column is a label, under the name that it has."""
    assert parse(**{name: "x"}).labels == {name: "x"}


def test_the_columns_of_a_table_are_checked_before_its_rows() -> None:
    """A header is refused with all its problems: misspelt, repeated, and missing columns."""
    with pytest.raises(CanvasInputError) as error:
        check_columns(["source", "Source", "destination", "remove_date", "x" * 101], "line 1")
    assert "line 1: column 'Source' is there twice, also as source: keep one." in str(error.value)
    assert "column 'remove_date' is not known. Did you mean remove_dates?" in str(error.value)
    assert "write a name of 1 to 100 characters" in str(error.value)
    with pytest.raises(CanvasInputError, match="there is no column destination_course_id"):
        check_columns(["source", "term"], "the query")

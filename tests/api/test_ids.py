"""The forms of ids that Canvas accepts, and the errors for others."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.ids import canvas_id, path_part, quote_id

UUID = f"uuid:{'a1B2' * 10}"

numbers = st.integers(1, 2**63 - 1)
across_shards = st.builds("{}~{}".format, numbers, numbers)
sis_values = st.text(st.characters(codec="utf-8", exclude_characters="\n"), min_size=1).filter(str.strip)
sis_forms = st.builds(
    "{}:{}".format, st.sampled_from(["sis_course_id", "sis_integration_id", "lti_context_id"]), sis_values
)
hex_forms = sis_values.map(lambda text: f"hex:sis_course_id:{text.encode().hex()}")
uuids = st.text("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=36).map("uuid:{}".format)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("course_id", 42),
        ("course_id", "42"),
        ("course_id", "1~42"),
        ("course_id", "10000003793279"),
        ("course_id", "sis_course_id:BIO 1/2"),
        ("course_id", "sis_course_id:BIO:1"),
        ("course_id", "sis_integration_id:7"),
        ("course_id", "hex:sis_course_id:42494f"),
        ("course_id", "hex:sis_course_id:C3BC"),
        ("course_id", "lti_context_id:abc"),
        ("course_id", UUID),
        ("user_id", "self"),
        ("user_id", "sis_login_id:ann@example.edu"),
        ("user_id", "lti_user_id:abc"),
        ("user_id", "lti_1_1_id:abc"),
        ("user_id", "lti_1_3_id:abc"),
        ("user_id", UUID),
        ("account_id", "self"),
        ("account_id", "default"),
        ("account_id", "site_admin"),
        ("account_id", "sis_account_id:A"),
        ("account_id", UUID),
        ("group_id", "sis_group_id:G"),
        ("group_id", "lti_context_id:abc"),
        ("section_id", "sis_section_id:S"),
        ("term_id", "sis_term_id:T"),
        ("term_id", "current"),
        ("term_id", "default"),
        ("template_id", "default"),
        ("subscription_id", "default"),
        ("url_or_id", "week-1"),
        ("url_or_id", "page_id:7"),
        ("content_migration_id", 7),
    ],
)
def test_valid_ids(name: str, value: int | str) -> None:
    """Every form that Canvas documents for a kind of id is accepted unchanged."""
    assert canvas_id(name, value) == str(value)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("sis_course_id:BIO.json", f"hex:sis_course_id:{b'BIO.json'.hex()}"),
        ("sis_course_id:BIO.XML", f"hex:sis_course_id:{b'BIO.XML'.hex()}"),
        ("lti_context_id:ü.json", f"hex:lti_context_id:{'ü.json'.encode().hex()}"),
        ("sis_course_id:BIO.jsonl", "sis_course_id:BIO.jsonl"),
        ("sis_course_id:json", "sis_course_id:json"),
        (f"hex:sis_course_id:{b'BIO.json'.hex()}", f"hex:sis_course_id:{b'BIO.json'.hex()}"),
        ("42", "42"),
    ],
)
def test_id_that_ends_like_a_format(value: str, path: str) -> None:
    """An SIS id whose end Canvas would cut off as the format of the response is sent in hexadecimal digits."""
    assert path_part("course_id", value) == path


def test_blanks_around_an_id() -> None:
    """Blanks around an id, as they occur in tables, are removed, as Canvas does."""
    assert canvas_id("course_id", " 42\n") == "42"
    assert canvas_id("course_id", "\tsis_course_id:BIO 1 ") == "sis_course_id:BIO 1"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("course_id", "BIO-1", "sis_course_id:"),
        ("course_id", "", "number from the page's address"),
        ("course_id", None, "number from the page's address"),
        ("course_id", True, "number"),
        ("course_id", 0, "number"),
        ("course_id", -3, "number"),
        ("course_id", "1~", "number"),
        ("course_id", "~1", "number"),
        ("course_id", "٣", "number"),
        ("course_id", "self", "number"),
        ("course_id", "sis_user_id:1", "sis_course_id:"),
        ("course_id", "sis_course_id:", "number"),
        ("course_id", "sis_course_id:a\nb", "number"),
        ("course_id", "hex:sis_course_id:BIO", "two hexadecimal digits each, such as 42494f for BIO"),
        ("course_id", "hex:sis_course_id:424", "two hexadecimal digits each"),
        ("course_id", "hex:sis_course_id:ff", "UTF-8"),
        ("course_id", "hex:sis_user_id:42", "After hex:sis_course_id:"),
        ("course_id", "uuid:abc", "at least 36 letters and digits"),
        ("group_id", UUID, "sis_group_id:... or lti_context_id:..."),
        ("user_id", "default", "or self"),
        ("account_id", "root", "or self or default or site_admin"),
        ("term_id", "next", "or default or current"),
        ("template_id", "self", "a number such as 77, or default"),
        ("content_migration_id", "sis_course_id:1", "must be a number such as 77"),
        ("content_migration_id", "sis_course_id:1", "Canvas accepts no SIS id here"),
        ("file_id", UUID, "Canvas accepts no SIS id here"),
        ("file_id", "self", "must be a number such as 77, not 'self'."),
        ("progress_id", 1.5, "must be a number"),
        ("url_or_id", "..", "does not name a page"),
    ],
)
def test_invalid_ids(name: str, value: object, message: str) -> None:
    """An id that Canvas would not find is an error with the parameter's name and the accepted forms."""
    with pytest.raises(ValueError, match=name) as refusal:
        canvas_id(name, value)
    assert message in str(refusal.value)


def test_parameter_with_another_name() -> None:
    """A parameter may have another name than the kind of its id, and the error has the parameter's name."""
    assert canvas_id("source_course", "sis_course_id:BIO", kind="course_id") == "sis_course_id:BIO"
    with pytest.raises(ValueError, match="source_course 'BIO'"):
        canvas_id("source_course", "BIO", kind="course_id")


@given(numbers | across_shards | sis_forms | hex_forms | uuids)
def test_id_in_a_path(value: int | str) -> None:
    """Any accepted id is one segment of the path, without query and fragment, and decodes to the id."""
    text = canvas_id("course_id", value)
    path = quote_id(text)
    assert unquote(path) == text == str(value).strip(" \t\n\r\x0b\x0c")
    assert not set(path) & set("/?# ")
    assert path.isascii()


@given(st.text(min_size=1))
def test_numeric_ids(value: str) -> None:
    """For ids that have no other form, exactly the numbers are accepted."""
    if re.fullmatch(r"[1-9][0-9]*(~[1-9][0-9]*)?", value.strip(" \t\n\r\x0b\x0c")):
        assert canvas_id("content_migration_id", value) == value.strip()
    else:
        with pytest.raises(ValueError, match="must be a number such as 77"):
            canvas_id("content_migration_id", value)


@given(st.binary(min_size=1))
def test_hex_ids(data: bytes) -> None:
    """The bytes after ``hex:`` must be UTF-8, because Canvas decodes them as text."""
    try:
        data.decode()
    except UnicodeDecodeError:
        with pytest.raises(ValueError, match="UTF-8 bytes"):
            canvas_id("course_id", f"hex:sis_course_id:{data.hex()}")
    else:
        assert canvas_id("course_id", f"hex:sis_course_id:{data.hex()}").endswith(data.hex())

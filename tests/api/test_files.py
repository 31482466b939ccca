"""The requests of the endpoints of files and folders, and their errors for invalid parameters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.files import Files
from airflow_provider_canvas.api.folders import Folders
from tests.api.wire import OWNERS, wire

UPLOAD = {
    "name": "week 1.pdf",
    "size": 0,
    "content_type": "application/pdf",
    "on_duplicate": "error",
    "success_include": ["enhanced_preview_url"],
    "no_redirect": True,
}
UPLOAD_PAIRS = [
    ("name", "week 1.pdf"),
    ("size", "0"),
    ("content_type", "application/pdf"),
    ("on_duplicate", "error"),
    ("success_include[]", "enhanced_preview_url"),
    ("no_redirect", "true"),
]


@pytest.mark.parametrize(("context", "path"), OWNERS)
class TestEveryContext:
    def test_list(self, context: dict[str, Any], path: str) -> None:
        """Files can be filtered and sorted; folders are listed without parameters."""
        files = Files.list.call(
            include=["user"],
            content_types=["image", "text/html"],
            exclude_content_types=["image/gif"],
            search_term="week",
            sort="size",
            order="desc",
            per_page=20,
            **context,
        )
        pairs = [
            ("include[]", "user"),
            ("content_types[]", "image"),
            ("content_types[]", "text/html"),
            ("exclude_content_types[]", "image/gif"),
            ("search_term", "week"),
            ("sort", "size"),
            ("order", "desc"),
            ("per_page", "20"),
        ]
        assert wire(files) == ("GET", f"{path}/files", pairs)
        assert wire(Folders.list.call(**context)) == ("GET", f"{path}/folders", [])

    def test_quota(self, context: dict[str, Any], path: str) -> None:
        """The quota belongs to the context of the files."""
        assert wire(Files.quota.call(**context)) == ("GET", f"{path}/files/quota", [])

    def test_create(self, context: dict[str, Any], path: str) -> None:
        """The first step of an upload sends the properties of the file and its folder."""
        call = Files.create.call(parent_folder_path="a/b", **UPLOAD, **context)
        assert call.method == "POST"
        assert call.path == f"{path}/files"
        assert sorted(wire(call)[2]) == sorted([*UPLOAD_PAIRS, ("parent_folder_path", "a/b")])


@pytest.mark.parametrize("call", [Files.list.call, Files.quota.call, Folders.list.call])
def test_accounts_have_no_files(call: Any) -> None:
    """The error names the contexts that have files."""
    with pytest.raises(ValueError, match="exactly one of course_id, group_id, user_id"):
        call(account_id=1)


def test_get() -> None:
    """Files and folders are requested by their ids."""
    assert wire(Files.get.call(file_id=5, include=["usage_rights"])) == (
        "GET",
        "files/5",
        [("include[]", "usage_rights")],
    )
    assert wire(Files.public_url.call(file_id=5)) == ("GET", "files/5/public_url", [])
    assert wire(Folders.get.call(folder_id=6)) == ("GET", "folders/6", [])


def test_content_of_a_folder() -> None:
    """The files and folders of a folder can be listed, and files can be uploaded into it."""
    assert wire(Files.list_in_folder.call(folder_id=6, sort="name")) == ("GET", "folders/6/files", [("sort", "name")])
    assert wire(Folders.list_in_folder.call(folder_id=6, per_page=9)) == (
        "GET",
        "folders/6/folders",
        [("per_page", "9")],
    )
    assert wire(Files.create_in_folder.call(folder_id=6, **UPLOAD)) == ("POST", "folders/6/files", UPLOAD_PAIRS)


def test_create_from_a_url() -> None:
    """With ``url``, Canvas fetches the file, and ``submit_assignment`` can be set."""
    call = Files.create.call(
        user_id="self", name="a.pdf", url="https://files.example.edu/a.pdf?x=1", submit_assignment=False
    )
    assert wire(call)[2] == [
        ("name", "a.pdf"),
        ("url", "https://files.example.edu/a.pdf?x=1"),
        ("submit_assignment", "false"),
    ]


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    st.integers(0, 2**63),
    st.integers(1, 2**63 - 1),
)
def test_any_name_and_size(name: str, size: int, folder: int) -> None:
    """Any name and size are pairs unchanged."""
    call = Files.create.call(course_id=22, name=name, size=size, parent_folder_id=folder)
    assert wire(call)[2] == [("name", name), ("size", str(size)), ("parent_folder_id", str(folder))]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"name": ""}, "name is missing"),
        ({"size": -1}, "size must be a number of bytes"),
        ({"size": "5"}, "size must be a number of bytes"),
        ({"parent_folder_id": 1, "parent_folder_path": "a"}, "parent_folder_id and parent_folder_path exclude"),
        ({"parent_folder_id": "week 1"}, "parent_folder_id must be a number"),
        ({"on_duplicate": "overwite"}, "Did you mean 'overwrite'"),
        ({"url": "file:///etc/passwd"}, "url must be an address"),
    ],
)
def test_invalid_parameters_of_uploads(params: dict[str, Any], message: str) -> None:
    """A parameter that Canvas would refuse is an error that says what to write instead."""
    with pytest.raises(ValueError, match=message):
        Files.create.call(course_id=22, **{"name": "a.pdf", **params})


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"sort": "date"}, "sort 'date' is not one of"),
        ({"order": "descending"}, "is not one of asc, desc"),
        ({"include": ["users"]}, "Did you mean 'user'"),
        ({"content_types": "image"}, "content_types must be a list"),
        ({"exclude_content_types": "image"}, "exclude_content_types must be a list"),
        ({"per_page": 500}, "from 1 to 100"),
    ],
)
def test_invalid_parameters_of_lists(params: dict[str, Any], message: str) -> None:
    """A parameter that Canvas would ignore is an error, both in a context and in a folder."""
    with pytest.raises(ValueError, match=message):
        Files.list.call(course_id=22, **params)
    with pytest.raises(ValueError, match=message):
        Files.list_in_folder.call(folder_id=6, **params)


@pytest.mark.parametrize(
    ("full_path", "path"),
    [
        ("", "courses/7/folders/by_path"),
        ("Week 1/Readings?", "courses/7/folders/by_path/Week%201/Readings%3F"),
        ("/Week 1/", "courses/7/folders/by_path/Week%201"),
    ],
)
def test_folder_by_path(full_path: str, path: str) -> None:
    """The slashes of a path are kept, and everything else is quoted."""
    assert wire(Folders.by_path.call(course_id=7, full_path=full_path)) == ("GET", path, [])


def test_folder_path_with_dots() -> None:
    """A path with ``..``, which would be another route, is an error."""
    with pytest.raises(ValueError, match="not a folder's path"):
        Folders.by_path.call(course_id=7, full_path="a/../../users")

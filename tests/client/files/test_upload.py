"""Test upload sources and the form that is sent, without a transport."""

from __future__ import annotations

import io
import os
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_canvas.api.uploads import UploadTarget
from airflow_provider_canvas.client.errors import CanvasUnexpectedResponseError
from airflow_provider_canvas.client.files.multipart import Form, SendingError
from airflow_provider_canvas.client.files.upload_sources import UploadSource, upload_source
from airflow_provider_canvas.client.files.upload_steps import upload_form
from tests.support.airflow_storage import ObjectStoragePath

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


def of_bytes(data: bytes, name: str = "a.zip") -> UploadSource:
    """Bytes to upload."""
    return upload_source(io.BytesIO(data), name)


def parts_of(form: Form) -> list[tuple[str, str | None, bytes]]:
    """Read a form as browsers write it: name, file name and bytes of each part."""
    body = b"".join(form.chunks())
    assert len(body) == form.length
    boundary = form.content_type.partition("boundary=")[2].encode()
    pieces = body.split(b"--" + boundary)
    assert (pieces[0], pieces[-1]) == (b"", b"--\r\n")
    parts = []
    for piece in pieces[1:-1]:
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        assert all(": " in line for line in lines)
        words = dict(word.split("=", 1) for word in lines[0].split("; ")[1:])
        name, filename = (_unescaped(words[key]) if key in words else None for key in ("name", "filename"))
        parts.append((name or "", filename, data.removesuffix(b"\r\n")))
    return parts


def _unescaped(quoted: str) -> str:
    assert quoted[0] == quoted[-1] == '"'
    return quoted[1:-1].replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")


class TestForm:
    """The multipart form of an upload."""

    @given(
        st.dictionaries(st.text("abcXYZ-[]_", min_size=1), st.text("abc 123/+=&%é日\r\n")),
        st.binary(max_size=3000),
        st.text("abc.é日 '()", min_size=1).filter(str.strip),
    )
    def test_parameters_keep_their_order(self, params: dict[str, str], data: bytes, name: str) -> None:
        """The form has every parameter unchanged and in order, and the file at the end."""
        form = Form(params, "file", of_bytes(data, name))
        parts = parts_of(form)
        assert parts[:-1] == [(key, None, value.encode()) for key, value in params.items()]
        assert parts[-1] == ("file", name, data)

    @given(NAMES)
    def test_special_characters_in_names(self, name: str) -> None:
        """Quotes and line ends in a file name do not end its header; Python's own parser finds one file."""
        form = Form({"key": "k"}, "file", of_bytes(b"abc", name))
        head = f"Content-Type: {form.content_type}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP.clone(utf8=True)).parsebytes(head + b"".join(form.chunks()))
        assert [part.get_payload(decode=True) for part in message.iter_parts()] == [b"k", b"abc"]

    def test_can_be_sent_again(self) -> None:
        """A second reading gives the same bytes, from the file object's first position."""
        file = io.BytesIO(b"xxabc")
        file.seek(2)
        form = Form({}, "file", upload_source(file, "a"))
        assert b"".join(form.chunks()) == b"".join(form.chunks())
        assert parts_of(form)[-1][2] == b"abc"

    def test_without_a_file(self) -> None:
        """If Canvas fetches the file, the form has parameters only."""
        assert parts_of(Form({"target_url": "u", "n": 1, "b": True, "none": None}, None, of_bytes(b"abc"))) == [
            ("target_url", None, b"u"),
            ("n", None, b"1"),
            ("b", None, b"true"),
            ("none", None, b""),
        ]

    def test_sent_when_the_end_was_read(self) -> None:
        """The form counts as sent only after its end was read."""
        form = Form({}, "file", of_bytes(b"abc"))
        chunks = form.chunks()
        assert [next(chunks) and form.all_sent for _ in range(3)] == [False, False, True]

    def test_read_error_is_kept(self) -> None:
        """An error while the file is read ends the form, and the form keeps the error for its sender."""

        class Broken(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                raise TimeoutError("the disk is gone")

        form = Form({}, "file", upload_source(Broken(b"abc"), "a"))
        with pytest.raises(SendingError):
            list(form.chunks())
        assert isinstance(form.failure, TimeoutError)
        assert not form.all_sent


class TestSource:
    """Sources of an upload."""

    def test_paths(self, tmp_path: Path) -> None:
        """A string, a ``Path`` and any path-like object name the same file."""
        path = tmp_path / "a b.zip"
        path.write_bytes(b"abc")

        class Named:
            def __fspath__(self) -> str:
                return str(path)

        for source in (upload_source(str(path)), upload_source(path), upload_source(Named())):
            assert (source.name, source.size) == ("a b.zip", 3)
            with source.open() as file:
                assert file.read() == b"abc"

    def test_object_storage(self) -> None:
        """Airflow's ``ObjectStoragePath`` is read like a path."""
        path = ObjectStoragePath("memory://bucket/deep/a.zip")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(b"abc")
        source = upload_source(path)
        assert (source.name, source.size) == ("a.zip", 3)
        assert parts_of(Form({}, "file", source))[-1] == ("file", "a.zip", b"abc")

    def test_open_files(self, tmp_path: Path) -> None:
        """An open file is uploaded from its position, under its own name or another, and stays open."""
        (tmp_path / "a.zip").write_bytes(b"xxabc")
        with (tmp_path / "a.zip").open("rb") as file:
            file.seek(2)
            source = upload_source(file)
            assert (source.name, source.size, file.tell()) == ("a.zip", 3, 2)
            with source.open() as opened:
                assert opened.read() == b"abc"
            assert not file.closed
            assert upload_source(file, "other.zip").name == "other.zip"

    def test_source_that_cannot_seek(self) -> None:
        """A source that cannot seek is refused unless its size is given, and can be sent once."""
        reading, writing = os.pipe()
        os.write(writing, b"abc")
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            with pytest.raises(ValueError, match="give size="):
                upload_source(pipe, "a.zip")
            form = Form({}, "file", upload_source(pipe, "a.zip", 3))
            assert parts_of(form)[-1][2] == b"abc"
            with pytest.raises(SendingError):
                list(form.chunks())
            assert "cannot seek: give a path" in str(form.failure)

    @pytest.mark.parametrize(
        ("uploadable", "name", "message"),
        [
            (io.BytesIO(b"abc"), None, "name is missing"),
            (io.BytesIO(b"abc"), " ", "name is missing"),
            (io.StringIO("abc"), "a", "mode 'rb'"),
            (7, "a", "int cannot be uploaded"),
            (Path(__file__).parent, None, "is not a file"),
            ("a\0b", None, "half of a surrogate pair: give another path"),
            (Path("a\ud800b"), None, "half of a surrogate pair: give another path"),
        ],
    )
    def test_invalid_sources(self, uploadable: Any, name: str | None, message: str) -> None:
        """An invalid source is refused before any request, and the error says what to pass instead."""
        with pytest.raises(ValueError, match=message):
            upload_source(uploadable, name)

    def test_missing_file(self, tmp_path: Path) -> None:
        """A missing file raises ``FileNotFoundError``."""
        with pytest.raises(FileNotFoundError):
            upload_source(tmp_path / "nothing")


class TestFieldOfTheFile:
    """The name of the form's field that holds the file."""

    def test_without_a_name(self) -> None:
        """An older Canvas does not send ``file_param``: the field is ``file``, and the file is in the form."""
        form = upload_form({"upload_url": "u", "upload_params": {"key": "k"}}, of_bytes(b"abc"), None, None)
        assert parts_of(form)[-1] == ("file", "a.zip", b"abc")

    @pytest.mark.parametrize("name", [None, ""])
    def test_no_field(self, name: str | None) -> None:
        """A ``file_param`` of ``null`` is an error when there is a file: a form without it brings nothing."""
        target: UploadTarget = {"upload_url": "u", "upload_params": {}, "file_param": name}
        with pytest.raises(
            CanvasUnexpectedResponseError, match=r"no field for the bytes of a\.zip .* nothing was sent"
        ):
            upload_form(target, of_bytes(b"abc"), None, None)

    def test_fetched_file(self) -> None:
        """A form without a file is what Canvas wants when it fetches the file itself."""
        target: UploadTarget = {"upload_url": "u", "upload_params": {"target_url": "t"}, "file_param": None}
        assert parts_of(upload_form(target, None, None, None)) == [("target_url", None, b"t")]

"""What is uploaded, and the form in which it is sent: without any transport."""

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

from airflow_provider_canvas.client.files.multipart import Form, SendingError
from airflow_provider_canvas.client.files.upload_sources import UploadSource, upload_source
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
    @given(
        st.dictionaries(st.text("abcXYZ-[]_", min_size=1), st.text("abc 123/+=&%é日\r\n")),
        st.binary(max_size=3000),
        st.text("abc.é日 '()", min_size=1).filter(str.strip),
    )
    def test_is_read_as_it_was_written(self, params: dict[str, str], data: bytes, name: str) -> None:
        """Every parameter comes back unchanged and in its order, and the file last."""
        form = Form(params, "file", of_bytes(data, name))
        parts = parts_of(form)
        assert parts[:-1] == [(key, None, value.encode()) for key, value in params.items()]
        assert parts[-1] == ("file", name, data)

    @given(NAMES)
    def test_no_name_breaks_it(self, name: str) -> None:
        """Quotes and line ends of a file's name do not end its header; Python's own parser finds one file."""
        form = Form({"key": "k"}, "file", of_bytes(b"abc", name))
        head = f"Content-Type: {form.content_type}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP.clone(utf8=True)).parsebytes(head + b"".join(form.chunks()))
        assert [part.get_payload(decode=True) for part in message.iter_parts()] == [b"k", b"abc"]  # type: ignore[attr-defined]

    def test_is_sent_again_from_its_beginning(self) -> None:
        """A second reading gives the same bytes, from where the file object stood."""
        file = io.BytesIO(b"xxabc")
        file.seek(2)
        form = Form({}, "file", upload_source(file, "a"))
        assert b"".join(form.chunks()) == b"".join(form.chunks())
        assert parts_of(form)[-1][2] == b"abc"

    def test_without_a_file(self) -> None:
        """Where Canvas fetches the file, there are parameters only."""
        assert parts_of(Form({"target_url": "u", "n": 1, "b": True, "none": None}, None, of_bytes(b"abc"))) == [
            ("target_url", None, b"u"),
            ("n", None, b"1"),
            ("b", None, b"true"),
            ("none", None, b""),
        ]

    def test_knows_whether_it_was_sent(self) -> None:
        """Only when its end is handed over can a server have taken it."""
        form = Form({}, "file", of_bytes(b"abc"))
        chunks = form.chunks()
        assert [next(chunks) and form.all_sent for _ in range(3)] == [False, False, True]

    def test_what_goes_wrong_is_kept(self) -> None:
        """A file that cannot be read ends the sending, and the reason is there for whoever sends."""

        class Broken(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                raise TimeoutError("the disk is gone")

        form = Form({}, "file", upload_source(Broken(b"abc"), "a"))
        with pytest.raises(SendingError):
            list(form.chunks())
        assert isinstance(form.failure, TimeoutError)
        assert not form.all_sent


class TestSource:
    def test_paths(self, tmp_path: Path) -> None:
        """Text, a path, and what only knows its path name the same file."""
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
        """Airflow's paths into buckets are read like others."""
        path = ObjectStoragePath("memory://bucket/deep/a.zip")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(b"abc")
        source = upload_source(path)
        assert (source.name, source.size) == ("a.zip", 3)
        assert parts_of(Form({}, "file", source))[-1] == ("file", "a.zip", b"abc")

    def test_open_files(self, tmp_path: Path) -> None:
        """The rest of an open file is uploaded, under its name or another, and it stays open."""
        (tmp_path / "a.zip").write_bytes(b"xxabc")
        with (tmp_path / "a.zip").open("rb") as file:
            file.seek(2)
            source = upload_source(file)
            assert (source.name, source.size, file.tell()) == ("a.zip", 3, 2)
            with source.open() as opened:
                assert opened.read() == b"abc"
            assert not file.closed
            assert upload_source(file, "other.zip").name == "other.zip"

    def test_what_cannot_seek(self) -> None:
        """It is refused unless its size is given, and then it is sent once."""
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
        ],
    )
    def test_refuses(self, uploadable: Any, name: str | None, message: str) -> None:
        """What cannot be uploaded is refused before anything is sent, with what to give in its place."""
        with pytest.raises(ValueError, match=message):
            upload_source(uploadable, name)

    def test_a_path_to_nothing(self, tmp_path: Path) -> None:
        """A file that is not there is the usual error."""
        with pytest.raises(FileNotFoundError):
            upload_source(tmp_path / "nothing")

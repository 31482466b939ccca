"""Test files, folders, and downloads from each kind of storage."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
import requests

from canvas_emulator.model.content import File
from canvas_emulator.model.enrollments import EnrollmentType
from canvas_emulator.model.settings import StorageMode
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import ADMIN, DESTINATION, OTHER, READER, STRANGER
from tests.support.caller import Caller
from tests.support.uploading import GROUP, add_file, add_group, finish, folder, set_quota

CallAs = Callable[[str | None], Caller]
UPLOAD = {"migration_type": "canvas_cartridge_importer", "pre_attachment": {"name": "c.imscc"}}
HOSTS = pytest.mark.parametrize("mode", [StorageMode.S3, StorageMode.INST_FS])


@pytest.fixture
def file(world: World) -> File:
    """Ten bytes in the destination."""
    return add_file(world)


class TestLocalDownload:
    """Downloads from Canvas itself, which has its files on its own disk."""

    @pytest.mark.parametrize("token", [ADMIN, None])
    def test_verifier_is_enough(self, canvas: Caller, call_as: CallAs, file: File, token: str | None) -> None:
        """The URL of a file gives its bytes, with a token and without."""
        response = call_as(token)("GET", canvas.get(f"files/{file.id}")["url"], allow_redirects=False)
        assert (response.status_code, response.content) == (200, b"0123456789")
        assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert response.headers["Content-Length"] == "10"
        assert response.headers["Cache-Control"] == "no-store"
        names = "filename=\"notes.txt\"; filename*=UTF-8''notes.txt"
        assert response.headers["Content-Disposition"] == f"attachment; {names}"

    def test_public_url_is_shown_inline(self, canvas: Caller, file: File) -> None:
        """The public URL gives the bytes for a browser to show, and names the course."""
        url = canvas.get(f"files/{file.id}/public_url")["public_url"]
        assert url.startswith(f"{canvas.server.url}/courses/{DESTINATION}/files/{file.id}/download?verifier=")
        response = requests.get(url, timeout=10, allow_redirects=False)
        assert (response.status_code, response.content) == (200, b"0123456789")
        assert response.headers["Content-Disposition"].startswith("inline; ")

    @pytest.mark.parametrize("name", ['a "quoted" name.txt', "Übung.txt", "日本語.txt"])
    def test_special_names(self, canvas: Caller, world: World, name: str) -> None:
        """A name with special characters is in the header twice: as ASCII, and completely."""
        row = world.add(File(course_id=DESTINATION, title=name, size=1, data=b"x"))
        header = canvas("GET", canvas.get(f"files/{row.id}")["url"]).headers["Content-Disposition"]
        assert header.isascii()
        assert header.endswith(f"; filename*=UTF-8''{quote(name)}")
        assert header.count('"') == 2

    @pytest.mark.parametrize("requested", ["bytes=2-4", "bytes=7-", "bytes=100-"])
    def test_ranges_are_ignored(self, canvas: Caller, file: File, requested: str) -> None:
        """A request for a part of a file gets all of it."""
        response = canvas("GET", canvas.get(f"files/{file.id}")["url"], headers={"Range": requested})
        assert (response.status_code, response.content) == (200, b"0123456789")

    def test_refusal_without_a_verifier(self, canvas: Caller, file: File) -> None:
        """Without a verifier a client of JSON gets a 401, even with a token; any other is sent to the login page."""
        path = f"/files/{file.id}/download"
        refused = canvas("GET", path, headers={"Accept": "application/json"}, allow_redirects=False)
        assert (refused.status_code, refused.json()["status"]) == (401, "unauthenticated")
        assert "WWW-Authenticate" not in refused.headers
        sent_away = canvas("GET", path, allow_redirects=False)
        assert (sent_away.status_code, sent_away.headers["Location"]) == (302, f"{canvas.server.url}/login")
        assert sent_away.headers["Content-Type"] == "text/html; charset=utf-8"

    def test_head(self, canvas: Caller, file: File) -> None:
        """A HEAD returns the size."""
        response = requests.head(canvas.get(f"files/{file.id}/public_url")["public_url"], timeout=10)
        assert (response.status_code, response.headers["Content-Length"], response.content) == (200, "10", b"")

    def test_filler_file(self, canvas: Caller, world: World) -> None:
        """A file without data has as many bytes as its size says."""
        row = world.add(File(course_id=DESTINATION, title="big.bin", size=200_000))
        assert len(canvas("GET", canvas.get(f"files/{row.id}")["url"]).content) == 200_000


@HOSTS
class TestDownload:
    """Downloads of a file from a storage host."""

    def test_redirects_to_the_storage(self, canvas: Caller, world: World, file: File, mode: StorageMode) -> None:
        """The URL of a file redirects to the storage host, which serves the bytes without a token."""
        world.settings.storage = mode
        url = canvas.get(f"files/{file.id}")["url"]
        response = requests.get(url, allow_redirects=False, timeout=10)
        assert response.status_code == 302
        assert response.headers["location"].startswith(world.storage_urls[mode])
        assert not response.headers["location"].startswith(canvas.server.url)
        stored = requests.get(response.headers["location"], timeout=10)
        assert (stored.content, stored.headers["content-type"]) == (b"0123456789", "text/plain")

    def test_storage_refuses_tokens(self, canvas: Caller, world: World, file: File, mode: StorageMode) -> None:
        """A request to the storage host with an ``Authorization`` header is a 400."""
        world.settings.storage = mode
        url = canvas.get(f"files/{file.id}/public_url")["public_url"]
        assert requests.get(url, timeout=10).status_code == 200
        assert requests.get(url, headers={"Authorization": "Bearer x"}, timeout=10).status_code == 400

    def test_storage_urls_expire(self, canvas: Caller, world: World, file: File, mode: StorageMode) -> None:
        """A URL of the storage host expires after some hours; the file's URL then leads to a new one."""
        world.settings.storage = mode
        url = canvas.get(f"files/{file.id}/public_url")["public_url"]
        world.clock.advance(24 * 3600)
        assert requests.get(url, timeout=10).status_code == 403
        assert requests.get(canvas.get(f"files/{file.id}/public_url")["public_url"], timeout=10).ok

    def test_forged_signature(self, canvas: Caller, world: World, file: File, mode: StorageMode) -> None:
        """A URL with a wrong signature is a 403."""
        world.settings.storage = mode
        url = canvas.get(f"files/{file.id}/public_url")["public_url"]
        assert requests.get(url[:-1] + ("0" if url[-1] != "0" else "1"), timeout=10).status_code == 403

    @pytest.mark.parametrize(
        ("requested", "status", "body", "content_range"),
        [
            ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
            ("bytes=7-", 206, b"789", "bytes 7-9/10"),
            ("bytes=-3", 206, b"789", "bytes 7-9/10"),
            ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
            ("bytes=10-", 416, b"", "bytes */10"),
            ("bytes=x", 200, b"0123456789", None),
        ],
    )
    def test_ranges(  # noqa: PLR0917  fixtures and parameters
        self,
        canvas: Caller,
        world: World,
        file: File,
        mode: StorageMode,
        requested: str,
        status: int,
        body: bytes,
        content_range: str | None,
    ) -> None:
        """Storage serves a byte range of a file, so that a download can be resumed."""
        world.settings.storage = mode
        url = canvas.get(f"files/{file.id}/public_url")["public_url"]
        response = requests.get(url, headers={"Range": requested}, timeout=10)
        assert (response.status_code, response.content) == (status, body)
        assert response.headers.get("content-range") == content_range

    def test_filler_file(self, canvas: Caller, world: World, mode: StorageMode) -> None:
        """A file without data has as many bytes as its size says, and each range is always the same."""
        world.settings.storage = mode
        size = 200_000
        row = world.add(File(course_id=DESTINATION, title="big.bin", size=size))
        url = canvas.get(f"files/{row.id}/public_url")["public_url"]
        whole = requests.get(url, timeout=10).content
        part = requests.get(url, headers={"Range": "bytes=65530-131080"}, timeout=10).content
        assert (len(whole), part) == (size, whole[65530:131081])


@HOSTS
def test_head(canvas: Caller, world: World, file: File, mode: StorageMode) -> None:
    """A HEAD returns the size, and that ranges are accepted."""
    world.settings.storage = mode
    response = requests.head(canvas.get(f"files/{file.id}/public_url")["public_url"], timeout=10)
    assert (response.status_code, response.headers["content-length"], response.content) == (200, "10", b"")
    assert response.headers["accept-ranges"] == "bytes"


class TestVerifier:
    """Verifiers in the URLs of files."""

    def test_login_page_without_a_verifier(self, canvas: Caller, world: World, file: File) -> None:
        """Without a verifier the redirects end on an HTML page with status 200, even with a token."""
        world.settings.file_verifiers = False
        url = canvas.get(f"files/{file.id}")["url"]
        assert "verifier" not in url
        response = canvas("GET", url)
        assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert response.history[0].status_code == 302

    def test_public_url(self, canvas: Caller, world: World, file: File) -> None:
        """The public URL is an API request, so the token gives access."""
        world.settings.file_verifiers = False
        assert requests.get(canvas.get(f"files/{file.id}/public_url")["public_url"], timeout=10).ok

    def test_bearer_downloads(self, canvas: Caller, world: World, file: File) -> None:
        """With ``bearer_downloads`` the file's URL accepts a token."""
        world.settings.file_verifiers, world.settings.bearer_downloads = False, True
        assert canvas("GET", canvas.get(f"files/{file.id}")["url"]).content == b"0123456789"

    def test_verifier_of_another_file(self, canvas: Caller, file: File) -> None:
        """A verifier of another file gives no access."""
        url = f"/files/{file.id}/download?verifier=x"
        assert canvas("GET", url, allow_redirects=False).headers["location"].endswith("/login")

    def test_deleted_file(self, canvas: Caller, file: File) -> None:
        """The URL of a deleted file is a 404."""
        url = canvas.get(f"files/{file.id}")["url"]
        canvas("DELETE", f"files/{file.id}")
        assert canvas("GET", url).status_code == 404


class TestFile:
    """Single files."""

    def test_file_of_another_course(self, canvas: Caller, file: File) -> None:
        """Under another course the file is a 404."""
        assert canvas.get(f"courses/{DESTINATION}/files/{file.id}")["id"] == file.id
        assert canvas("GET", f"courses/{OTHER}/files/{file.id}").status_code == 404

    def test_put_renames_and_moves(self, canvas: Caller, world: World, file: File) -> None:
        """A PUT renames and moves a file."""
        below = folder(world, "course files/in")
        row = canvas("PUT", f"files/{file.id}", data={"name": "b.txt", "parent_folder_id": below.id}).json()
        assert (row["display_name"], row["folder_id"]) == ("b.txt", below.id)

    def test_existing_name(self, canvas: Caller, world: World, file: File) -> None:
        """Renaming to an existing name is a conflict, unless the request allows it to be replaced."""
        other = add_file(world, "b.txt")
        response = canvas("PUT", f"files/{file.id}", data={"name": "b.txt"})
        assert response.status_code == 409
        assert canvas("PUT", f"files/{file.id}", data={"name": "b.txt", "on_duplicate": "overwrite"}).ok
        assert other.deleted

    def test_delete(self, canvas: Caller, file: File) -> None:
        """A DELETE returns the file, which is a 404 afterwards."""
        assert canvas("DELETE", f"files/{file.id}").json()["id"] == file.id
        assert canvas("GET", f"files/{file.id}").status_code == 404

    def test_a_missing_right_to_delete(self, call_as: CallAs, file: File) -> None:
        """A missing right to delete is a 401 with its own message."""
        response = call_as(READER)("DELETE", f"files/{file.id}")
        assert (response.status_code, response.json()) == (401, {"message": "Unauthorized to delete this file"})

    @pytest.mark.edition("current")
    def test_no_right_to_read(self, call_as: CallAs, file: File) -> None:
        """Users who may not read the course may not read its files."""
        assert call_as(STRANGER)("GET", f"files/{file.id}").status_code == 403

    def test_lists_are_sorted_and_filtered(self, canvas: Caller, world: World, file: File) -> None:
        """Files are sorted by name, and filtered by a part of it or by their type."""
        world.add(File(course_id=DESTINATION, title="A.png", content_type="image/png"))
        path = f"courses/{DESTINATION}/files"
        assert [row["display_name"] for row in canvas.get(path)] == ["A.png", "notes.txt"]
        assert [row["display_name"] for row in canvas.get(path, search_term="NOTE")] == ["notes.txt"]
        assert [row["display_name"] for row in canvas.get(path, **{"content_types[]": "image"})] == ["A.png"]


class TestAsAStudent:
    """Files of a course as students see them."""

    @pytest.fixture
    def student(self, call_as: CallAs, world: World) -> Caller:
        world.enroll(4, DESTINATION, EnrollmentType.STUDENT)  # whose token is STRANGER
        return call_as(STRANGER)

    @pytest.mark.edition("current")
    def test_visible_files(self, student: Caller, world: World, file: File) -> None:
        """Students list and read files that are not hidden, and change none."""
        hidden = world.add(File(course_id=DESTINATION, title="solution.txt", workflow_state="hidden"))
        assert [row["id"] for row in student.get(f"courses/{DESTINATION}/files")] == [file.id]
        root = student.get(f"courses/{DESTINATION}/folders/root")
        file.folder_id = hidden.folder_id = root["id"]
        assert [row["id"] for row in student.get(root["files_url"])] == [file.id]
        assert student.get(f"files/{file.id}")["display_name"] == "notes.txt"
        assert student.get(f"files/{hidden.id}")["hidden_for_user"] is True
        assert student("PUT", f"files/{file.id}", data={"name": "mine.txt"}).status_code == 403

    @pytest.mark.edition("current")
    def test_packages_are_hidden(self, student: Caller, world: World) -> None:
        """Packages are visible only to users who may import one."""
        migration = Caller(student.server)("POST", f"courses/{DESTINATION}/content_migrations", json=UPLOAD).json()
        package = finish(Caller(student.server), migration["pre_attachment"], b"x")
        assert student("GET", f"files/{package['id']}").status_code == 403


class TestQuota:
    """Quotas of files."""

    def test_quota_of_a_course(self, canvas: Caller, world: World, file: File) -> None:
        """The quota of a course and the used part are in bytes."""
        set_quota(world, 2)
        assert canvas.get(f"courses/{DESTINATION}/files/quota") == {"quota": 2 * 1024 * 1024, "quota_used": 10}

    @pytest.mark.parametrize("context", [f"groups/{GROUP}", "users/self"])
    def test_quota_of_groups_and_users(self, canvas: Caller, world: World, context: str) -> None:
        """Groups and users have a small quota."""
        add_group(world)
        assert canvas.get(f"{context}/files/quota") == {"quota": 50 * 1024 * 1024, "quota_used": 0}


class TestFolders:
    """Folders of files."""

    @pytest.fixture(autouse=True)
    def _tree(self, world: World) -> None:
        for name in ("course files", "course files/b", "course files/a", "course files/a/deep"):
            folder(world, name)

    def test_list_of_all_folders(self, canvas: Caller) -> None:
        """A course lists its folders of every level."""
        assert len(canvas.get(f"courses/{DESTINATION}/folders")) == 4

    def test_folders_of_a_folder(self, canvas: Caller) -> None:
        """A folder lists the folders directly within it by name, and has their number."""
        root = canvas.get(f"courses/{DESTINATION}/folders/root")
        assert (root["folders_count"], root["parent_folder_id"]) == (2, None)
        below = canvas.get(root["folders_url"])
        assert [row["name"] for row in below] == ["a", "b"]
        assert {row["parent_folder_id"] for row in below} == {root["id"]}

    def test_by_path(self, canvas: Caller) -> None:
        """A path returns all folders from the root to the last one."""
        path = f"courses/{DESTINATION}/folders/by_path"
        assert [row["name"] for row in canvas.get(path + "/a/deep")] == ["course files", "a", "deep"]
        assert [row["name"] for row in canvas.get(path)] == ["course files"]
        assert canvas("GET", path + "/a/none").status_code == 404

    def test_files_of_a_folder(self, canvas: Caller, world: World) -> None:
        """A folder lists only its own files."""
        root = canvas.get(f"courses/{DESTINATION}/folders/root")
        add_file(world, "in.txt", folder_id=root["id"])
        add_file(world, "out.txt")
        assert [row["display_name"] for row in canvas.get(root["files_url"])] == ["in.txt"]

    def test_create(self, canvas: Caller) -> None:
        """A new folder is created below the named parent."""
        body = {"name": "new", "parent_folder_path": "a"}
        row = canvas("POST", f"courses/{DESTINATION}/folders", data=body).json()
        assert row["full_name"] == "course files/a/new"

    def test_root_folder_of_a_user(self, canvas: Caller) -> None:
        """A user's root folder has its own name."""
        assert canvas.get("users/self/folders/root")["full_name"] == "my files"

    @pytest.mark.edition("current")
    def test_no_right_to_read(self, call_as: CallAs, canvas: Caller) -> None:
        """Folders are visible only to users who may read the course."""
        root = canvas.get(f"courses/{DESTINATION}/folders/root")
        assert call_as(STRANGER)("GET", f"folders/{root['id']}/files").status_code == 403

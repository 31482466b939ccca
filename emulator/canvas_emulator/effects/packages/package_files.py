"""The files of a cartridge that is not Canvas's: under which migration ids, and how its HTML refers to them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.html_attributes import replace_addresses
from canvas_emulator.effects.packages.layout import WEB_RESOURCES
from canvas_emulator.effects.packages.manifest import Manifest
from canvas_emulator.effects.packages.package import PackageBuilder
from canvas_emulator.effects.packages.plain_zip import add_file, path_key

ATTACHMENT = "$CANVAS_COURSE_REFERENCE$/file_ref/"
_FILEBASE = re.compile(r"\$IMS[-_]CC[-_]FILEBASE\$")
_TOKENS = re.compile(r"\$[^$]*\$|\.\./")


class PackageFiles:
    """The files of a cartridge.

    :param archive: The cartridge.
    :param manifest: Its manifest.
    """

    def __init__(self, archive: Archive, manifest: Manifest) -> None:
        self._archive = archive
        self._keys: dict[str, str] = {}
        self._locked: set[str] = set()
        for resource in manifest.of_type("webcontent", "associatedcontent"):
            main = resource.path
            for path in resource.files:
                if path != main:
                    self._keys.setdefault(_below(path), path_key(path))
            if main:
                self._keys[_below(main)] = resource.key
                if resource.is_for_instructors:
                    self._locked.add(_below(main))

    def add_to(self, builder: PackageBuilder) -> None:
        """Add the files that are there to a package."""
        for path, key in self._keys.items():
            data = self.read(path)
            if data is not None:
                file = add_file(builder, PurePosixPath(path), data, key)
                file.workflow_state = "locked" if path in self._locked else file.workflow_state

    def read(self, path: str) -> bytes | None:
        """Read a file, in the folder for files or elsewhere."""
        data = self._archive.read(path)
        return self._archive.read(f"{WEB_RESOURCES}/{path}") if data is None else data

    def key_of(self, path: str) -> str | None:
        """Return the migration id of a file that HTML or a topic names, even if the manifest does not."""
        plain = _TOKENS.sub("", path).lstrip("/")
        for candidate in (path, plain, _below(plain)):
            if candidate in self._keys:
                return self._keys[candidate]
        if self._archive.read(path) is None:
            return None
        self._keys[path] = path_key(path)
        return self._keys[path]

    def link(self, path: str, folder: str = "") -> str | None:
        """Return the link to a file, by its path from a folder or from the top; None if there is no such file."""
        path = path.lstrip("/")
        while path.startswith("../"):
            path = path.removeprefix("../")
        if not path:
            return None
        key = self.key_of(f"{folder}/{path}") if folder and folder != "." else None
        key = key or self.key_of(path)
        if key is None:
            plain = _TOKENS.sub("", path)
            key = next((self._keys[known] for known in self._keys if plain and known.endswith(plain)), None)
        return None if key is None else f"{ATTACHMENT}{quote(key)}"

    def linked(self, html: str, folder: str = "") -> str:
        """Replace the paths of files in HTML by links that the import resolves."""

        def replaced(address: str) -> str | None:
            value = unquote(address)
            if _FILEBASE.search(value):
                return self.link(_FILEBASE.sub("", value).partition("?")[0], folder)
            return self.link(value.partition("?")[0].partition("#")[0], folder) if is_relative(value) else None

        return replace_addresses(html, replaced)


def is_relative(address: str) -> bool:
    """Tell whether an address is the path of a file beside the page."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.path) and not parts.scheme and not parts.netloc and not parts.path.startswith(("/", "$"))


def _below(path: str) -> str:
    return path.removeprefix(f"{WEB_RESOURCES}/").lstrip("/")

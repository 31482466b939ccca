"""Media types: of files by their names, and of bytes that are no archive by how they begin."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping

UNKNOWN = "unknown/unknown"
TYPES: Mapping[str, str] = mimetypes.MimeTypes().types_map[True]
"""The usual types by extension, without those of the machine."""

BY_EXTENSION: Mapping[str, str] = {
    ".bin": "application/x-mac",
    ".js": "text/javascript",
    ".mp4": "video/mp4",
    ".xml": "text/xml",
}
"""Where Canvas has a type of its own for an extension."""

SIGNATURES: Mapping[bytes, str] = {
    b"%PDF": "application/pdf",
    b"\x89PNG": "image/png",
    b"GIF8": "image/gif",
    b"\xff\xd8\xff": "image/jpeg",
    b"<?xml": "text/xml",
    b"<!DOCTYPE html": "text/html",
    b"<html": "text/html",
    b"7z\xbc\xaf": "application/x-7z-compressed",
    b"Rar!": "application/x-rar",
}
SAMPLE = 4096


def media_type(name: str) -> str:
    """Return the media type of a file by its name."""
    extension = "." + name.rpartition(".")[2].lower() if "." in name else ""
    return BY_EXTENSION.get(extension) or TYPES.get(extension) or UNKNOWN


def media_type_of(data: bytes, name: str) -> str:
    """Return the media type of bytes, or of their name if they tell nothing."""
    for signature, found in SIGNATURES.items():
        if data.startswith(signature):
            return found
    sample = data[:SAMPLE]
    if all(byte >= 32 or byte in b"\t\n\r\f" for byte in sample) and sample.isascii():
        return "text/plain"
    return media_type(name)

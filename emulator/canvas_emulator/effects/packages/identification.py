"""What a package is: by the files at its top, and by what its manifest says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping

from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.documents import Node, all_below, first, namespaces, parse, text
from canvas_emulator.effects.packages.layout import CANVAS_EXPORT, MANIFEST, SETTINGS, SYLLABUS
from canvas_emulator.effects.packages.package import PackageKind

MOODLE_1_9_BACKUP, MOODLE_BACKUP = "moodle.xml", "moodle_backup.xml"
ANGEL = ("AngelManifest.xml", "angelData.xml")
CARTRIDGE = re.compile(r"IMS(?: Thin)? Common Cartridge", re.IGNORECASE)
VERSIONS = frozenset({"1.0.0", "1.1.0", "1.2.0", "1.3.0"})
FLAT_VERSION = "1.3.0"
"""The version of cartridges that may consist of a manifest alone."""

OTHER_SYSTEMS: Mapping[str, PackageKind | None] = {
    "http://www.blackboard.com/content-packaging": None,
    "http://desire2learn.com/xsd/d2lcp": None,
    "http://www.webct.com/xsd/cisv3": PackageKind.QTI,
    "http://www.webct.com/ims": None,
    "http://www.adlnet.org/xsd/adl_cp_rootv1p1": None,
    "http://www.adlnet.org/xsd/adlcp_rootv1p2": None,
    "http://www.adlnet.org/xsd/adlcp_v1p3": None,
}
"""The namespaces of other systems' manifests, and what Canvas reads such a package as, if it reads it at all."""


def identify(archive: Archive, name: str) -> PackageKind | None:
    """Return what a package is; None for what Canvas does not support.

    :param name: The name of the file, which alone tells a manifest without an archive.
    """
    if is_flat(name):
        root = parse(archive.read(MANIFEST) or b"")
        is_cartridge = CARTRIDGE.search(_metadata(root, "schema")) and _metadata(root, "schemaversion") == FLAT_VERSION
        return PackageKind.COMMON_CARTRIDGE if is_cartridge else None
    names = frozenset(archive.names)
    if names.intersection(ANGEL):
        return None
    if MOODLE_1_9_BACKUP in names:
        return PackageKind.MOODLE_1_9
    if MOODLE_BACKUP in names:
        return PackageKind.MOODLE
    data = archive.read(MANIFEST)
    return None if data is None else _by_manifest(data)


def is_flat(name: str) -> bool:
    """Tell whether a file is a manifest without an archive."""
    return name.endswith("xml")


def _by_manifest(data: bytes) -> PackageKind | None:
    root = parse(data)
    if CARTRIDGE.search(_metadata(root, "schema")):
        if _is_of_canvas(root):
            return PackageKind.CANVAS_CARTRIDGE
        return PackageKind.COMMON_CARTRIDGE if _metadata(root, "schemaversion") in VERSIONS else None
    declared = namespaces(data)
    for namespace, kind in OTHER_SYSTEMS.items():
        if any(namespace in each for each in declared):
            return kind
    types = [each.get("type", "") for each in all_below(root, "resource")]
    return PackageKind.QTI if any(kind.startswith(("imsqti", "ims_qti")) for kind in types) else None


def _is_of_canvas(root: Node | None) -> bool:
    """Tell whether a cartridge has Canvas's extensions."""
    for resource in all_below(root, "resource"):
        href = resource.get("href")
        files = [each.get("href") for each in all_below(resource, "file")]
        if href == CANVAS_EXPORT or (href == SYLLABUS and SETTINGS in files):
            return True
    return False


def _metadata(root: Node | None, tag: str) -> str:
    return text(first(root, "metadata", tag)).strip()

"""The manifest of a package that is being written: what is in it, and what belongs together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element

from canvas_emulator.effects.mapping import asset_key
from canvas_emulator.effects.packages.layout import Type
from canvas_emulator.effects.packages.xml_writing import CARTRIDGE_MANIFEST, QTI_MANIFEST, add, document, element
from canvas_emulator.model.content import UsageRights
from canvas_emulator.model.course import Course

LICENSES: Mapping[str, str] = {
    "private": "Private (Copyrighted)",
    "public_domain": "Public Domain - http://en.wikipedia.org/wiki/Public_domain",
    "cc_by": "CC Attribution - http://creativecommons.org/licenses/by/4.0",
    "cc_by_sa": "CC Attribution Share Alike - http://creativecommons.org/licenses/by-sa/4.0",
    "cc_by_nc": "CC Attribution Non-Commercial - http://creativecommons.org/licenses/by-nc/4.0",
    "cc_by_nc_sa": "CC Attribution Non-Commercial Share Alike - http://creativecommons.org/licenses/by-nc-sa/4.0",
    "cc_by_nd": "CC Attribution No Derivatives - http://creativecommons.org/licenses/by-nd/4.0",
    "cc_by_nc_nd": "CC Attribution Non-Commercial No Derivatives - http://creativecommons.org/licenses/by-nc-nd/4.0",
}
"""By Canvas's name of a license, how a manifest names it."""


class Resources:
    """The resources of a manifest, as they are written."""

    def __init__(self) -> None:
        self.root = element("resources")

    def add(
        self,
        identifier: str,
        kind: Type,
        files: Iterable[str],
        *,
        href: str | None = None,
        dependency: str | None = None,
        for_teachers: bool = False,
        rights: UsageRights | None = None,
        **attributes: str,
    ) -> None:
        """Add a resource.

        :param files: The paths of its files.
        :param href: The file that it begins with, for those that can be shown by themselves.
        :param dependency: The identifier of the resource that it needs.
        :param for_teachers: Whether students do not see it.
        :param rights: The rights to use it, if they are known.
        """
        begins = {} if href is None else {"href": href}
        resource = add(self.root, "resource", identifier=identifier, type=kind, **begins, **attributes)
        if for_teachers or rights is not None:
            lom = add(add(resource, "metadata"), "lom:lom")
            if for_teachers:
                role = _below(lom, "lom", "educational", "intendedEndUserRole")
                add(role, "lom:source", "IMSGLC_CC_Rolesv1p1")
                add(role, "lom:value", "Instructor")
            if rights is not None:
                _add_rights(lom, rights)
        for path in files:
            add(resource, "file", href=path)
        if dependency is not None:
            add(resource, "dependency", identifierref=dependency)


def cartridge_manifest(course: Course, outline: Element, resources: Resources) -> Element:
    """Write the manifest of a cartridge.

    :param outline: The item that holds the modules.
    """
    root = document("manifest", CARTRIDGE_MANIFEST, identifier=asset_key("common_cartridge_course", course.id))
    _metadata(root, course, "lomimscc", ("IMS Common Cartridge", "1.1.0"), course.name)
    organization = {"identifier": "org_1", "structure": "rooted-hierarchy"}
    add(add(root, "organizations"), "organization", **organization).append(outline)
    root.append(resources.root)
    return root


def qti_manifest(course: Course, resources: Resources) -> Element:
    """Write the manifest of an export of quizzes."""
    root = document("manifest", QTI_MANIFEST, identifier=asset_key("qti_export_course", course.id))
    title = f'QTI Quiz Export for course "{course.name}"'
    _metadata(root, course, "imsmd", ("IMS Content", "1.1.3"), title)
    add(root, "organizations")
    root.append(resources.root)
    return root


def _metadata(root: Element, course: Course, prefix: str, schema: tuple[str, str], title: str) -> None:
    """Write what the package is. It is dated as the course, so that its bytes do not depend on the day."""
    metadata = add(root, "metadata")
    for name, text in zip(("schema", "schemaversion"), schema, strict=True):
        add(metadata, name, text)
    lom = add(metadata, f"{prefix}:lom")
    add(_below(lom, prefix, "general", "title"), f"{prefix}:string", title)
    date = course.created_at.date().isoformat()
    add(_below(lom, prefix, "lifeCycle", "contribute", "date"), f"{prefix}:dateTime", date)
    rights = _below(lom, prefix, "rights")
    is_public_domain = course.license == "public_domain"
    add(_below(rights, prefix, "copyrightAndOtherRestrictions"), f"{prefix}:value", "no" if is_public_domain else "yes")
    license_text = LICENSES.get(course.license or "private", LICENSES["private"])
    add(_below(rights, prefix, "description"), f"{prefix}:string", license_text)


def _add_rights(lom: Element, rights: UsageRights) -> None:
    """Write the rights to use a file: their holder, and the license without its address."""
    root = add(lom, "lom:rights")
    value = "no" if rights.license == "public_domain" else "yes"
    add(_below(root, "lom", "copyrightAndOtherRestrictions"), "lom:value", value)
    name = LICENSES.get(rights.license, LICENSES["private"]).partition(" - ")[0]
    add(_below(root, "lom", "description"), "lom:string", "\\n".join(filter(None, (rights.legal_copyright, name))))


def _below(parent: Element, prefix: str, *tags: str) -> Element:
    """Add elements, each within the one before, and return the last."""
    for tag in tags:
        parent = add(parent, f"{prefix}:{tag}")
    return parent

"""Writing the XML of packages: elements, and documents with the schemas that Canvas names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, indent, tostring

_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Scalar = str | bool | int | float | datetime | None
"""What an element can hold: None leaves it empty."""


def _schema(namespace: str, location: str, **others: str) -> Mapping[str, str]:
    """Return the attributes of a document's root that name its schema.

    :param others: The namespaces with a prefix.
    """
    return {
        "xmlns": namespace,
        **{f"xmlns:{prefix}": each for prefix, each in others.items()},
        "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "xsi:schemaLocation": location,
    }


_IMS, _PROFILE = "http://www.imsglobal.org/xsd", "http://www.imsglobal.org/profile/cc/ccv1p1"
_CANVAS = "http://canvas.instructure.com/xsd/cccv1p0"
_LOM = "http://ltsc.ieee.org/xsd/imsccv1p1/LOM"
_MANIFEST = f"{_IMS}/imsccv1p1/imscp_v1p1"
_RESOURCE_LOM = f"{_LOM}/resource {_PROFILE}/LOM/ccv1p1_lomresource_v1p0.xsd"
_TOOL_SCHEMAS = ("imslticc_v1p0 imslticc_v1p0", "imsbasiclti_v1p0 imsbasiclti_v1p0p1")
_TOOL_PARTS = ("imslticm_v1p0 imslticm_v1p0", "imslticp_v1p0 imslticp_v1p0")

CANVAS = _schema(_CANVAS, f"{_CANVAS} https://canvas.instructure.com/xsd/cccv1p0.xsd")
"""The schema of Canvas's own documents."""
CARTRIDGE_MANIFEST = _schema(
    _MANIFEST,
    f"{_MANIFEST} {_PROFILE}/ccv1p1_imscp_v1p2_v1p0.xsd {_RESOURCE_LOM} "
    f"{_LOM}/manifest {_PROFILE}/LOM/ccv1p1_lommanifest_v1p0.xsd",
    lom=f"{_LOM}/resource",
    lomimscc=f"{_LOM}/manifest",
)
QTI_MANIFEST = _schema(
    _MANIFEST,
    f"{_MANIFEST} {_IMS}/imscp_v1p1.xsd {_RESOURCE_LOM} {_IMS}/imsmd_v1p2 {_IMS}/imsmd_v1p2p2.xsd",
    lom=f"{_LOM}/resource",
    imsmd=f"{_IMS}/imsmd_v1p2",
)
QTI = _schema(f"{_IMS}/ims_qtiasiv1p2", f"{_IMS}/ims_qtiasiv1p2 {_IMS}/ims_qtiasiv1p2p1.xsd")
CARTRIDGE_QTI = _schema(f"{_IMS}/ims_qtiasiv1p2", f"{_IMS}/ims_qtiasiv1p2 {_PROFILE}/ccv1p1_qtiasiv1p2p1_v1p0.xsd")
TOPIC = _schema(f"{_IMS}/imsccv1p1/imsdt_v1p1", f"{_IMS}/imsccv1p1/imsdt_v1p1  {_PROFILE}/ccv1p1_imsdt_v1p1.xsd")
WEB_LINK = _schema(f"{_IMS}/imsccv1p1/imswl_v1p1", f"{_IMS}/imsccv1p1/imswl_v1p1 {_PROFILE}/ccv1p1_imswl_v1p1.xsd")
TOOL = _schema(
    f"{_IMS}/imslticc_v1p0",
    " ".join(
        f"{_IMS}/{namespace} {_IMS}/lti/ltiv1p0/{file}.xsd"
        for namespace, file in (each.split() for each in (*_TOOL_SCHEMAS, *_TOOL_PARTS))
    ),
    blti=f"{_IMS}/imsbasiclti_v1p0",
    lticm=f"{_IMS}/imslticm_v1p0",
    lticp=f"{_IMS}/imslticp_v1p0",
)


def document(tag: str, schema: Mapping[str, str], **attributes: str) -> Element:
    """Make the root of a document.

    :param schema: The attributes that name its schema.
    """
    root = element(tag, None, (), **attributes)
    root.attrib.update(schema)
    return root


def written(root: Element) -> str:
    """Write a document."""
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def element(tag: str, content: Scalar = None, children: Iterable[Element] = (), **attributes: str) -> Element:
    """Make an element."""
    new = Element(tag, {name: _clean(value) for name, value in attributes.items()})
    new.text = _clean(text_of_scalar(content)) or None
    new.extend(children)
    return new


def add(parent: Element, tag: str, content: Scalar = None, **attributes: str) -> Element:
    """Add an element to another one."""
    child = element(tag, content, (), **attributes)
    parent.append(child)
    return child


def add_all(parent: Element, values: Mapping[str, Scalar]) -> None:
    """Add an element for each value, under its name."""
    for tag, value in values.items():
        add(parent, tag, value)


def add_known(parent: Element, values: Mapping[str, Scalar]) -> None:
    """Add an element for each value that is not None, under its name."""
    add_all(parent, {tag: value for tag, value in values.items() if value is not None})


def text_of_scalar(value: Scalar) -> str:
    """Write a value as packages have it: a time in UTC, without an offset."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        case _:
            return str(value)


def spoken(moment: datetime | None) -> str | None:
    """Write a time as Canvas does where it writes no XML date: ``2026-12-05 12:00:00 UTC``."""
    return None if moment is None else f"{text_of_scalar(moment).replace('T', ' ')} UTC"


def _clean(text: str) -> str:
    """Remove the characters that XML does not allow."""
    return _FORBIDDEN.sub("", text)

"""Small packages of every kind that Canvas imports, for tests."""

from __future__ import annotations

import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from canvas_emulator.effects.packages.importing import import_package, read_upload, unzip
from canvas_emulator.effects.packages.package import Upload
from canvas_emulator.model.content import CONTENT_KINDS, Content
from canvas_emulator.model.records import ContentMigration
from canvas_emulator.model.world import World
from canvas_emulator.seeds.small import DESTINATION, small_world

Files = Mapping[str, str | bytes]

CANVAS, COMMON, QTI, MOODLE, ZIP = (
    "canvas_cartridge_importer",
    "common_cartridge_importer",
    "qti_converter",
    "moodle_converter",
    "zip_file_importer",
)


def zipped(files: Files, *, folders: Iterable[str] = ()) -> bytes:
    """Return a zip file."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as opened:
        for folder in folders:
            opened.writestr(f"{folder}/", "")
        for name, content in files.items():
            opened.writestr(name, content)
    return out.getvalue()


def tarred(files: Files, mode: str = "w:gz") -> bytes:
    """Return a tar file, packed with gzip by default."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as opened:  # type: ignore[call-overload]  # the mode is any
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(data)
            opened.addfile(info, BytesIO(data))
    return out.getvalue()


def manifest(
    resources: str,
    items: str = "",
    *,
    version: str = "1.1.0",
    schema: str = "IMS Common Cartridge",
    more: str = "",
    namespaces: str = "",
) -> str:
    """Return the manifest of a cartridge: the namespaces follow the version."""
    namespace = f"http://www.imsglobal.org/xsd/imsccv{version[0]}p{version[2]}/imscp_v1p1"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier="m" xmlns="{namespace}" {namespaces}
  xmlns:lom="http://ltsc.ieee.org/xsd/imsccv{version[0]}p{version[2]}/LOM/resource"
  xmlns:cpx="http://www.imsglobal.org/xsd/imsccv1p3/imscp_extensionv1p2">
 <metadata><schema>{schema}</schema><schemaversion>{version}</schemaversion>{more}</metadata>
 <organizations><organization identifier="o" structure="rooted-hierarchy"><item identifier="root">{items}</item>
 </organization></organizations>
 <resources>{resources}</resources></manifest>"""


def resource(key: str, kind: str, *files: str, inside: str = "", **attributes: str) -> str:
    """Return a resource of a manifest; a main file is given as ``href``."""
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    listed = "".join(f'<file href="{name}"/>' for name in files)
    return f'<resource identifier="{key}" type="{kind}"{written}>{listed}{inside}</resource>'


def item(key: str, title: str, reference: str = "", inside: str = "") -> str:
    """Return an item of an organization."""
    written = f' identifierref="{reference}"' if reference else ""
    return f'<item identifier="{key}"{written}><title>{title}</title>{inside}</item>'


def question(key: str, title: str, labels: Mapping[str, str], right: Iterable[str] = (), **facts: str) -> str:
    """Return an item of QTI 1.2 with a list of choices, or with a blank if there are none."""
    fields = "".join(
        f"<qtimetadatafield><fieldlabel>{name}</fieldlabel><fieldentry>{value}</fieldentry></qtimetadatafield>"
        for name, value in facts.items()
    )
    choices = "".join(
        f'<response_label ident="{ident}"><material><mattext>{text}</mattext></material></response_label>'
        for ident, text in labels.items()
    )
    response = (
        f'<response_lid ident="r"><render_choice>{choices}</render_choice></response_lid>'
        if labels
        else '<response_str ident="r"><render_fib/></response_str>'
    )
    correct = "".join(f'<varequal respident="r">{each}</varequal>' for each in right)
    scored = (
        f'<respcondition><conditionvar>{correct}</conditionvar><setvar varname="SCORE">100</setvar></respcondition>'
        if correct
        else ""
    )
    return f"""<item ident="{key}" title="{title}"><itemmetadata><qtimetadata>{fields}</qtimetadata></itemmetadata>
 <presentation><material><mattext texttype="text/html">{title}?</mattext></material>{response}</presentation>
 <resprocessing>{scored}</resprocessing></item>"""


def assessment(key: str, title: str, *questions: str, **facts: str) -> str:
    """Return a document of QTI 1.2 with a quiz."""
    fields = "".join(
        f"<qtimetadatafield><fieldlabel>{name}</fieldlabel><fieldentry>{value}</fieldentry></qtimetadatafield>"
        for name, value in facts.items()
    )
    return f"""<?xml version="1.0"?><questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2">
 <assessment ident="{key}" title="{title}"><qtimetadata>{fields}</qtimetadata>
 <section ident="root_section">{"".join(questions)}</section></assessment></questestinterop>"""


def lti_link(title: str, url: str = "", **properties: str) -> str:
    """Return an LTI link with Canvas's extensions."""
    launch = f"<blti:secure_launch_url>{url}</blti:secure_launch_url>" if url else ""
    inside = "".join(f'<lticm:property name="{name}">{value}</lticm:property>' for name, value in properties.items())
    return f"""<?xml version="1.0"?><cartridge_basiclti_link xmlns="http://www.imsglobal.org/xsd/imslticc_v1p0"
  xmlns:blti="http://www.imsglobal.org/xsd/imsbasiclti_v1p0" xmlns:lticm="http://www.imsglobal.org/xsd/imslticm_v1p0">
 <blti:title>{title}</blti:title><blti:description>A tool</blti:description>{launch}
 <blti:extensions platform="canvas.instructure.com">{inside}</blti:extensions></cartridge_basiclti_link>"""


def topic(title: str, text: str = "&lt;p&gt;Hi&lt;/p&gt;", attachments: Iterable[str] = ()) -> str:
    """Return a discussion topic."""
    listed = "".join(f'<attachment href="{href}"/>' for href in attachments)
    return (
        f'<topic xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imsdt_v1p1"><title>{title}</title>'
        f'<text texttype="text/html">{text}</text><attachments>{listed}</attachments></topic>'
    )


def web_link(title: str, url: str) -> str:
    """Return a web link."""
    return (
        f'<webLink xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imswl_v1p1"><title>{title}</title>'
        f'<url href="{url}" target="_self"/></webLink>'
    )


class Imported:
    """A course into which a package was imported.

    :param data: The package.
    :param migration_type: The migration type.
    :param name: The name of the file.
    :param settings: More settings of the migration.
    """

    def __init__(self, data: bytes, migration_type: str = CANVAS, name: str = "package.imscc", **settings: Any) -> None:
        self.world: World = small_world()
        now = self.world.clock.now()
        self.migration = ContentMigration(
            id=self.world.next_id("content_migration"),
            course_id=DESTINATION,
            user_id=1,
            migration_type=migration_type,
            migration_settings={"copy_options": {"everything": "1"}, **settings},
            created_at=now,
            updated_at=now,
        )
        self.world.add_migration(self.migration)
        package = read_upload(Upload(data, name, migration_type, self.migration.id))
        if migration_type == ZIP:
            unzip(self.world, self.migration, package, now)
        else:
            import_package(self.world, self.migration, package, now)
        self.course = self.world.tables.courses[DESTINATION]

    def rows(self, kind: type[Content]) -> list[Any]:
        """Return the rows of a kind, by id."""
        return self.world.live(kind, DESTINATION)

    def titles(self) -> dict[str, list[str]]:
        """Return the titles of the rows, by kind, without kinds that have none."""
        return {kind.KIND: [row.title for row in rows] for kind in CONTENT_KINDS if (rows := self.rows(kind))}

    def counts(self) -> dict[str, int]:
        """Return how many rows there are of each kind."""
        return {name: len(titles) for name, titles in self.titles().items()}

    def issues(self) -> Counter[tuple[str, str]]:
        """Return the issues: how often each type and description."""
        return Counter((issue.issue_type, issue.description) for issue in self.world.issues_of(self.migration).values())

    def warnings(self) -> list[str]:
        """Return the descriptions of the warnings."""
        return [issue.description for issue in self.world.issues_of(self.migration).values()]

"""Reading Common Cartridges of other systems, 1.0 to 1.3, thin and flat ones among them."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath

from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.assessments import AssessmentReader
from canvas_emulator.effects.packages.assignment_reading import attachments, read_extension
from canvas_emulator.effects.packages.documents import (
    Node,
    all_below,
    body_of,
    decode,
    document,
    first,
    parse,
    text_of,
)
from canvas_emulator.effects.packages.layout import MANIFEST
from canvas_emulator.effects.packages.manifest import Manifest, Resource
from canvas_emulator.effects.packages.organization import Organization
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageKind, Upload
from canvas_emulator.effects.packages.package_files import PackageFiles
from canvas_emulator.effects.packages.tool_merging import merge
from canvas_emulator.effects.packages.tool_reading import ToolLink, read_tool
from canvas_emulator.model.content import Assignment, AssignmentGroup, DiscussionTopic, ExternalTool, File, QuizQuestion

CANVAS_TYPE, CARTRIDGE_TYPE = "canvas_cartridge_importer", "common_cartridge_importer"
UNSUPPORTED = {
    "imsapip_zipv1p0": "APIP file(s)",
    "imsiwb_iwbv1p0": "IWB file(s)",
    "idpfepub_epubv3p0": "EPub3 file(s)",
}
"""The types of resources that Canvas knows and does not import."""
NOT_INCLUDED = "This package includes {}, which are not compatible with Canvas and were not included in the import."


def read(archive: Archive, upload: Upload) -> Package:
    """Read a cartridge of another system.

    :raises PackageError: When a file of it is damaged.
    """
    return _Reader(archive, upload).package()


class _Reader:
    """A cartridge that is being read."""

    def __init__(self, archive: Archive, upload: Upload) -> None:
        self._archive, self._upload = archive, upload
        self._builder = PackageBuilder()
        self._root = document(archive.read(MANIFEST) or b"", "manifest")
        self._manifest = Manifest(self._root)
        self._files = PackageFiles(archive, self._manifest)
        self._urls: dict[str, str] = {}

    def package(self) -> Package:
        """Read all parts, those first that others refer to."""
        self._warn_of_unsupported()
        self._manifest.prefer_variants()
        self._files = PackageFiles(self._archive, self._manifest)
        self._read_intended()
        self._read_topics()
        self._read_tools()
        self._read_assignments()
        self._read_assessments()
        self._files.add_to(self._builder)
        Organization(self._root, self._manifest, self._builder, self._document, self._urls).read()
        return self._builder.build(PackageKind.COMMON_CARTRIDGE)

    def _warn_of_unsupported(self) -> None:
        types = {resource.type for resource in self._manifest}
        for name, words in UNSUPPORTED.items():
            if name in types:
                self._builder.warn(NOT_INCLUDED.format(words))
        if first(self._root, "metadata", "curriculumStandardsMetadata") is not None:
            self._builder.warn(NOT_INCLUDED.format("Curriculum Standards"))

    def _read_intended(self) -> None:
        """Read the pages that are to be assignments or the syllabus."""
        for resource in self._manifest.of_type("webcontent", "associatedcontent"):
            if resource.use not in ("assignment", "syllabus") or not resource.path.endswith((".html", ".htm")):
                continue
            if (data := self._files.read(resource.path)) is None:
                continue
            html = self._files.linked(body_of(decode(data)), str(PurePosixPath(resource.path).parent))
            if resource.use == "syllabus":
                self._builder.course.syllabus_body = html
            else:
                self._builder.add(
                    Assignment(
                        course_id=0,
                        title="",
                        description=html,
                        migration_id=resource.key,
                        submission_types=("none",),
                        workflow_state="unpublished" if resource.is_for_instructors else "published",
                        assignment_group_id=self._builder.id_of(AssignmentGroup, ""),
                    )
                )

    def _read_topics(self) -> None:
        for resource in self._manifest.of_type("imsdt"):
            if (root := self._document(resource, "topic")) is None:
                continue
            folder = str(PurePosixPath(resource.path).parent)
            message = self._files.linked(text_of(root, "text"), folder)
            attached = [each.get("href", "") for each in all_below(root, "attachment")]
            topic = DiscussionTopic(
                course_id=0,
                title=text_of(root, "title"),
                migration_id=resource.key,
                workflow_state="unpublished" if resource.is_for_instructors else "active",
            )
            if len(attached) > 1:
                message += attachments(root, partial(self._attached, folder))
            elif attached and (key := self._files.key_of(attached[0])) is not None:
                topic.attachment_id = self._builder.id_of(File, key)
            topic.message = message
            self._builder.add(topic)

    def _read_tools(self) -> None:
        links: list[ToolLink] = []
        for resource in self._manifest.of_type("imsbasiclti"):
            root = self._document(resource, "cartridge_basiclti_link")
            link = read_tool(root, resource.key) if root is not None else None
            if link is not None:
                self._urls[resource.key] = link.tool.url
                links.append(link)
        if self._upload.migration_type == CARTRIDGE_TYPE:
            links, aliases = merge(links)
        else:
            aliases = {}
        for link in links:
            self._builder.add(link.tool)
            if link.points is not None:
                self._add_tool_assignment(link, link.points)
        self._builder.add_aliases(ExternalTool, aliases)

    def _add_tool_assignment(self, link: ToolLink, points: float) -> None:
        tool = link.tool
        self._builder.add(
            Assignment(
                course_id=0,
                title=tool.title,
                description=tool.description,
                migration_id=tool.migration_id,
                points_possible=points,
                submission_types=("external_tool",),
                external_tool_url=tool.url or None,
                external_tool_id=tool.id,
                assignment_group_id=self._builder.id_of(AssignmentGroup, ""),
            )
        )

    def _read_assignments(self) -> None:
        for resource in self._manifest.of_type("assignment"):
            if (root := self._document(resource, "assignment")) is None:
                continue
            folder = str(PurePosixPath(resource.path).parent) if resource.path else ""
            row = read_extension(
                root,
                resource.key,
                self._builder,
                is_for_instructors=resource.is_for_instructors,
                link=partial(self._attached, folder),
            )
            row.description = self._files.linked(row.description)
            self._builder.add(row)

    def _read_assessments(self) -> None:
        assessments = AssessmentReader(self._builder, quiz_banks=self._upload.migration_type != CANVAS_TYPE)
        for resource in self._manifest.of_type("imsqti"):
            if (root := self._document(resource, "questestinterop")) is not None:
                known = set(self._builder.rows[QuizQuestion])
                assessments.read(root, resource.key, key=resource.key)
                for row_id, row in self._builder.rows[QuizQuestion].items():
                    if row_id not in known and isinstance(row, QuizQuestion):
                        row.question_text = self._files.linked(row.question_text, resource.key)

    def _attached(self, folder: str, href: str) -> str:
        """Return the link to a file that is attached to something in a folder."""
        return self._files.link(href, folder) or href

    def _document(self, resource: Resource, tag: str) -> Node | None:
        """Return the document of a resource: a file, or an element of the manifest."""
        if resource.path and (data := self._archive.read(resource.path)) is not None:
            return parse(data)
        return first(resource.node, tag)

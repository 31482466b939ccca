"""Reading a Common Cartridge with Canvas's extensions: an export of a course."""

from __future__ import annotations

from pathlib import PurePosixPath

from canvas_emulator.effects.packages import canvas_settings
from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.assessments import AssessmentReader
from canvas_emulator.effects.packages.assignment_reading import read_extension
from canvas_emulator.effects.packages.documents import (
    Node,
    all_below,
    body_of,
    decode,
    first,
    is_true,
    metas_of,
    moment,
    parse,
    text_of,
    title_of,
)
from canvas_emulator.effects.packages.layout import (
    BANKS,
    CONTEXT,
    EVENTS,
    FILES_META,
    GROUPS,
    MANIFEST,
    MODULES,
    OUTCOMES,
    RUBRICS,
    SETTINGS,
    SYLLABUS,
    WEB_RESOURCES,
    WIKI,
)
from canvas_emulator.effects.packages.manifest import Manifest, Resource
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageKind, Upload
from canvas_emulator.effects.packages.plain_zip import add_file, path_key
from canvas_emulator.effects.packages.row_reading import row_of, values_of
from canvas_emulator.effects.packages.tool_reading import read_tool
from canvas_emulator.model.content import (
    Announcement,
    Assignment,
    AssignmentGroup,
    DiscussionTopic,
    File,
    Folder,
    Page,
    UsageRights,
)

CARTRIDGE_TYPE = "canvas_cartridge_importer"
ASSIGNMENT_SETTINGS, QUIZ_META = "assignment_settings.xml", "assessment_meta.xml"
LEARNING = "learning-application-resource"


def read(archive: Archive, upload: Upload) -> Package:
    """Read an export of a course.

    :raises PackageError: When a file of it is damaged.
    """
    return _Reader(archive, upload).package()


class _Reader:
    """A cartridge that is being read."""

    def __init__(self, archive: Archive, upload: Upload) -> None:
        self._archive = archive
        self._names = frozenset(archive.names)
        self._builder = PackageBuilder()
        root = self._document(MANIFEST)
        self._manifest = Manifest(root) if root is not None else None
        self._resources = list(self._manifest or ())
        self._assessments = AssessmentReader(
            self._builder, quiz_banks=upload.migration_type not in (CARTRIDGE_TYPE, None)
        )

    def package(self) -> Package:
        """Read all parts, those first that others refer to."""
        builder = self._builder
        canvas_settings.read_context(self._document(CONTEXT), builder)
        canvas_settings.read_course(self._document(SETTINGS), builder)
        if (syllabus := self._archive.read(SYLLABUS)) is not None:
            builder.course.syllabus_body = body_of(decode(syllabus))
        canvas_settings.read_groups(self._document(GROUPS), builder)
        canvas_settings.read_rubrics(self._document(RUBRICS), builder)
        canvas_settings.read_outcomes(self._document(OUTCOMES), builder)
        canvas_settings.read_events(self._document(EVENTS), builder)
        self._read_pages()
        self._read_files()
        self._read_assignments()
        self._read_topics()
        self._read_tools()
        self._read_assessments()
        canvas_settings.read_modules(self._document(MODULES), builder)
        return builder.build(PackageKind.CANVAS_CARTRIDGE)

    def _read_pages(self) -> None:
        """Read the pages: every HTML file of their folder, whether the manifest names it or not."""
        keys = {each.path: each.key for each in self._resources}
        for name in self._archive.names:
            if not name.startswith(f"{WIKI}/") or not name.endswith((".html", ".htm")):
                continue
            html = decode(self._archive.read(name) or b"")
            metas = metas_of(html)
            state = metas.get("workflow_state", "active")
            self._builder.add(
                Page(
                    course_id=0,
                    title=title_of(html) or PurePosixPath(name).stem,
                    migration_id=metas.get("identifier") or keys.get(name) or path_key(name),
                    url=PurePosixPath(name).stem,
                    body=body_of(html),
                    front_page=is_true(metas.get("front_page")),
                    todo_date=moment(metas.get("todo_date")),
                    publish_at=moment(metas.get("publish_at")),
                    editing_roles=metas.get("editing_roles") or "teachers",
                    workflow_state=state or "active",
                )
            )

    def _read_files(self) -> None:
        """Read the files: all of their folder; those that the manifest names get its identifiers, the last one wins."""
        below = f"{WEB_RESOURCES}/"
        keys = {each.path: each.key for each in self._resources if each.type == "webcontent"}
        metas = self._document(FILES_META)
        by_key = {each.get("identifier", ""): each for each in all_below(first(metas, "files"), "file")}
        by_key |= {each.get("identifier", ""): each for each in (metas.findall("file") if metas is not None else ())}
        for name in self._archive.names:
            if name.startswith(below):
                self._read_file(name, keys.get(name), by_key)
        for each in all_below(metas, "folder"):
            path = each.get("path") or (each.findtext("full_name") or "").partition("/")[2]
            full_name = str(PurePosixPath("course files") / path)
            for folder in self._builder.rows[Folder].values():
                if isinstance(folder, Folder) and folder.full_name == full_name:
                    folder.locked = folder.locked or is_true(each.findtext("locked"))
                    is_hidden = is_true(each.findtext("hidden")) or each.findtext("workflow_state") == "hidden"
                    folder.workflow_state = "hidden" if is_hidden else folder.workflow_state

    def _read_file(self, name: str, key: str | None, metas: dict[str, Node]) -> None:
        path = name.removeprefix(f"{WEB_RESOURCES}/")
        file = add_file(self._builder, PurePosixPath(path), self._archive.read(name) or b"", key)
        if (meta := metas.get(key or "")) is None:
            return
        values = values_of(File, meta, self._builder)
        for field in ("unlock_at", "lock_at", "content_type"):
            setattr(file, field, values.get(field, getattr(file, field)))
        file.title = text_of(meta, "display_name", "title") or file.title
        if (rights := meta.find("usage_rights")) is not None:
            file.usage_rights = UsageRights(
                use_justification=rights.get("use_justification", "own_copyright"),
                license=text_of(rights, "license") or "private",
                legal_copyright=text_of(rights, "legal_copyright") or None,
            )
        if is_true(meta.findtext("locked")):
            file.workflow_state = "locked"
        elif is_true(meta.findtext("hidden")):
            file.workflow_state = "hidden"
        elif (state := values.get("workflow_state")) is not None:
            file.workflow_state = state

    def _read_assignments(self) -> None:
        for resource in self._resources:
            settings = next((name for name in resource.files if name.endswith(ASSIGNMENT_SETTINGS)), None)
            if resource.type.endswith(LEARNING) and (root := self._document(settings)) is not None:
                pages = [name for name in resource.files if name.endswith((".html", ".htm"))]
                html = decode(self._archive.read(resource.href or next(iter(pages), "")) or b"")
                self._add_assignment(root, description=body_of(html), migration_id=resource.key)
            elif resource.type.startswith("assignment") and (root := self._document(resource.path)) is not None:
                self._builder.add(read_extension(root, resource.key, self._builder))

    def _add_assignment(self, source: Node, **known: object) -> Assignment:
        """Add an assignment of Canvas's own; without a grading type its points do not count."""
        if key := source.get("identifier"):
            known["migration_id"] = key
        row = row_of(Assignment, source, self._builder, **known)
        row.workflow_state = "unpublished" if row.workflow_state == "unpublished" else "published"
        if not text_of(source, "grading_type").strip():
            row.points_possible = None
        if not text_of(source, "submission_types").strip():
            row.submission_types = ("none",)
        row.assignment_group_id = row.assignment_group_id or self._builder.id_of(AssignmentGroup, "")
        return row

    def _read_topics(self) -> None:
        for resource in self._resources:
            if not resource.type.startswith("imsdt") or (root := self._document(resource.path)) is None:
                continue
            message = text_of(root, "text")
            meta = self._meta_of(resource)
            kind = Announcement if text_of(meta, "type").strip() == "announcement" else DiscussionTopic
            values = values_of(kind, meta, self._builder) if meta is not None else {}
            state = "unpublished" if values.get("workflow_state") == "unpublished" else "active"
            title = text_of(meta, "title") or text_of(root, "title")
            topic = self._builder.add(
                kind(
                    course_id=0,
                    migration_id=resource.key,
                    **(values | {"title": title, "message": message, "workflow_state": state}),
                )
            )
            assignment = meta.find("assignment") if meta is not None else None
            if assignment is not None and isinstance(topic, DiscussionTopic):
                row = self._add_assignment(assignment, title=title, description=message, discussion_topic_id=topic.id)
                row.submission_types = ("discussion_topic",)
                topic.assignment_id = row.id

    def _meta_of(self, resource: Resource) -> Node | None:
        """Return Canvas's settings of a topic: in a resource that it depends on."""
        names = [each.path for key in resource.dependencies for each in self._resources if each.key == key]
        documents = (self._document(name) for name in (*names, f"{resource.key}_meta.xml"))
        return next((root for root in documents if root is not None and root.tag == "topicMeta"), None)

    def _read_tools(self) -> None:
        for resource in self._resources:
            if resource.type.startswith("imsbasiclti") and (root := self._document(resource.path)) is not None:
                link = read_tool(root, resource.key)
                if link is not None:
                    self._builder.add(link.tool)

    def _read_assessments(self) -> None:
        """Read the quizzes and banks: Canvas's own documents, or those of the standard if there are none."""
        metas = {
            name: self._document(name) for each in self._resources for name in each.files if name.endswith(QUIZ_META)
        }
        own = [name for name in self._archive.names if name.startswith(f"{BANKS}/") and "/." not in name]
        standard = [each.path for each in self._resources if each.type.startswith("imsqti") and each.path]
        done = {PurePosixPath(name).name.partition(".")[0] for name in own}
        for name in (*own, *(name for name in standard if PurePosixPath(name).parent.name not in done)):
            if (root := self._document(name)) is None:
                continue
            assessment = first(root, "assessment")
            ident = assessment.get("ident", "") if assessment is not None else ""
            self._assessments.read(root, name, meta=metas.get(f"{ident}/{QUIZ_META}"))

    def _document(self, name: str | None) -> Node | None:
        data = self._archive.read(name) if name else None
        return parse(data) if data is not None else None

"""Moodle backups, simplified: sections become modules, pages and forums are imported, the rest becomes a warning."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.markup import parse, text_of
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageError, PackageKind
from canvas_emulator.model.content import Assignment, DiscussionTopic, Module, ModuleItem, Page, Quiz

BACKUP = "moodle_backup.xml"


def recognises(archive: Archive) -> bool:
    """Tell whether a package is a Moodle backup."""
    return BACKUP in archive.names


def read(archive: Archive) -> Package:
    """Read a Moodle backup.

    :raises PackageError: When it is not one.
    """
    if not recognises(archive):
        raise PackageError(f"The package has no {BACKUP}.")
    builder = PackageBuilder()
    backup = parse(archive.read(BACKUP), BACKUP)
    builder.course.name = text_of(backup, ".//original_course_fullname")
    modules: dict[str, Module] = {}
    for position, section in enumerate(backup.iter("section"), start=1):
        key = text_of(section, "sectionid")
        module = Module(course_id=0, title=text_of(section, "title"), migration_id=f"section_{key}", position=position)
        modules[key] = builder.add(module)
    for position, activity in enumerate(backup.iter("activity"), start=1):
        _read_activity(builder, archive, activity, modules.get(text_of(activity, "sectionid")), position)
    return builder.build(PackageKind.MOODLE)


def _read_activity(
    builder: PackageBuilder, archive: Archive, activity: Element, module: Module | None, position: int
) -> None:
    name, title, key = (text_of(activity, tag) for tag in ("modulename", "title", "moduleid"))
    key = f"activity_{key}"
    row: Page | Assignment | Quiz | DiscussionTopic
    match name:
        case "page":
            row = Page(course_id=0, title=title, body=_html(archive, activity, name, "content"), migration_id=key)
        case "assign":
            row = Assignment(
                course_id=0, title=title, description=_html(archive, activity, name, "intro"), migration_id=key
            )
        case "forum":
            row = DiscussionTopic(
                course_id=0, title=title, message=_html(archive, activity, name, "intro"), migration_id=key
            )
        case "quiz":
            row = Quiz(course_id=0, title=title, quiz_type="practice_quiz", migration_id=key)
            builder.warn(f'The quiz "{title}" was imported without its questions')
        case _:
            builder.warn(f'The {name} "{title}" could not be imported')
            return
    builder.add(row)
    if module is not None:
        builder.add(
            ModuleItem(
                course_id=0,
                title=title,
                module_id=module.id,
                type=ITEM_TYPES[type(row)],
                content_id=row.id,
                position=position,
                migration_id=f"item_{key}",
            )
        )


ITEM_TYPES = {Page: "Page", Assignment: "Assignment", DiscussionTopic: "Discussion", Quiz: "Quiz"}


def _html(archive: Archive, activity: Element, name: str, tag: str) -> str:
    path = f"{text_of(activity, 'directory')}/{name}.xml"
    return text_of(parse(archive.read(path), path), f".//{tag}") if path in archive.names else ""

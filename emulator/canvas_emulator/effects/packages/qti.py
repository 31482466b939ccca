"""Reading quizzes and question banks as QTI 1.2: from a cartridge, or from a zip file of their own."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from canvas_emulator.effects.packages.archive import Archive
from canvas_emulator.effects.packages.layout import MANIFEST
from canvas_emulator.effects.packages.markup import parse, text_of
from canvas_emulator.effects.packages.package import Package, PackageBuilder, PackageError, PackageKind
from canvas_emulator.model.content import Quiz, QuizQuestion

ASSESSMENT = "imsqti_xmlv1p2"
"""How the type of a resource that is an assessment begins."""


def read_questions(builder: PackageBuilder, source: Element, **owner: int) -> list[QuizQuestion]:
    """Read the questions of an assessment or a bank into a package.

    :param owner: ``quiz_id`` or ``question_bank_id``.
    :raises PackageError: When one cannot be read.
    """
    default = f"{next(iter(owner))}_{next(iter(owner.values()))}"
    return [
        builder.add(_question(each, position, f"{default}_{position}", **owner))
        for position, each in enumerate(source.iter("item"), start=1)
    ]


def _question(source: Element, position: int, default_key: str, **owner: Any) -> QuizQuestion:
    facts = _facts(source)
    labels = {label.get("ident", ""): text_of(label, ".//mattext") for label in source.iter("response_label")}
    try:
        points = float(facts.get("points_possible") or 1)
    except ValueError:
        raise PackageError(f"The package has a question whose points cannot be read: {source.get('title')}") from None
    return QuizQuestion(
        course_id=0,
        title=source.get("title") or "Question",
        migration_id=source.get("ident") or default_key,
        question_type=facts.get("question_type") or "multiple_choice_question",
        points_possible=points,
        question_text=text_of(source, "presentation/material/mattext"),
        position=position,
        choices=tuple(labels.values()),
        correct=labels.get(text_of(source, ".//respcondition//varequal"), ""),
        **owner,
    )


def recognises(archive: Archive) -> bool:
    """Tell whether a package with a manifest has assessments, and nothing else that they do not show."""
    manifest = parse(archive.read(MANIFEST), MANIFEST)
    beside = ("associatedcontent", "webcontent") if text_of(manifest, "metadata/schema") == "IMS Content" else ()
    kinds = [resource.get("type", "") for resource in manifest.iter("resource")]
    main = [kind for kind in kinds if not kind.startswith(beside)]
    return bool(main) and all(kind.startswith(ASSESSMENT) for kind in main)


def read(archive: Archive) -> Package:
    """Read a zip file of assessments, those that its manifest names or, without one, every XML file.

    :raises PackageError: When there is none, or one cannot be read.
    """
    builder = PackageBuilder()
    for name in archive.names:
        if name != MANIFEST and name.endswith((".xml", ".qti")):
            root = parse(archive.read(name), name)
            for source in root.iter("assessment"):
                read_assessment(builder, source, source.get("ident") or name)
    if not builder.rows[Quiz]:
        raise PackageError("The package has no assessments.")
    return builder.build(PackageKind.QTI)


def read_assessment(builder: PackageBuilder, source: Element, key: str) -> None:
    """Read a quiz with its questions.

    :param key: Its migration id.
    """
    title = source.get("title") or key
    quiz = builder.add(Quiz(course_id=0, title=title, migration_id=key, quiz_type="practice_quiz"))
    questions = read_questions(builder, source, quiz_id=quiz.id)
    quiz.question_count = len(questions)
    quiz.points_possible = sum(question.points_possible for question in questions)


def _facts(source: Element) -> dict[str, str]:
    fields = source.iter("qtimetadatafield")
    return {text_of(field, "fieldlabel"): text_of(field, "fieldentry") for field in fields}

"""Test what Canvas makes of zip files of assessments."""

from __future__ import annotations

import pytest

from canvas_emulator.model.content import Assignment, AssignmentGroup, File, Folder, QuestionBank, Quiz, QuizQuestion
from tests.support.packages import CANVAS, QTI, Imported, assessment, question, zipped

ONE = question("i1", "One", {"a": "yes", "b": "no"}, ["a"])
QUIZ = assessment("QUIZ1", "Vendor's quiz", ONE)
NO_TYPE = (
    "There was an error exporting an assessment question - No question type used when trying to parse a qti question"
)


def manifest(resources: str) -> str:
    """Return a manifest that is none of a cartridge."""
    return f"<manifest><metadata><schema>IMS Content</schema></metadata><resources>{resources}</resources></manifest>"


@pytest.mark.parametrize(
    "files",
    [
        {"q.xml": QUIZ},
        {"sub/q.qti": QUIZ},
        {"imsmanifest.xml": "<manifest/>", "q.xml": QUIZ},
        {
            "imsmanifest.xml": manifest('<resource type="imsqti_xmlv1p2"><file href="a/q.xml"/></resource>'),
            "a/q.xml": QUIZ,
        },
        {"imsmanifest.xml": manifest('<resource type="imsqti_xmlv1p1" href="q.xml"/>'), "q.xml": QUIZ, "bad.xml": "<a"},
        {"q.xml": QUIZ, "__MACOSX/._q.xml": "\x00\x05\x16", "readme.txt": "x"},
    ],
)
def test_quiz(files: dict[str, str]) -> None:
    """A quiz is graded and unpublished, with an assignment and a bank, with or without a manifest."""
    imported = Imported(zipped(files), QTI)
    (quiz,), (shell,), (bank,) = imported.rows(Quiz), imported.rows(Assignment), imported.rows(QuestionBank)
    assert (quiz.title, quiz.quiz_type, quiz.published, quiz.points_possible) == (
        "Vendor's quiz",
        "assignment",
        False,
        1.0,
    )
    assert (shell.quiz_id, shell.published, bank.title) == (quiz.id, False, "Vendor's quiz")
    assert [row.title for row in imported.rows(AssignmentGroup)] == ["Assignments"]
    (row,) = imported.rows(QuizQuestion)
    assert (row.quiz_id, row.question_bank_id, row.choices, row.correct) == (quiz.id, bank.id, ("yes", "no"), "yes")
    assert not imported.issues()


def test_quiz_as_a_canvas_cartridge() -> None:
    """Imported as a Canvas cartridge, the quiz has no bank, and its files are where they were."""
    resources = '<resource type="imsqti_xmlv1p2"><file href="q.xml"/><file href="pics/a.png"/></resource>'
    files = {"imsmanifest.xml": manifest(resources), "q.xml": QUIZ, "pics/a.png": "PNG"}
    imported = Imported(zipped(files), CANVAS)
    assert (len(imported.rows(Quiz)), len(imported.rows(QuestionBank))) == (1, 0)
    assert [row.full_name for row in imported.rows(Folder)] == ["course files", "course files/pics"]


def test_files_of_a_quiz() -> None:
    """The files that the manifest names, and no documents, are in a hidden folder of the migration."""
    resources = (
        '<resource type="imsqti_xmlv1p2"><file href="q.xml"/></resource>'
        '<resource type="webcontent" href="week%201/a.png"><file href="week%201/a.png"/>'
        '<file href="gone.png"/></resource>'
    )
    files = {"imsmanifest.xml": manifest(resources), "q.xml": QUIZ, "week 1/a.png": "PNG", "unlisted.png": "PNG"}
    imported = Imported(zipped(files), QTI, "my quizzes.zip")
    (file,) = imported.rows(File)
    folders = {row.id: row for row in imported.rows(Folder)}
    name = f"course files/Quiz Files/my quizzes_{imported.migration.id}"
    assert (file.title, file.hidden, folders[file.folder_id].full_name) == ("a.png", True, f"{name}/week 1")
    assert [row.full_name for row in folders.values() if row.hidden] == ["course files/Quiz Files"]


def test_links_in_questions() -> None:
    """Links in questions lead to the files of the package; others are issues of the question."""
    text = (
        '&lt;img src="$IMS-CC-FILEBASE$/a.png"&gt;'
        '&lt;a href="$CANVAS_OBJECT_REFERENCE$/assignments/gone"&gt;x&lt;/a&gt;'
    )
    source = QUIZ.replace("One?", text)
    resources = '<resource type="imsqti_xmlv1p2"><file href="q.xml"/><file href="a.png"/></resource>'
    imported = Imported(zipped({"imsmanifest.xml": manifest(resources), "q.xml": source, "a.png": "PNG"}), QTI)
    (row,), (file,) = imported.rows(QuizQuestion), imported.rows(File)
    assert f"/files/{file.id}/" in row.question_text
    assert imported.warnings() == ["Missing links found in imported content - Assessment Question question_text"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (question("i", "Q", {"a": "1", "b": "2"}, ["a"]), ("multiple_choice_question", 2)),
        (question("i", "Q", {"a": "1", "b": "2"}, ["a", "b"]), ("multiple_answers_question", 2)),
        (question("i", "Q", {"a": "True", "b": "False"}, ["a"], qmd_itemtype="True/False"), ("true_false_question", 2)),
        (
            question("i", "Q", {"a": "Yes", "b": "No"}, ["a"], qmd_itemtype="True/False"),
            ("multiple_choice_question", 2),
        ),
        (question("i", "Q", {}, ["x", "y", "x"]), ("short_answer_question", 2)),
        (question("i", "Q", {}), ("essay_question", 0)),
        (question("i", "Q", {}, bb_question_type="Essay"), ("essay_question", 0)),
        (question("i", "Q", {}, question_type="file_upload_question"), ("file_upload_question", 0)),
        (question("i", "Q", {}, question_type="text_only_question"), ("text_only_question", 0)),
        (question("i", "Q", {}, ["5"], question_type="numerical_question"), ("numerical_question", 1)),
        (
            question("i", "Q", {"a": "x"}, ["a"], question_type="multiple_dropdowns_question"),
            ("multiple_dropdowns_question", 1),
        ),
        (question("i", "Q", {"a": "x"}, ["a"], question_type="matching_question"), ("matching_question", 1)),
        (
            question("i", "Q", {"a": "1"}, ["a"]).replace(
                "</presentation>", '<response_lid ident="r2"/></presentation>'
            ),
            ("multiple_choice_question", 1),
        ),
        ("<item ident='i' title='Q'/>", ("Error", 0)),
    ],
)
def test_types_of_questions(source: str, expected: tuple[str, int]) -> None:
    """The type of a question is the one that it names, or else what it consists of."""
    (row,) = Imported(zipped({"q.xml": assessment("k", "Quiz", source)}), QTI).rows(QuizQuestion)
    assert (row.question_type, len(row.choices)) == expected


def test_several_lists_of_choices_are_a_matching_question() -> None:
    """A question without a type that has several lists of choices is a matching question."""
    lists = "".join(
        f'<response_lid ident="r{each}"><material><mattext>{each}</mattext></material><render_choice>'
        '<response_label ident="a"><material><mattext>x</mattext></material>'
        "</response_label></render_choice></response_lid>"
        for each in ("Paris", "Rome")
    )
    asked = "<material><mattext>?</mattext></material>"
    source = f'<item ident="i" title="Q"><presentation>{asked}{lists}</presentation></item>'
    (row,) = Imported(zipped({"q.xml": assessment("k", "Quiz", source)}), QTI).rows(QuizQuestion)
    assert (row.question_type, row.choices) == ("matching_question", ("Paris", "Rome"))


def test_loose_items_and_object_banks() -> None:
    """Items outside of quizzes are in a bank, their own one or that of imported questions."""
    files = {
        "loose.xml": f"<questestinterop>{ONE}</questestinterop>",
        "bank.xml": f'<questestinterop><objectbank ident="B7">{ONE}</objectbank></questestinterop>',
        "empty.xml": '<questestinterop><objectbank ident="B8"/></questestinterop>',
        "odd.xml": "<questestinterop><item ident='odd'/></questestinterop>",
    }
    imported = Imported(zipped(files), QTI)
    assert sorted(row.title for row in imported.rows(QuestionBank)) == ["B7", "Imported Questions"]
    assert not imported.rows(Quiz)
    assert imported.warnings() == [NO_TYPE]


ITEM_2 = """<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="{0}" title="{0}">
 <responseDeclaration identifier="R"><correctResponse><value>a</value></correctResponse></responseDeclaration>
 <itemBody>{1}</itemBody></assessmentItem>"""
CHOICES = (
    '<choiceInteraction><simpleChoice identifier="a">A</simpleChoice>'
    '<simpleChoice identifier="b">B</simpleChoice></choiceInteraction>'
)
TEST_2 = """<assessmentTest xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="T" title="A test">
 <timeLimits maxTime="1800"/><testPart><assessmentSection><assessmentItemRef identifier="one" href="one.xml"/>
 </assessmentSection></testPart></assessmentTest>"""


def test_qti_2() -> None:
    """Items of QTI 2 are in the quiz that refers to them or in a bank of their own; a bad item is an issue."""
    names = {"one": CHOICES, "two": "<extendedTextInteraction/>", "odd": "<p>nothing to do</p>"}
    resources = "".join(f'<resource type="imsqti_item_xmlv2p1" href="{name}.xml"/>' for name in (*names, "gone"))
    resources += '<resource type="imsqti_test_xmlv2p1" href="test.xml"/>'
    files = {f"{name}.xml": ITEM_2.format(name, body) for name, body in names.items()}
    imported = Imported(zipped({"imsmanifest.xml": manifest(resources), "test.xml": TEST_2, **files}), QTI)
    (quiz,) = imported.rows(Quiz)
    assert (quiz.title, quiz.time_limit, quiz.question_count) == ("A test", 30, 1)
    assert sorted(row.title for row in imported.rows(QuestionBank)) == ["A test", "Imported Questions"]
    assert {row.title: (row.question_type, row.correct) for row in imported.rows(QuizQuestion)} == {
        "one": ("multiple_choice_question", "A"),
        "two": ("short_answer_question", "a"),
        "odd": ("Error", ""),
    }
    assert imported.warnings() == [NO_TYPE]


@pytest.mark.parametrize(
    "files", [{}, {"a.txt": "a"}, {"imsmanifest.xml": "<manifest/>", "a.txt": "a"}, {"a.xml": "<a/>"}]
)
def test_nothing_to_import(files: dict[str, str]) -> None:
    """A zip file without assessments is imported, and brings nothing, without an issue."""
    imported = Imported(zipped(files), QTI)
    assert (imported.counts(), imported.issues()) == ({}, {})

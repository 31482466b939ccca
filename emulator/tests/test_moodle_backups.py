"""Test what Canvas makes of Moodle backups, of version 1.9 and of version 2."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from canvas_emulator.model.content import (
    Assignment,
    AssignmentGroup,
    DiscussionTopic,
    File,
    Folder,
    Module,
    ModuleItem,
    Page,
    QuestionBank,
    Quiz,
    QuizQuestion,
)
from tests.support.packages import CANVAS, COMMON, MOODLE, Imported, zipped

FORMULA = "Possible answers will need to be regenerated for Formula question"
NO_TYPE = (
    "There was an error exporting an assessment question - No question type used when trying to parse a qti question"
)
NO_CHOICE = "The importer couldn't determine the correct answers for this question."
DROPDOWNS = "Multiple Dropdowns question may have been imported incorrectly"


def elements(values: Mapping[str, object]) -> str:
    """Return an element for each value."""
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def activity(kind: str, number: int, title: str, section: int = 1) -> str:
    """Return an activity in the table of contents of a backup."""
    values = {
        "moduleid": number,
        "sectionid": section,
        "modulename": kind,
        "title": title,
        "directory": f"activities/{kind}_{number}",
    }
    return f"<activity>{elements(values)}</activity>"


def document(kind: str, number: int, values: Mapping[str, object]) -> dict[str, str]:
    """Return the document of an activity."""
    text = f'<activity id="{number}" contextid="{number}0"><{kind} id="{number}">{elements(values)}</{kind}></activity>'
    return {f"activities/{kind}_{number}/{kind}.xml": text}


def moodle_question(number: int, kind: str, choices: Mapping[str, float] | None = None) -> str:
    """Return a question of the question bank."""
    listed = "".join(
        f"<answer><answertext>{text}</answertext><fraction>{share}</fraction></answer>"
        for text, share in (choices or {}).items()
    )
    values = {"parent": 0, "name": kind, "questiontext": f"{kind}?", "defaultmark": "2.0", "qtype": kind}
    return f'<question id="{number}">{elements(values)}<answers>{listed}</answers></question>'


ACTIVITIES = {
    "page": {"name": "Read", "content": "&lt;p&gt;Text&lt;/p&gt;"},
    "assign": {"name": "Essay", "intro": "Write", "grade": 100},
    "forum": {"name": "News", "intro": "Talk"},
    "label": {"name": "A label"},
    "url": {"name": "Elsewhere", "externalurl": "https://moodle.example/"},
    "choice": {"name": "Pick", "intro": "Which?", "options": "<option><text>a</text></option>"},
    "resource": {"name": "The file"},
    "quiz": {
        "name": "Test",
        "intro": "Ready?",
        "timelimit": 600,
        "attempts_number": 2,
        "question_instances": "".join(
            f"<question_instance><questionid>{number}</questionid></question_instance>" for number in (1, 2, 3, 99)
        ),
    },
    "h5pactivity": {"name": "Unknown"},
}
QUESTIONS = (
    moodle_question(1, "multichoice", {"yes": 1.0, "no": 0.0}),
    moodle_question(2, "essay"),
    moodle_question(3, "calculated", {"{x}": 1.0}),
    moodle_question(4, "random"),
)


def backup(**more: str) -> bytes:
    """Return a backup of Moodle 2 with an activity of each kind."""
    activities = [activity(kind, number, kind) for number, kind in enumerate(ACTIVITIES, start=1)]
    documents: dict[str, str] = {}
    for number, (kind, values) in enumerate(ACTIVITIES.items(), start=1):
        documents |= document(kind, number, values)
    section = {"sectionid": 1, "title": "Start", "directory": "sections/section_1"}
    contents = (
        f"<activities>{''.join(activities)}</activities><sections><section>{elements(section)}</section></sections>"
    )
    return zipped(
        {
            "moodle_backup.xml": (
                f"<moodle_backup><information><contents>{contents}</contents></information></moodle_backup>"
            ),
            "course/course.xml": "<course><fullname>Moodle 101</fullname></course>",
            "sections/section_1/section.xml": "<section><name>$@NULL@$</name><summary>Welcome</summary></section>",
            "questions.xml": '<question_categories><question_category id="1"><name>Bank</name><questions>'
            + "".join(QUESTIONS)
            + "</questions></question_category></question_categories>",
            "files.xml": '<files><file id="1"><contenthash>abcd</contenthash><contextid>70</contextid>'
            "<filepath>/docs/</filepath><filename>a.pdf</filename></file>"
            '<file id="2"><contenthash>0000</contenthash><filepath>/</filepath><filename>.</filename></file></files>',
            "files/ab/abcd": "%PDF",
            **documents,
            **more,
        }
    )


class TestMoodle2:
    @pytest.mark.parametrize("migration_type", [MOODLE, COMMON, CANVAS])
    def test_activities(self, migration_type: str) -> None:
        """Activities become content, sections modules, and summaries pages; unknown activities are left out."""
        imported = Imported(backup(), migration_type)
        assert [row.title for row in imported.rows(Page)] == ["Read", "Start"]
        assert [(row.title, row.points_possible) for row in imported.rows(Assignment)] == [("Essay", 100.0)]
        assert [row.title for row in imported.rows(DiscussionTopic)] == ["News"]
        assert [(row.title, row.quiz_type, row.question_count) for row in imported.rows(Quiz)] == [
            ("Pick", "survey", 1),
            ("Test", "practice_quiz", 3),
        ]
        assert [(row.title, row.size) for row in imported.rows(File)] == [("a.pdf", 4)]
        assert [row.title for row in imported.rows(Module)] == ["Start"]
        assert [(row.type, row.title) for row in imported.rows(ModuleItem)] == [
            ("Page", "Start"),
            ("Page", "Read"),
            ("Assignment", "Essay"),
            ("Discussion", "News"),
            ("SubHeader", "A label"),
            ("ExternalUrl", "Elsewhere"),
            ("Quiz", "Pick"),
            ("File", "The file"),
            ("Quiz", "Test"),
        ]

    def test_warnings(self) -> None:
        """Questions have warnings once for each bank that they are in."""
        assert sorted(Imported(backup(), MOODLE).warnings()) == sorted([FORMULA, FORMULA, NO_TYPE, NO_CHOICE])
        assert sorted(Imported(backup(), CANVAS).warnings()) == sorted([FORMULA, NO_TYPE])

    def test_banks(self) -> None:
        """Categories are banks, and so are quizzes, unless the backup is imported as a Canvas cartridge."""
        assert [row.title for row in Imported(backup(), MOODLE).rows(QuestionBank)] == ["Bank", "Pick", "Test"]
        assert [row.title for row in Imported(backup(), CANVAS).rows(QuestionBank)] == ["Bank"]

    def test_many_formula_questions(self) -> None:
        """More than two formula questions of a bank have one warning."""
        questions = "".join(moodle_question(number, "calculated") for number in range(3))
        text = f'<q><question_category id="1"><name>Bank</name>{questions}</question_category></q>'
        assert Imported(backup(**{"questions.xml": text}), CANVAS).warnings() == [
            "There are 3 Formula questions in this bank that will need to have their possible answers regenerated"
        ]

    def test_hidden_activities(self) -> None:
        """What is hidden is unpublished, and so is its item."""
        imported = Imported(backup(**{"activities/page_1/module.xml": "<module><visible>0</visible></module>"}), MOODLE)
        page = next(row for row in imported.rows(Page) if row.title == "Read")
        item = next(row for row in imported.rows(ModuleItem) if row.title == "Read")
        assert (page.published, item.published) == (False, False)


def mod(kind: str, number: int, **values: object) -> str:
    """Return a module of Moodle 1.9."""
    return f"<MOD>{elements({'ID': number, 'MODTYPE': kind, **values})}</MOD>"


def section(number: int, mods: Mapping[str, int], summary: str = "") -> str:
    """Return a section of Moodle 1.9."""
    listed = "".join(
        f"<MOD>{elements({'ID': f'{number}{place}', 'TYPE': kind, 'INSTANCE': instance, 'INDENT': 0})}</MOD>"
        for place, (kind, instance) in enumerate(mods.items())
    )
    values = elements({"ID": number, "NUMBER": number, "SUMMARY": summary, "VISIBLE": 1})
    return f"<SECTION>{values}<MODS>{listed}</MODS></SECTION>"


BACKUP_1_9 = f"""<?xml version="1.0"?><MOODLE_BACKUP><COURSE>
<HEADER><FULLNAME>Old</FULLNAME><FORMAT>weeks</FORMAT></HEADER>
<SECTIONS>{section(0, {"forum": 1}, "The syllabus")}{section(1, {"assignment": 2, "wiki": 3, "quiz": 4})}
{section(2, {"workshop": 5, "resource": 6, "questionnaire": 7, "choice": 8, "label": 9})}</SECTIONS>
<QUESTION_CATEGORIES><QUESTION_CATEGORY><ID>1</ID><NAME>Default</NAME><QUESTIONS>
<QUESTION><ID>1</ID><NAME>C</NAME><QTYPE>calculated</QTYPE><QUESTIONTEXT>?</QUESTIONTEXT></QUESTION>
<QUESTION><ID>2</ID><NAME>D</NAME><QTYPE>description</QTYPE></QUESTION>
<QUESTION><ID>3</ID><NAME>R</NAME><QTYPE>random</QTYPE></QUESTION>
<QUESTION><ID>4</ID><NAME>T</NAME><QTYPE>truefalse</QTYPE><ANSWERS><ANSWER><ANSWER_TEXT>True</ANSWER_TEXT>
<FRACTION>1</FRACTION></ANSWER></ANSWERS></QUESTION></QUESTIONS></QUESTION_CATEGORY></QUESTION_CATEGORIES>
<MODULES>{mod("forum", 1, NAME="News forum", INTRO="General")}
{mod("assignment", 2, NAME="Rails", DESCRIPTION="Do it", GRADE=10)}
{
    mod(
        "wiki",
        3,
        NAME="My wiki",
        PAGENAME="Start",
        PAGES="<PAGE><PAGENAME>Start</PAGENAME><VERSION>1</VERSION></PAGE>"
        "<PAGE><PAGENAME>Start</PAGENAME><VERSION>2</VERSION><CONTENT>new</CONTENT></PAGE><PAGE><PAGENAME>link</PAGENAME></PAGE>",
    )
}
{
    mod(
        "quiz",
        4,
        NAME="First quiz",
        QUESTION_INSTANCES="".join(
            f"<QUESTION_INSTANCE><QUESTION>{number}</QUESTION></QUESTION_INSTANCE>" for number in (1, 2, 4)
        ),
    )
}
{mod("workshop", 5, NAME="My workshop", GRADE=5)}
{mod("resource", 6, NAME="Site", TYPE="file", REFERENCE="https://moodle.example/")}
{
    mod(
        "questionnaire",
        7,
        NAME="Asked",
        QUESTIONS="".join(
            f"<QUESTION><ID>{number}</ID><NAME>{kind}</NAME><TYPE_ID>{kind}</TYPE_ID></QUESTION>"
            for number, kind in enumerate((5, 8, 99, 100))
        ),
    )
}
{mod("choice", 8, NAME="Choose", TEXT="Which?", OPTIONS="<OPTION><CP_TEXT>a</CP_TEXT></OPTION>")}
{mod("label", 9, NAME="A label")}</MODULES></COURSE></MOODLE_BACKUP>"""
FILES_1_9 = {"moodle.xml": BACKUP_1_9, "course_files/images/face.png": "PNG"}


class TestMoodle19:
    @pytest.mark.parametrize("migration_type", [MOODLE, COMMON, CANVAS])
    def test_content(self, migration_type: str) -> None:
        """Modules become content, sections modules and groups, and the first one the syllabus."""
        imported = Imported(zipped(FILES_1_9), migration_type)
        assert [row.title for row in imported.rows(AssignmentGroup)] == ["Assignments", "Week 1", "Week 2"]
        assert [row.title for row in imported.rows(Assignment)] == ["Rails", "My workshop"]
        assert [row.title for row in imported.rows(DiscussionTopic)] == ["News forum"]
        assert {row.title: row.body for row in imported.rows(Page)} == {"Start": "new", "link": ""}
        assert [(row.title, row.quiz_type, row.question_count) for row in imported.rows(Quiz)] == [
            ("First quiz", "practice_quiz", 2),
            ("Asked", "survey", 2),
            ("Choose", "survey", 1),
        ]
        assert [row.full_name for row in imported.rows(Folder)] == ["course files", "course files/images"]
        assert [row.title for row in imported.rows(Module)] == ["Week 0", "Week 1", "Week 2"]
        assert len(imported.rows(ModuleItem)) == 9
        assert imported.course.syllabus_body == "The syllabus"
        assert len([row for row in imported.rows(QuizQuestion) if row.quiz_id]) == 7

    def test_banks_and_warnings(self) -> None:
        """Quizzes have banks, and so twice the warnings, unless the backup is imported as a Canvas cartridge."""
        imported = Imported(zipped(FILES_1_9), MOODLE)
        assert len(imported.rows(QuestionBank)) == 4
        assert sorted(imported.warnings()) == sorted([FORMULA, FORMULA, NO_TYPE, DROPDOWNS, NO_CHOICE])
        imported = Imported(zipped(FILES_1_9), CANVAS)
        assert len(imported.rows(QuestionBank)) == 1
        assert sorted(imported.warnings()) == sorted([FORMULA, NO_TYPE])

    @pytest.mark.parametrize("text", ["", "<MOODLE_BACKUP/>", "<MOODLE_BACKUP><COURSE><SECTIONS><SECTION/></SECTIONS>"])
    def test_empty_backup(self, text: str) -> None:
        """A backup without content brings nothing."""
        assert Imported(zipped({"moodle.xml": text}), MOODLE).counts() == {}

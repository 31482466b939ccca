"""Questions of quizzes: items of QTI 1.2, as Canvas, Respondus, WebCT and cartridges write them, and of QTI 2."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from canvas_emulator.effects.packages.documents import Node, all_below, first, number, text

NO_TYPE = (
    "There was an error exporting an assessment question - No question type used when trying to parse a qti question"
)
NO_CORRECT_ANSWER = "The importer couldn't determine the correct answers for this question."
PATTERN_MATCH = (
    "This package includes the question type, Pattern Match, which is not compatible with Canvas. "
    "We have converted the question type to Fill in the Blank"
)
ERROR = "Error"
"""The type of a question that cannot be read."""
CHOICE, TRUE_FALSE, SEVERAL = "multiple_choice_question", "true_false_question", "multiple_answers_question"
SHORT, ESSAY, TEXT, UPLOAD = "short_answer_question", "essay_question", "text_only_question", "file_upload_question"
MATCHING, BLANKS, DROPDOWNS = "matching_question", "fill_in_multiple_blanks_question", "multiple_dropdowns_question"
NUMERICAL, CALCULATED = "numerical_question", "calculated_question"

CANVAS_TYPES = frozenset(
    {
        *(CHOICE, TRUE_FALSE, SEVERAL, SHORT, ESSAY, TEXT, UPLOAD, MATCHING, BLANKS, DROPDOWNS, NUMERICAL),
        *(CALCULATED, "missing_word_question"),
    }
)
WITHOUT_ANSWERS = frozenset({TEXT, UPLOAD})
WITH_BLANKS = frozenset({MATCHING, BLANKS, DROPDOWNS, NUMERICAL, CALCULATED, "missing_word_question"})
"""The types with places for several answers, or for numbers."""

TYPE_WORDS: Mapping[str, str] = {
    r"cc\.multiple_choice|^multiple choice$|^multiplechoice": CHOICE,
    r"cc\.true_false|true.?/?false": TRUE_FALSE,
    r"cc\.multiple_response|multiple answer|multipleanswer|multiple response": SEVERAL,
    r"cc\.fib|cc\.pattern_match|^fill in the blank$|^fill.?in.?blank$|short.?answer": SHORT,
    r"cc\.essay|^essay$|short response": ESSAY,
    r"matching": MATCHING,
    r"fillinmultiple|fill in the blanks|fill in the blank plus": BLANKS,
    r"multiple_dropdowns|jumbled sentence": DROPDOWNS,
    r"^numeric": NUMERICAL,
    r"calculated": CALCULATED,
    r"text\s?information|image": TEXT,
    r"file upload": UPLOAD,
}
"""What other systems and the profiles of cartridges call the types."""
TYPE_LABELS = ("question_type", "cc_profile", "bb_question_type", "qmd_itemtype", "qmd_questiontype")
POINT_LABELS = ("points_possible", "cc_weighting", "max_score", "qmd_weighting", "qmd_absolutescore_max")
RESPONSES = ("response_lid", "response_str", "response_num", "response_grp", "response_xy", "response_extension")


@dataclass(frozen=True)
class Question:
    """A question that was read.

    :param key: Its migration id.
    :param title: Its name.
    :param type: Canvas's name for its type.
    :param text: Its HTML.
    :param points: The points of a correct reply.
    :param choices: The texts of its answers.
    :param correct: The first of them that is right.
    :param qti: How students reply to it, if a Canvas wrote it.
    :param warnings: What Canvas tells of it.
    :param is_pattern_match: Whether it was to be compared with a pattern.
    """

    key: str
    title: str
    type: str
    text: str = ""
    points: float = 1.0
    choices: tuple[str, ...] = ()
    correct: str = ""
    qti: str = ""
    warnings: tuple[str, ...] = ()
    is_pattern_match: bool = False

    @property
    def values(self) -> dict[str, Any]:
        """Return the fields of a row for it."""
        return {
            "title": self.title,
            "question_type": self.type,
            "question_text": self.text,
            "points_possible": self.points,
            "choices": self.choices,
            "correct": self.correct,
            "qti": self.qti,
        }


@dataclass
class _Item:
    """An item of QTI 1.2.

    :param node: Its element.
    :param facts: Its metadata, by label.
    :param labels: The texts of its choices, by identifier; those of several blanks together.
    :param right: The identifiers or texts of the choices that score.
    """

    node: Node
    facts: dict[str, str] = field(default_factory=dict)
    labels: list[tuple[str, str]] = field(default_factory=list)
    right: list[str] = field(default_factory=list)


def read_item(node: Node, default_key: str) -> Question:
    """Read an item of QTI 1.2."""
    item = _Item(node, facts_of(node), _labels(node), _right_answers(node))
    question_type, warnings = _type_of(item)
    choices = _choices(item, question_type)
    right = [label for ident, label in item.labels if ident in item.right] or item.right
    points = next((read for label in POINT_LABELS if (read := number(item.facts.get(label))) is not None), 1.0)
    return Question(
        key=(node.get("ident") or default_key).replace(":", "-"),
        title=node.get("title") or "Question",
        type=question_type,
        text=_question_text(node),
        points=max(points, 0.0),
        choices=choices,
        correct=next((each for each in right if each in choices), ""),
        qti=_kept(item) if item.facts.get("question_type") in CANVAS_TYPES else "",
        warnings=warnings,
        is_pattern_match=item.facts.get("cc_profile", "").startswith("cc.pattern_match"),
    )


def _kept(item: _Item) -> str:
    """Write what an item has beside its text and its metadata: how students reply, what is right, and comments."""
    kept = etree.Element("item", answers=item.facts.get("original_answer_ids", ""))
    presentation = item.node.find("presentation")
    shown = etree.SubElement(kept, "presentation")
    shown.extend(deepcopy(each) for each in (() if presentation is None else presentation) if each.tag != "material")
    kept.extend(deepcopy(each) for each in item.node if each.tag not in ("itemmetadata", "presentation"))
    etree.cleanup_namespaces(kept)
    return etree.tostring(kept, encoding="unicode", with_tail=False)


def facts_of(node: Node) -> dict[str, str]:
    """Return the metadata of an assessment, a section or an item: labels in lower case, and elements of their own."""
    facts: dict[str, str] = {}
    for element in node.iter("qtimetadatafield"):
        if not _is_of_item_within(element, node):
            label = text(element.find("fieldlabel")).strip().lower()
            facts.setdefault(label, text(element.find("fieldentry")).strip())
    for element in node.iter("qmd_itemtype", "qmd_questiontype", "qmd_weighting", "qmd_timelimit"):
        if not _is_of_item_within(element, node):
            facts.setdefault(str(element.tag).lower(), text(element).strip())
    return facts


def _is_of_item_within(element: Node, node: Node) -> bool:
    """Tell whether metadata belongs to an item or a section within a node, not to the node."""
    for above in element.iterancestors():
        if above is node:
            return False
        if above.tag in ("item", "section"):
            return True
    return False


def _labels(node: Node) -> list[tuple[str, str]]:
    return [(each.get("ident", ""), _material(each)) for each in all_below(node, "response_label")]


def _right_answers(node: Node) -> list[str]:
    """Return the choices that a condition with a positive score names, without those that it excludes."""
    right: list[str] = []
    for condition in all_below(node, "respcondition"):
        scores = [number(text(each)) for each in condition.iter("setvar")]
        if any(score is not None and score > 0 for score in scores):
            right += [
                text(each).strip()
                for each in condition.iter("varequal", "varsubset")
                if not any(above.tag == "not" for above in each.iterancestors("not"))
            ]
    return right


def _type_of(item: _Item) -> tuple[str, tuple[str, ...]]:
    """Return the type of an item, by its metadata or else by what it consists of, and what Canvas tells of it."""
    known = _named_type(item.facts)
    choices = [each for each in all_below(item.node, "response_lid") if first(each, "render_choice") is not None]
    has_blank = first(item.node, "render_fib") is not None or first(item.node, "response_str") is not None
    if known in WITHOUT_ANSWERS or (known in WITH_BLANKS and (choices or has_blank)):
        return str(known), ()
    if first(item.node, "response_grp") is not None or len(choices) > 1:
        return MATCHING, ()
    if choices and known not in (ESSAY, SHORT):
        return _choice_type(item, known)
    if choices or has_blank:
        return (SHORT if item.right else ESSAY), ()
    return ERROR, (NO_TYPE,)


def _named_type(facts: Mapping[str, str]) -> str | None:
    """Return the type that metadata name, in Canvas's words or in others."""
    named = [facts[label] for label in TYPE_LABELS if facts.get(label)]
    for name in named:
        if name in CANVAS_TYPES:
            return name
    for name in named:
        for words, kind in TYPE_WORDS.items():
            if re.search(words, name, re.IGNORECASE):
                return kind
    return None


def _choice_type(item: _Item, known: str | None) -> tuple[str, tuple[str, ...]]:
    """Return the type of an item with one list of choices."""
    right = {ident for ident, _ in item.labels} & set(item.right)
    warnings = () if right else (NO_CORRECT_ANSWER,)
    words = [label.strip().lower() for _, label in item.labels]
    if known == TRUE_FALSE:
        return (TRUE_FALSE if sorted(words) == ["false", "true"] else CHOICE), warnings
    if known in (CHOICE, SEVERAL):
        return known, warnings
    return (CHOICE if len(right) == 1 else SEVERAL), warnings


def _choices(item: _Item, question_type: str) -> tuple[str, ...]:
    """Return the choices of a question, which have texts even where Canvas has none."""
    match question_type:
        case "essay_question" | "text_only_question" | "file_upload_question" | "Error":
            return ()
        case "matching_question":
            return tuple(_material(each) for each in all_below(item.node, "response_lid"))
        case "numerical_question":
            conditions = all_below(item.node, "respcondition")
            return tuple(_range(each) for each in conditions if first(each, "setvar") is not None)
        case "calculated_question":
            return tuple(text(first(each, "answer")).strip() for each in all_below(item.node, "var_set"))
        case "short_answer_question":
            return tuple(dict.fromkeys(item.right))
        case _:
            return tuple(label for _, label in item.labels)


def _range(condition: Node) -> str:
    """Return a correct number, or the lower end of a range."""
    numbers = (first(condition, tag) for tag in ("varequal", "vargte", "vargt"))
    return next((text(each).strip() for each in numbers if each is not None), "")


def _question_text(node: Node) -> str:
    """Return the text of a question: what is in its presentation and not in its answers."""
    presentation = node.find("presentation")
    if presentation is None:
        return ""
    pieces = [
        text(each)
        for each in presentation.iter("mattext")
        if not any(above.tag in RESPONSES for above in each.iterancestors())
    ]
    joined = "\n<br/>\n".join(piece for piece in pieces if piece.strip())
    inner = re.fullmatch(r"<div>(.*)</div>", joined, re.DOTALL)
    return inner[1] if inner and "<div" not in inner[1] else joined


def _material(node: Node) -> str:
    """Return the first text of an element's own material."""
    return next((text(each).strip() for each in node.iter("mattext")), "")


def read_item_2(node: Node, default_key: str) -> Question:
    """Read an item of QTI 2."""
    choices = [text(each).strip() for each in node.iter("simpleChoice")]
    idents = [each.get("identifier", "") for each in node.iter("simpleChoice")]
    right = [text(each).strip() for each in node.iter("value") if _is_in(each, "correctResponse")]
    correct = next((choice for ident, choice in zip(idents, choices, strict=True) if ident in right), "")
    found = next((kind for tag, kind in INTERACTIONS.items() if first(node, tag) is not None), None)
    question_type, warnings = (ERROR, (NO_TYPE,)) if found is None else (found(node, len(right)), ())
    if question_type in (SHORT, BLANKS):
        choices, correct = right, right[0] if right else ""
    if question_type in (CHOICE, SEVERAL) and not right and not _scores(node):
        warnings = (NO_CORRECT_ANSWER,)
    return Question(
        key=node.get("identifier") or default_key,
        title=node.get("title") or "Question",
        type=question_type,
        text=" ".join(text(first(node, "itemBody")).split()),
        choices=() if question_type in (ESSAY, UPLOAD, ERROR) else tuple(choices),
        correct=correct,
        warnings=warnings,
    )


def _is_in(node: Node, tag: str) -> bool:
    return any(above.tag == tag for above in node.iterancestors())


def _scores(node: Node) -> bool:
    """Tell whether the processing of responses compares with a choice."""
    return first(node, "responseProcessing", "baseValue") is not None or first(node, "mapping") is not None


def _of_choices(node: Node, right: int) -> str:
    if sum(1 for _ in node.iter("choiceInteraction")) > 1:
        return MATCHING
    return CHOICE if right <= 1 else SEVERAL


INTERACTIONS: Mapping[str, Callable[[Node, int], str]] = {
    "choiceInteraction": _of_choices,
    "associateInteraction": lambda *_: MATCHING,
    "matchInteraction": lambda *_: MATCHING,
    "orderInteraction": lambda *_: MATCHING,
    "inlineChoiceInteraction": lambda *_: DROPDOWNS,
    "extendedTextInteraction": lambda _, right: SHORT if right else ESSAY,
    "textEntryInteraction": lambda *_: BLANKS,
    "uploadInteraction": lambda *_: UPLOAD,
}
"""What an item of QTI 2 consists of, in the order in which it is asked for."""

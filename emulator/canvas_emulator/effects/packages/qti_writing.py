"""Quizzes and question banks as QTI 1.2: whole, for Canvas, and as the Common Cartridge's profile of it allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from xml.etree.ElementTree import Element, fromstring

from canvas_emulator.effects.mapping import asset_key
from canvas_emulator.effects.packages.course_content import CourseContent
from canvas_emulator.effects.packages.xml_writing import CARTRIDGE_QTI, QTI, Scalar, add, document, element
from canvas_emulator.model.content import QuestionBank, Quiz, QuizQuestion

PROFILES: Mapping[str, str] = {
    "multiple_choice_question": "cc.multiple_choice.v0p1",
    "multiple_answers_question": "cc.multiple_response.v0p1",
    "true_false_question": "cc.true_false.v0p1",
    "short_answer_question": "cc.fib.v0p1",
    "essay_question": "cc.essay.v0p1",
}
"""The types of questions that the Common Cartridge has, and what it calls them."""

EXAM = {"cc_profile": "cc.exam.v0p1", "qmd_assessmenttype": "Examination", "qmd_scoretype": "Percentage"}
"""What the Common Cartridge says of each assessment."""

UNLIMITED = -1
"""Stands for any number of attempts."""

FIRST_ANSWER = 1001
"""The id of the first answer of each question."""

RESPONSE = "response1"
TEXT_ONLY = "text_only_question"
"""The type of what is no question, which has no score and is in no bank."""


def assessment(content: CourseContent, quiz: Quiz) -> Element:
    """Write a quiz with all its questions."""
    items = [_item(content, question) for question in _questions(content, quiz)]
    return _assessment(content, quiz, document("questestinterop", QTI), {}, items)


def cartridge_assessment(content: CourseContent, quiz: Quiz) -> Element:
    """Write a quiz with those of its questions that the Common Cartridge has a type for."""
    questions = [question for question in _questions(content, quiz) if question.question_type in PROFILES]
    items = [_cartridge_item(content, question) for question in questions]
    return _assessment(content, quiz, document("questestinterop", CARTRIDGE_QTI), EXAM, items)


def object_bank(content: CourseContent, bank: QuestionBank) -> Element:
    """Write a question bank with its questions."""
    root = document("questestinterop", QTI)
    source = add(root, "objectbank", ident=content.key(bank))
    source.append(_metadata({"bank_title": bank.title, "bank_context_uuid": content.course.uuid}))
    questions = [
        each
        for each in content.all(QuizQuestion)
        if each.question_bank_id == bank.id and each.question_type != TEXT_ONLY
    ]
    source.extend(_bank_item(content, each) for each in sorted(questions, key=lambda each: each.position))
    return root


def _questions(content: CourseContent, quiz: Quiz) -> list[QuizQuestion]:
    questions = [each for each in content.all(QuizQuestion) if each.quiz_id == quiz.id]
    return sorted(questions, key=lambda question: question.position)


def _assessment(
    content: CourseContent, quiz: Quiz, root: Element, facts: Mapping[str, Scalar], items: Iterable[Element]
) -> Element:
    source = add(root, "assessment", ident=content.key(quiz), title=quiz.title)
    limit: dict[str, Scalar] = {} if quiz.time_limit is None else {"qmd_timelimit": quiz.time_limit}
    attempts = "unlimited" if quiz.allowed_attempts == UNLIMITED else quiz.allowed_attempts
    source.append(_metadata({**facts, **limit, "cc_maxattempts": attempts}))
    source.append(element("section", None, items, ident="root_section"))
    return root


def _item(content: CourseContent, question: QuizQuestion) -> Element:
    """Write a question of a quiz, which names the one in the bank that it was made of."""
    facts = {**_facts(question), "assessment_question_identifierref": _bank_key(question)}
    return _question(content, question, content.key(question), facts)


def _bank_item(content: CourseContent, question: QuizQuestion) -> Element:
    key = content.key(question) if question.quiz_id is None else _bank_key(question)
    return _question(content, question, key, _facts(question))


def _cartridge_item(content: CourseContent, question: QuizQuestion) -> Element:
    facts = {"cc_profile": PROFILES[question.question_type]}
    if question.question_type == "essay_question":
        facts["qmd_computerscored"] = "No"
    return _question(content, question, _bank_key(question), facts)


def _bank_key(question: QuizQuestion) -> str:
    """Return the key of what a question of a quiz was made of."""
    return asset_key("assessment_question", question.id)


def _facts(question: QuizQuestion) -> dict[str, Scalar]:
    choices = fromstring(question.qti).get("answers") if question.qti else ",".join(_idents(question))  # noqa: S314
    return {
        "question_type": question.question_type,
        "points_possible": question.points_possible,
        "original_answer_ids": choices,
    }


def _question(content: CourseContent, question: QuizQuestion, ident: str, facts: Mapping[str, Scalar]) -> Element:
    root = element("item", ident=ident, title=question.title)
    add(root, "itemmetadata").append(_metadata(facts))
    presentation = add(root, "presentation")
    text = content.html(question.question_text)
    presentation.append(_material(text if "<div" in text else f"<div>{text}</div>", "text/html"))
    if question.qti:
        _write_kept(content, question, root, presentation)
        return root
    show, score = WRITERS.get(question.question_type, (_nothing, _nothing))
    show(question, presentation)
    if question.question_type != TEXT_ONLY:
        processing = add(root, "resprocessing")
        outcome = {"maxvalue": "100", "minvalue": "0", "varname": "SCORE", "vartype": "Decimal"}
        add(add(processing, "outcomes"), "decvar", **outcome)
        score(question, processing)
    return root


def _write_kept(content: CourseContent, question: QuizQuestion, root: Element, presentation: Element) -> None:
    """Write how students reply as the package had it that the question came from, with the keys of this course."""
    kept = fromstring(content.with_own_keys(question.qti))  # noqa: S314  read without entities, and written here
    presentation.extend(kept.findall("presentation/*"))
    root.extend(each for each in kept if each.tag != "presentation")


def _nothing(_: QuizQuestion, __: Element) -> None:
    """Write nothing: students write nothing, or something of which nothing is known here."""


def _choices(question: QuizQuestion, presentation: Element) -> None:
    cardinality = "Multiple" if question.question_type == "multiple_answers_question" else "Single"
    choices = add(add(presentation, "response_lid", ident=RESPONSE, rcardinality=cardinality), "render_choice")
    for ident, choice in zip(_idents(question), question.choices, strict=True):
        add(choices, "response_label", ident=ident).append(_material(choice, "text/plain"))


def _text_field(_: QuizQuestion, presentation: Element) -> None:
    field = add(add(presentation, "response_str", ident=RESPONSE, rcardinality="Single"), "render_fib")
    add(field, "response_label", ident="answer1", rshuffle="No")


def _number_field(_: QuizQuestion, presentation: Element) -> None:
    response = add(presentation, "response_str", ident=RESPONSE, rcardinality="Single")
    add(add(response, "render_fib", fibtype="Decimal"), "response_label", ident="answer1")


def _right_choice(question: QuizQuestion, processing: Element) -> None:
    if question.correct in question.choices:
        ident = _idents(question)[question.choices.index(question.correct)]
        _scores(processing, [element("varequal", ident, respident=RESPONSE)])


def _right_choices(question: QuizQuestion, processing: Element) -> None:
    """Write which choices are right, and that the others must not be taken."""
    every = element("and")
    for ident, choice in zip(_idents(question), question.choices, strict=True):
        chosen = element("varequal", ident, respident=RESPONSE)
        every.append(chosen if choice == question.correct else element("not", None, [chosen]))
    _scores(processing, [every])


def _right_texts(question: QuizQuestion, processing: Element) -> None:
    """Write the texts of which each is right."""
    if question.choices:
        _scores(processing, [element("varequal", text, respident=RESPONSE) for text in question.choices])


def _right_number(question: QuizQuestion, processing: Element) -> None:
    if question.correct:
        bounds = [element(tag, question.correct, respident=RESPONSE) for tag in ("vargte", "varlte")]
        exact = element("varequal", question.correct, respident=RESPONSE)
        _scores(processing, [element("or", None, [exact, element("and", None, bounds)])])


def _judged_by_a_person(_: QuizQuestion, processing: Element) -> None:
    condition = add(processing, "respcondition", **{"continue": "No"})
    add(add(condition, "conditionvar"), "other")


WRITERS: Mapping[str, tuple[Callable[[QuizQuestion, Element], None], Callable[[QuizQuestion, Element], None]]] = {
    "multiple_choice_question": (_choices, _right_choice),
    "true_false_question": (_choices, _right_choice),
    "multiple_answers_question": (_choices, _right_choices),
    "short_answer_question": (_text_field, _right_texts),
    "numerical_question": (_number_field, _right_number),
    "essay_question": (_text_field, _judged_by_a_person),
}
"""By type, what writes how a question is answered, and which answers are right."""


def _scores(processing: Element, conditions: Iterable[Element]) -> None:
    """Write the condition on which a question is answered right."""
    condition = add(processing, "respcondition", **{"continue": "No"})
    add(condition, "conditionvar").extend(conditions)
    add(condition, "setvar", "100", action="Set", varname="SCORE")


def _idents(question: QuizQuestion) -> list[str]:
    return [str(FIRST_ANSWER + number) for number in range(len(question.choices))]


def _metadata(facts: Mapping[str, Scalar]) -> Element:
    fields = [
        element("qtimetadatafield", None, [element("fieldlabel", name), element("fieldentry", value)])
        for name, value in facts.items()
    ]
    return element("qtimetadata", None, fields)


def _material(text: str, kind: str) -> Element:
    return element("material", None, [element("mattext", text, texttype=kind)])

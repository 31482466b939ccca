"""Choosing from selective data: the tree of what a migration could import, and what of it somebody meant.

The tree is Canvas's own nodes, with everything below them in ``sub_items``: Canvas gives it type by type. What is
chosen are nodes of it, and what Canvas is told are their properties.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from unicodedata import normalize
from urllib.parse import parse_qs, urlsplit

from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.parameters import check_choice
from airflow_provider_canvas.api.selection import CONTENT_TYPES, COURSE_TYPES, SelectiveDataNode
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.protocol.flow import Flow

Tree = Sequence[SelectiveDataNode]

SPELLINGS: Mapping[str, str] = {
    "modules": "context_modules",
    "pages": "wiki_pages",
    "files": "attachments",
    "external_tools": "context_external_tools",
    "question_banks": "assessment_question_banks",
    "outcomes": "learning_outcomes",
}
"""What the rest of the API calls the types of selective data, where it calls them otherwise."""

GROUPS = ("assignment_groups", "folders", "learning_outcome_groups")
"""Types that only hold items of others. Whoever chooses one of these chooses what it holds."""

TYPES = (*CONTENT_TYPES, *COURSE_TYPES, *GROUPS, *SPELLINGS)
"""What can be chosen from."""

ALL = "*"

TITLES_TOLD = 15
"""How many titles a message lists of a type."""

TITLES_KEPT = 20
"""How many titles, of all types together, an XCom keeps."""

LENGTH_KEPT = 60
"""How many characters of a title an XCom keeps: some take twelve bytes there."""

Wanted = Mapping[str, Sequence[str]]
"""Type, as selective data spells it, to titles, patterns and migration ids; :data:`ALL` among them is everything."""


class NothingMatchesError(ValueError):
    """What was to be chosen is not there."""


def whole_tree(caller: Caller, ids: Mapping[str, Any]) -> Flow[list[SelectiveDataNode]]:
    """Return the selective data of a migration that is ``waiting_for_select``, with everything below each node.

    :param ids: The migration's context and ``content_migration_id``.
    """
    route, fetched = ContentMigrations.selective_data, set[str]()

    def with_children(nodes: Iterable[Any]) -> Flow[list[Any]]:
        tree = []
        for node in nodes:
            children = list(node.get("sub_items", ()))
            # The URL is not requested: outside courses it is wrong.
            kind = _type_in(node.get("sub_items_url"))
            if kind is not None and kind not in fetched:
                fetched.add(kind)
                children += yield from caller.call_json(
                    ContentMigrations.selective_data.call_with({**ids, "type": kind})
                )
            tree.append({**node, "sub_items": (yield from with_children(children))} if children else node)
        return tree

    types = yield from caller.call_json(route.call_with(ids))
    return (yield from with_children(types))


def wanted(choose: Mapping[str, Any]) -> Wanted:
    """Return what a person wrote, checked; what was left empty is left out.

    :raises ValueError: When it makes no sense, or names nothing: Canvas would take that for everything.
    """
    found: dict[str, list[str]] = {}
    for name, value in choose.items():
        check_choice("choose", name, TYPES)
        texts = _texts(name, value)
        if name in COURSE_TYPES and texts not in ([], [ALL]):
            raise ValueError(f"choose[{name!r}] is one thing, not a list: write True.")
        if texts:
            found.setdefault(SPELLINGS.get(name, name), []).extend(texts)
    if not found:
        raise ValueError("choose names nothing: write what to import, such as {'modules': ['Week 1', 'Week 2*']}.")
    return found


def _texts(name: str, value: Any) -> list[str]:
    if value is None or isinstance(value, bool):
        return [ALL] if value else []
    given = [value] if isinstance(value, str | int) else value
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        raise ValueError(f"choose[{name!r}] must be a list of titles, or True for all of them, not {value!r}.")
    texts: list[Any] = list(given)
    for text in texts:
        if not isinstance(text, str) or not text:
            raise ValueError(
                f"choose[{name!r}] holds {text!r}: write titles, patterns such as 'Week 2*', or migration ids. Canvas "
                "does not show here what has which number (a title that is one goes in quotation marks); to copy by "
                "numbers, use CanvasCourseCopyOperator with select."
            )
    return texts


def matching(tree: Tree, choice: Wanted) -> list[SelectiveDataNode]:
    """Return the nodes that were meant. A title is found as it is, and else as a pattern; capitals count.

    How accents are composed does not count: a file's name may come from a system that takes letters apart.

    :raises NothingMatchesError: When one of the texts matches nothing; it lists what there is.
    """
    found: list[SelectiveDataNode] = []
    missed: list[str] = []
    for kind, texts in choice.items():
        whole = next((node for node in tree if node["type"] == kind), None)
        there = [node for node in _walk(tree) if node["type"] == kind and node is not whole]
        for text in texts:
            if text == ALL:
                matches = there if whole is None else [whole]
            else:
                matches = [node for node in there if _named(node, text)] or [
                    node for node in there if _like(node, text)
                ]
            if not matches:
                missed.append(f"no {kind} {'at all' if text == ALL else repr(text)} (there {_listed(there)})")
            found += matches
    if missed:
        types = ", ".join(f"{node['type']} ({node['count']})" if "count" in node else node["type"] for node in tree)
        raise NothingMatchesError(f"There is {'; '.join(missed)}. What can be chosen from: {types or 'nothing'}.")
    return with_what_they_hold(found)


def with_properties(tree: Tree, properties: Iterable[str]) -> list[SelectiveDataNode]:
    """Return the nodes that have these properties.

    :raises ValueError: When they are none, or no properties of the tree.
    """
    by_property = {node["property"]: node for node in _walk(tree) if "property" in node}
    texts = [properties] if isinstance(properties, str) else list(properties)
    if not texts:
        raise ValueError(
            "choose_callable returned nothing, and Canvas would import everything: return some properties."
        )
    for text in texts:
        if text not in by_property:
            raise ValueError(
                f"choose_callable returned {text!r}, which is no property of a node: return texts such as "
                f"{next(iter(by_property), 'copy[all_assignments]')!r}."
            )
    return with_what_they_hold(by_property[text] for text in texts)


def with_what_they_hold(nodes: Iterable[SelectiveDataNode]) -> list[SelectiveDataNode]:
    """Return items with the items below them, as Canvas's own page chooses them, each once. A whole type has it all."""
    found: dict[str, SelectiveDataNode] = {}
    for node in nodes:
        for each in _walk([node]) if "migration_id" in node else (node,):
            if "property" in each:
                found.setdefault(each["property"], each)
    return list(found.values())


def summary(nodes: Iterable[SelectiveDataNode]) -> dict[str, dict[str, Any]]:
    """Return how many were chosen of each type (``count``), and what they are called (``titles``)."""
    titles: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for node in nodes:
        kind, whole = node["type"], "migration_id" not in node
        items = [one for one in _walk([node]) if one["type"] == kind and one is not node] if whole else [node]
        counts[kind] = max(counts.get(kind, 0), node.get("count", 1)) if whole else counts.get(kind, 0) + 1
        listed = titles.setdefault(kind, [])
        listed += [title for one in items or [node] if (title := one.get("title", "")) not in listed]
    return {kind: {"count": counts[kind], "titles": titles[kind]} for kind in counts}


def shortened(chosen: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return a :func:`summary` that is small enough for an XCom, under 16 kB: with the first titles of all."""
    left, found = TITLES_KEPT, {}
    for kind, said in chosen.items():
        titles = [title[:LENGTH_KEPT] for title in said["titles"][:left]]
        left -= len(titles)
        found[kind] = {"count": said["count"], "titles": titles}
    return found


def lines(tree: Tree, chosen: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what was chosen as a person reads it, a line each.

    :param chosen: The :func:`summary` of it.
    """
    heads = {node["type"]: node for node in tree}
    for kind, said in chosen.items():
        head = heads.get(kind, {})
        name = head.get("title", kind)
        if kind in COURSE_TYPES:
            yield name
            continue
        of_all = f" of {head['count']}" if "count" in head else ""
        yield f"{name}: {said['count']}{of_all}"
        yield from (f"    {title}" for title in said["titles"])
        if more := said["count"] - len(said["titles"]):
            yield f"    and {more} more"


def _walk(nodes: Iterable[Any]) -> Iterator[SelectiveDataNode]:
    for node in nodes:
        yield node
        yield from _walk(node.get("sub_items", ()))


def _type_in(sub_items_url: str | None) -> str | None:
    return next(iter(parse_qs(urlsplit(sub_items_url or "").query).get("type", ())), None)


def _names(node: SelectiveDataNode) -> tuple[str, ...]:
    """Return the title, and of files the path, too, with composed accents."""
    title, path = node.get("title", ""), node.get("path")
    names = (title,) if path is None else (title, f"{path}/{title}")
    return tuple(normalize("NFC", name) for name in names)


def _named(node: SelectiveDataNode, text: str) -> bool:
    return normalize("NFC", text) in _names(node) or text == node.get("migration_id")


def _like(node: SelectiveDataNode, pattern: str) -> bool:
    return any(fnmatchcase(name, normalize("NFC", pattern)) for name in _names(node))


def _listed(nodes: Sequence[SelectiveDataNode]) -> str:
    if not nodes:
        return "are none"
    titles = ", ".join(repr(node.get("title", "")) for node in nodes[:TITLES_TOLD])
    return f"are {titles}{f' and {len(nodes) - TITLES_TOLD} more' if len(nodes) > TITLES_TOLD else ''}"

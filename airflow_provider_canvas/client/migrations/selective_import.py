"""Selection for a selective import: the tree of importable content, and the nodes that a user selected.

The tree consists of Canvas's nodes with their children in ``sub_items``; Canvas returns it type by type. A selection
is a list of nodes, and their properties are sent to Canvas.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from unicodedata import normalize

from airflow_provider_canvas.api.content_migrations import ContentMigrations
from airflow_provider_canvas.api.errors import CanvasInputError
from airflow_provider_canvas.api.parameters import check_choice
from airflow_provider_canvas.api.selection import CONTENT_TYPES, COURSE_TYPES, SelectiveDataNode
from airflow_provider_canvas.client.caller import Caller
from airflow_provider_canvas.client.protocol.flow import Flow
from airflow_provider_canvas.security.address import query_value

Tree = Sequence[SelectiveDataNode]

SPELLINGS: Mapping[str, str] = {
    "modules": "context_modules",
    "pages": "wiki_pages",
    "files": "attachments",
    "external_tools": "context_external_tools",
    "question_banks": "assessment_question_banks",
    "outcomes": "learning_outcomes",
}
"""Names of the rest of the API for types of selective data, if they differ."""

GROUPS = ("assignment_groups", "folders", "learning_outcome_groups")
"""Types that only contain items of other types. To select one selects its items."""

TYPES = (*CONTENT_TYPES, *COURSE_TYPES, *GROUPS, *SPELLINGS)
"""The keys of ``choose``."""

ALL = "*"

MAX_TITLES_IN_MESSAGE = 15
"""Titles of a type that a message lists."""

MAX_TITLES_IN_XCOM = 20
"""Titles of all types together in an XCom."""

MAX_TITLE_LENGTH = 60
"""Characters of a title in an XCom, where some characters take twelve bytes."""

Selection = Mapping[str, Sequence[str]]
"""Titles, patterns and migration ids by the user's name of a type; :data:`ALL` stands for all items of a type."""


class NothingMatchesError(CanvasInputError):
    """A title or pattern matches no content."""


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


def parse_selection(choose: Mapping[str, Any]) -> Selection:
    """Validate ``choose`` and return it as a selection, without types that are empty.

    :raises CanvasInputError: When it is not valid, or empty: Canvas would import everything.
    """
    selection: dict[str, list[str]] = {}
    for name, value in choose.items():
        check_choice("choose", name, TYPES)
        texts = _texts(name, value)
        if name in COURSE_TYPES and texts not in ([], [ALL]):
            raise CanvasInputError(f"choose[{name!r}] is a single item, not a list: write True.")
        if texts:
            selection[name] = texts
    if not selection:
        raise CanvasInputError(
            "choose names nothing: write what to import, such as {'modules': ['Week 1', 'Week 2*']}."
        )
    return selection


def _texts(name: str, value: Any) -> list[str]:
    if value is None or isinstance(value, bool):
        return [ALL] if value else []
    values = [value] if isinstance(value, str | int) else value
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        raise CanvasInputError(f"choose[{name!r}] must be a list of titles, or True for all of them, not {value!r}.")
    texts: list[Any] = list(values)
    for text in texts:
        if not isinstance(text, str) or not text:
            raise CanvasInputError(
                f"choose[{name!r}] holds {text!r}: write titles, patterns such as 'Week 2*', or migration ids. Canvas "
                "does not show the numeric ids here (put a title that is a number in quotation marks). To copy by "
                "numeric ids, use CanvasCourseCopyOperator with select."
            )
    return texts


def find_nodes(tree: Tree, selection: Selection) -> list[SelectiveDataNode]:
    """Return the selected nodes with their descendants. A text is compared as a title first, then as a pattern.

    Comparisons are case-sensitive. Unicode normalization does not matter: the name of a file may come from a system
    that decomposes accents.

    :raises NothingMatchesError: When a text matches nothing. The message lists the available titles, and names types as
        the user does.
    """
    selected: list[SelectiveDataNode] = []
    missing: list[str] = []
    names = {kind: name for name, kind in SPELLINGS.items()} | {SPELLINGS.get(name, name): name for name in selection}
    for name, texts in selection.items():
        kind = SPELLINGS.get(name, name)
        whole = next((node for node in tree if node["type"] == kind), None)
        available = [node for node in _walk(tree) if node["type"] == kind and node is not whole]
        for text in texts:
            if text == ALL:
                matches = available if whole is None else [whole]
            else:
                matches = [node for node in available if _is_named(node, text)] or [
                    node for node in available if _is_like(node, text)
                ]
            if not matches:
                title = "" if text == ALL else f" {text!r}"
                missing.append(f"{name}{title} (available: {_list_titles(available)})")
            selected += matches
    if missing:
        types = ", ".join(_describe(node, names) for node in tree)
        raise NothingMatchesError(f"No match for {'; '.join(missing)}. Available types: {types or 'none'}.")
    return with_descendants(selected)


def _describe(node: SelectiveDataNode, names: Mapping[str, str]) -> str:
    name = names.get(node["type"], node["type"])
    return f"{name} ({node['count']})" if "count" in node else name


def nodes_with_properties(tree: Tree, properties: Iterable[str]) -> list[SelectiveDataNode]:
    """Return the nodes with these properties, and their descendants.

    :raises CanvasInputError: When there are no properties, or one is not in the tree.
    """
    by_property = {node["property"]: node for node in _walk(tree) if "property" in node}
    texts = [properties] if isinstance(properties, str) else list(properties)
    if not texts:
        raise CanvasInputError(
            "choose_callable returned nothing, and Canvas would import everything: return some properties."
        )
    for text in texts:
        if text not in by_property:
            raise CanvasInputError(
                f"choose_callable returned {text!r}, which is not a property of a node: return texts such as "
                f"{next(iter(by_property), 'copy[all_assignments]')!r}."
            )
    return with_descendants(by_property[text] for text in texts)


def with_descendants(nodes: Iterable[SelectiveDataNode]) -> list[SelectiveDataNode]:
    """Return items with their descendants, each once, as Canvas's own page selects them. A whole type needs none."""
    found: dict[str, SelectiveDataNode] = {}
    for node in nodes:
        for each in _walk([node]) if "migration_id" in node else (node,):
            if "property" in each:
                found.setdefault(each["property"], each)
    return list(found.values())


def summarize(nodes: Iterable[SelectiveDataNode]) -> dict[str, dict[str, Any]]:
    """Return the number (``count``) and the ``titles`` of the selected items by type."""
    titles: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for node in nodes:
        kind, whole = node["type"], "migration_id" not in node
        items = [one for one in _walk([node]) if one["type"] == kind and one is not node] if whole else [node]
        counts[kind] = max(counts.get(kind, 0), node.get("count", 1)) if whole else counts.get(kind, 0) + 1
        listed = titles.setdefault(kind, [])
        listed += [title for one in items or [node] if (title := one.get("title", "")) not in listed]
    return {kind: {"count": counts[kind], "titles": titles[kind]} for kind in counts}


def shorten_summary(summary: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return a summary that is small enough for an XCom (under 16 kB): with all counts and the first titles."""
    remaining, short = MAX_TITLES_IN_XCOM, {}
    for kind, selected in summary.items():
        titles = [title[:MAX_TITLE_LENGTH] for title in selected["titles"][:remaining]]
        remaining -= len(titles)
        short[kind] = {"count": selected["count"], "titles": titles}
    return short


def format_summary(tree: Tree, summary: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a summary as lines for the log.

    :param tree: The tree, for titles and totals.
    :param summary: The result of :func:`summarize`.
    """
    heads = {node["type"]: node for node in tree}
    for kind, selected in summary.items():
        head = heads.get(kind, {})
        name = head.get("title", kind)
        if kind in COURSE_TYPES:
            yield name
            continue
        of_all = f" of {head['count']}" if "count" in head else ""
        yield f"{name}: {selected['count']}{of_all}"
        yield from (f"    {title}" for title in selected["titles"])
        if more := selected["count"] - len(selected["titles"]):
            yield f"    and {more} more"


def _walk(nodes: Iterable[Any]) -> Iterator[SelectiveDataNode]:
    for node in nodes:
        yield node
        yield from _walk(node.get("sub_items", ()))


def _type_in(sub_items_url: str | None) -> str | None:
    return query_value(sub_items_url or "", "type")


def _names(node: SelectiveDataNode) -> tuple[str, ...]:
    """Return the title, for files also the path with the title, with composed accents."""
    title, path = node.get("title", ""), node.get("path")
    names = (title,) if path is None else (title, f"{path}/{title}")
    return tuple(normalize("NFC", name) for name in names)


def _is_named(node: SelectiveDataNode, text: str) -> bool:
    return normalize("NFC", text) in _names(node) or text == node.get("migration_id")


def _is_like(node: SelectiveDataNode, pattern: str) -> bool:
    return any(fnmatchcase(name, normalize("NFC", pattern)) for name in _names(node))


def _list_titles(nodes: Sequence[SelectiveDataNode]) -> str:
    if not nodes:
        return "none"
    titles = ", ".join(repr(node.get("title", "")) for node in nodes[:MAX_TITLES_IN_MESSAGE])
    more = len(nodes) - MAX_TITLES_IN_MESSAGE
    return f"{titles}{f' and {more} more' if more > 0 else ''}"

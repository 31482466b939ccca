"""Checks of links that lead to the destination itself: the right target, which exists and is published."""

from __future__ import annotations

from dataclasses import replace

from airflow_provider_canvas.reconciliation.links.finding import Finding
from airflow_provider_canvas.reconciliation.links.migration_keys import is_key
from airflow_provider_canvas.reconciliation.links.reference import Reference
from airflow_provider_canvas.reconciliation.links.stale_link import Problem
from airflow_provider_canvas.reconciliation.links.translation import Translation, Translator, restored, word_of

_LOOKUPS = ("resource_link_lookup_uuid=", "resource_link_lookup_id=")
_NAMED = ("pages", "file_paths")
"""Listings whose assets a link names by a slug or path: that of the source's asset, after a copy."""
_NEVER_MISSING = ("external_tools",)
"""Listings that do not have all assets that a link may lead to: a tool may be one of the account."""


def check_source_id(reference: Reference, original: Reference | None, translator: Translator) -> Finding | None:
    """Find an id of the source in a place of a link in which Canvas leaves it: query, fragment, or a tool.

    :param reference: A link to the destination.
    :param original: The link in the source's text at the same place; None if it is not known.
    :param translator: Finds the copies of the source's assets.
    """
    listing, target = reference.listing, translator.local_id(reference.target) or ""
    is_left = reference.is_in_fragment or reference.is_in_query or listing == "external_tools"
    if listing and is_left and translator.is_of_source(listing, target):
        return from_source_id(reference, original, translator)
    if (name := translator.stale_parameter(reference)) and not _is_missing(reference, translator):
        query, unknown = translator.query(reference, original)
        right = Translation(
            None if unknown else replace(reference, query=query), None, _target_id(reference, translator)
        )
        right = replace(right, reason=f"the course has no copy of its {unknown}" if unknown else "")
        return Finding.of(Problem.SOURCE_ID, right, f"Its parameter '{name}' is an id of the source", reference)
    return None


def from_source_id(reference: Reference, original: Reference | None, translator: Translator) -> Finding:
    """Return the finding about a link whose id is the source's.

    :param reference: The link.
    :param original: The link in the source's text at the same place; None if it is not known.
    :param translator: Finds the copies of the source's assets.
    """
    translation = translator.translate(reference, original)
    word = word_of(reference.listing or "")
    return Finding.of(
        Problem.SOURCE_ID, translation, f"Its id, {reference.target}, is that of the source's {word}", reference
    )


def check_target(reference: Reference, original: Reference | None, translator: Translator) -> Finding | None:
    """Check the target of a link to the destination.

    :param reference: The link.
    :param original: The link in the source's text at the same place; None if it is not known.
    :param translator: Finds the copies of the source's assets.
    """
    if found := _check_page_of_same_name(reference, original, translator):
        return found
    if _is_missing(reference, translator):
        return _missing(reference, translator)
    target_id = _target_id(reference, translator)
    if original is not None and is_copy_of(reference, original, translator):
        right = restored(reference, original)
        if right != reference:
            lost = f"#{right.fragment}" if right.fragment != reference.fragment else right.after
            return Finding(
                Problem.LOST_ANCHOR,
                right.url,
                dest_id=target_id,
                detail=f"The source's link ends with '{lost}', which Canvas lost in the copy. Add it again.",
            )
    if target_id and reference.listing and translator.destination.is_unpublished(reference.listing, target_id):
        title = translator.destination.title(reference.listing, target_id)
        word = word_of(reference.listing)
        return Finding(
            Problem.TARGET_UNPUBLISHED,
            dest_id=target_id,
            detail=f"It leads to the {word} '{title}', which is not published. Publish it, or remove the link.",
        )
    return None


def is_copy_of(reference: Reference, original: Reference, translator: Translator) -> bool:
    """Return whether a link to the destination has the target that the mapping gives to the source's link.

    :param reference: The link.
    :param original: The link in the source's text.
    :param translator: Finds the copies of the source's assets.
    """
    if original.listing != reference.listing or translator.local_id(original.course_id) != translator.source.course_id:
        return False
    if reference.listing is None:
        return original.before.rstrip("/") == reference.before.rstrip("/")
    dest_id = translator.translate(original).dest_id
    return dest_id is not None and dest_id == _target_id(reference, translator)


def _check_page_of_same_name(
    reference: Reference, original: Reference | None, translator: Translator
) -> Finding | None:
    """Find a link to a page of the destination's own, whose slug the copied page would have had, but for a number."""
    if reference.listing != "pages" or original is None or original.listing != "pages":
        return None
    if translator.local_id(original.course_id) != translator.source.course_id:
        return None
    source_id = translator.source.page_id(original.target or "")
    linked_id = translator.destination.page_id(reference.target or "")
    if source_id is None or linked_id is None or reference.target != translator.source.slug(source_id):
        return None
    copy_id, slug = translator.slug_of_copy(source_id)
    if copy_id is None or slug is None or copy_id == linked_id:
        return None
    right = restored(reference.with_target(reference.course_id, slug), original)
    return Finding(
        Problem.WRONG_PAGE,
        right.url,
        source_id,
        copy_id,
        f"It leads to the course's own page '{reference.target}'. The page that was copied is '{slug}'. Lead it there.",
    )


def _target_id(reference: Reference, translator: Translator) -> str | None:
    """Return the id of the destination's asset to which a link leads; None if it has none."""
    match reference.listing:
        case None | "folders":
            return None
        case "pages":
            return translator.destination.page_id(reference.target or "")
        case "file_paths":
            return translator.destination.file_at(reference.target or "")
        case listing:
            asset_id = translator.local_id(reference.target) or ""
            return asset_id if translator.destination.has(listing, asset_id) else None


def _is_missing(reference: Reference, translator: Translator) -> bool:
    """Return whether a link leads to something that the destination certainly does not have."""
    course = translator.destination
    match reference.listing:
        case None:
            return _is_tool_link_missing(reference, translator)
        case "folders":
            return bool(course.records("folders")) and not course.has_folder(reference.target or "")
        case "pages":
            return course.records("pages") is not None and course.page_id(reference.target or "") is None
        case "file_paths":
            return course.has_paths() and course.file_at(reference.target or "") is None
        case listing:
            return (
                listing not in _NEVER_MISSING
                and course.has(listing, translator.local_id(reference.target) or "") is False
            )


def _is_tool_link_missing(reference: Reference, translator: Translator) -> bool:
    """Return whether a link names an LTI resource link that the destination does not have."""
    links = translator.destination.records("lti_resource_links")
    pieces = (reference.query or "").split("&")
    names = [piece.partition("=")[2] for piece in pieces if piece.startswith(_LOOKUPS)]
    known = {link.get("lookup_uuid") for link in links.values()} if links is not None else set()
    return reference.kind == "external_tool" and links is not None and any(name not in known for name in names)


def _missing(reference: Reference, translator: Translator) -> Finding:
    """Return the finding about a link to something missing; by its slug or path, the source may know what is meant."""
    detail = f"The course has no {reference.kind.replace('_', ' ')} '{reference.target or 'that it names'}'"
    is_named = reference.listing in _NAMED or is_key(reference.target or "")
    translation = translator.translate(reference) if is_named else Translation()
    if translation.right is not None:
        url = translation.right.url
        detail += ", but a copy of the source's, under another name. Lead the link there."
        return Finding(Problem.TARGET_MISSING, url, translation.source_id, translation.dest_id, detail)
    detail += ". Copy or restore it, or remove the link."
    return Finding(Problem.TARGET_MISSING, None, translation.source_id, translation.dest_id, detail)

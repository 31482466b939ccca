"""The ``canvas://`` scheme: a course by the host of its Canvas and its number, a batch of copies by its name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, quote

from airflow_provider_canvas.api.errors import CanvasInputError

if TYPE_CHECKING:
    from airflow.providers.common.compat.openlineage.facet import Dataset
    from airflow.providers.common.compat.sdk import Context
    from airflow.sdk import Asset

_PATH = re.compile(r"/courses/[1-9][0-9]*(~[1-9][0-9]*)?|/batches/[^/]+")


def canvas_namespace(host: str) -> str:
    """Return the part of the URIs that stands for a Canvas, such as ``canvas://school.instructure.com``.

    :param host: The host of Canvas, with the port if it is not 443.
    """
    return f"canvas://{host.lower().removesuffix(':443')}"


def course_uri(host: str, course_id: int | str) -> str:
    """Return the URI of a course.

    :param host: The host of Canvas, with the port if it is not 443.
    :param course_id: The course's number.
    """
    return f"{canvas_namespace(host)}/courses/{course_id}"


def batch_uri(host: str, batch: str) -> str:
    """Return the URI of a batch of course copies.

    :param host: The host of Canvas, with the port if it is not 443.
    :param batch: The name of the batch.
    """
    return f"{canvas_namespace(host)}/batches/{quote(batch, safe='')}"


def sanitize_uri(uri: SplitResult) -> SplitResult:
    """Return the URI in its normal form, in which URIs are compared.

    :param uri: The URI.
    :raises CanvasInputError: When it names neither a course nor a batch.
    """
    if not uri.netloc or not _PATH.fullmatch(uri.path.rstrip("/")):
        raise CanvasInputError(
            f"{uri.geturl()!r} does not name a course: "
            "write canvas://school.instructure.com/courses/42, with the course's number; "
            "or canvas://school.instructure.com/batches/fall-2026 for a batch of copies."
        )
    return uri._replace(netloc=uri.netloc.lower().removesuffix(":443"), path=uri.path.rstrip("/"))


def create_asset(*, host: str, course_id: int | str, extra: dict[str, Any] | None = None) -> Asset:
    """Return the asset of a course.

    :param host: The host of Canvas, with the port if it is not 443.
    :param course_id: The course's number.
    :param extra: Additional data of the asset.
    """
    from airflow.providers.common.compat.sdk import Asset

    return Asset(uri=course_uri(host, course_id), extra=extra)


def convert_asset_to_openlineage(asset: Asset, lineage_context: Any) -> Dataset:  # noqa: ARG001  # Airflow's signature
    """Return the dataset of OpenLineage for an asset, for the inlets and outlets of any task.

    :param asset: The asset.
    :param lineage_context: The hook that reported the asset, if one did.
    """
    from airflow.providers.common.compat.openlineage.facet import Dataset

    host, _, name = asset.uri.removeprefix("canvas://").partition("/")  # Airflow normalized it by sanitize_uri()
    return Dataset(namespace=canvas_namespace(host), name=name)


def announce(context: Context, outlets: Iterable[Any], uri: str, extra: Mapping[str, Any]) -> None:
    """Record an event of an asset for each outlet that is this asset, or an alias.

    For a deferred task, Airflow sends only the events that it records after it is resumed.

    :param context: The task's context.
    :param outlets: The task's outlets.
    :param uri: The URI of the asset.
    :param extra: The data of the event, as JSON types.
    """
    from airflow.providers.common.compat.sdk import Asset, AssetAlias

    for outlet in outlets:
        if isinstance(outlet, AssetAlias):
            context["outlet_events"][outlet].add(Asset(uri), extra=dict(extra))
        elif isinstance(outlet, Asset) and outlet.uri == uri:
            context["outlet_events"][outlet].extra = dict(extra)

"""From the lineage of a task to what Airflow's OpenLineage provider takes.

That provider is optional. Only its listener calls what is here, so without it nothing of this is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any

import attrs

from airflow_provider_canvas.lineage.datasets import MAX_NAME, LineageDataset, clean
from airflow_provider_canvas.lineage.run_facets import RunFacet
from airflow_provider_canvas.lineage.task_lineage import TaskLineage

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage


def operator_lineage(lineage: TaskLineage) -> OperatorLineage[Any, Any] | None:
    """Return the lineage of a task for the listener; ``None`` without the OpenLineage provider.

    :param lineage: The lineage of the task.
    """
    try:
        from airflow.providers.common.compat.openlineage import facet
        from airflow.providers.openlineage.extractors import OperatorLineage
    except ImportError:
        return None
    return OperatorLineage(
        inputs=[facet.InputDataset(*_identity(each), facets=_dataset_facets(each)) for each in lineage.inputs],
        outputs=[
            facet.OutputDataset(*_identity(each), facets=_dataset_facets(each), outputFacets=_output_facets(each))
            for each in lineage.outputs
        ],
        run_facets={each.KEY: _run_facet(each) for each in lineage.facets},
    )


def _identity(dataset: LineageDataset) -> tuple[str, str]:
    """Return the namespace and the name of a dataset, without secrets."""
    return clean(dataset.namespace), clean(dataset.name, MAX_NAME)


def _dataset_facets(dataset: LineageDataset) -> dict[str, Any]:
    from airflow.providers.common.compat.openlineage import facet

    facets: dict[str, Any] = {}
    if dataset.title:
        facets["documentation"] = facet.DocumentationDatasetFacet(description=clean(dataset.title))
    if dataset.alias:
        identifier = facet.Identifier(namespace=clean(dataset.namespace), name=clean(dataset.alias), type="COURSE")
        facets["symlinks"] = facet.SymlinksDatasetFacet(identifiers=[identifier])
    if dataset.columns:
        columns = [
            facet.SchemaDatasetFacetFields(name=each.name, type=each.type, description=each.description)
            for each in dataset.columns
        ]
        facets["schema"] = facet.SchemaDatasetFacet(fields=columns)
    if dataset.change:
        change = facet.LifecycleStateChange[dataset.change]
        facets["lifecycleStateChange"] = facet.LifecycleStateChangeDatasetFacet(lifecycleStateChange=change)
    if dataset.copied_from and (from_source := _lineage_facet(dataset.copied_from)) is not None:
        facets["lineage"] = from_source
    return facets


def _lineage_facet(source: LineageDataset) -> Any:
    """Return the facet that tells from which dataset another was copied; ``None`` if the client is too old for it."""
    try:
        from openlineage.client.generated.lineage import LineageDatasetFacet, LineageDatasetInput
    except ImportError:
        return None
    return LineageDatasetFacet(inputs=[LineageDatasetInput(*_identity(source), type="DATASET")])


def _output_facets(dataset: LineageDataset) -> dict[str, Any]:
    from airflow.providers.common.compat.openlineage import facet

    if dataset.rows is None and dataset.size is None:
        return {}
    return {"outputStatistics": facet.OutputStatisticsOutputDatasetFacet(rowCount=dataset.rows, size=dataset.size)}


def _run_facet(facet: RunFacet) -> Any:
    attributes = {each.name: _clean_value(getattr(facet, each.name)) for each in fields(facet)}
    return _attrs_class(facet.class_name(), facet.schema_url(), tuple(attributes))(**attributes)


def _clean_value(value: Any) -> Any:
    """Return a field of a facet without secrets."""
    if isinstance(value, str):
        return clean(value, MAX_NAME)
    return {clean(str(key)): count for key, count in value.items()} if isinstance(value, Mapping) else value


@cache
def _attrs_class(name: str, schema_url: str, attributes: tuple[str, ...]) -> type[Any]:
    """Return a facet as a class of OpenLineage's client, which adds the address of its schema."""
    from airflow.providers.common.compat.openlineage.facet import RunFacet as ClientFacet

    base = type("CanvasFacet", (ClientFacet,), {"_get_schema": staticmethod(lambda: schema_url)})
    return attrs.make_class(name, {each: attrs.field(kw_only=True) for each in attributes}, bases=(base,))

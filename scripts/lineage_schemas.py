"""Write the JSON schemas of the run facets, from their definitions."""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from airflow_provider_canvas import lineage
from airflow_provider_canvas.lineage.run_facets import FACETS, SCHEMAS, RunFacet

FOLDER = Path(lineage.__file__).parent / "schemas" / "openlineage" / SCHEMAS.rpartition("/")[2]
RUN_FACET = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunFacet"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schemas() -> dict[Path, str]:
    """Return the text of each schema, by file."""
    return {
        FOLDER / f"{facet.class_name()}.json": f"{json.dumps(schema_of(facet), indent=2, ensure_ascii=False)}\n"
        for facet in FACETS
    }


def schema_of(facet: type[RunFacet]) -> dict[str, Any]:
    """Return the JSON schema of a facet.

    :param facet: The facet.
    """
    name, hints, meanings = facet.class_name(), get_type_hints(facet), _meanings(facet)
    own = {
        "type": "object",
        "description": (inspect.getdoc(facet) or "").partition("\n")[0],
        "properties": {
            each.name: {"description": meanings[each.name], **_type_of(hints[each.name])} for each in fields(facet)
        },
        "required": [each.name for each in fields(facet) if each.default is MISSING],
    }
    return {
        "$schema": DIALECT,
        "$id": f"{SCHEMAS}/{name}.json",
        "$defs": {name: {"allOf": [{"$ref": RUN_FACET}, own]}},
        "type": "object",
        "properties": {facet.KEY: {"$ref": f"#/$defs/{name}"}},
    }


def _meanings(facet: type[RunFacet]) -> dict[str, str]:
    """Return the meaning of each field, from the docstring."""
    found = re.findall(r":param (\w+): (.*?)(?=\n:|\Z)", inspect.getdoc(facet) or "", re.DOTALL)
    return {name: " ".join(text.replace("``", "").split()) for name, text in found}


def _type_of(hint: Any) -> dict[str, Any]:
    if get_origin(hint) is Mapping:
        return {"type": "object", "additionalProperties": _type_of(get_args(hint)[1])}
    if get_origin(hint) in (Union, types.UnionType):
        parts = [_type_of(part) for part in get_args(hint) if part is not types.NoneType]
        return parts[0] if len(parts) == 1 else {"type": [part["type"] for part in parts]}
    return {"type": _TYPES[hint]}


def main() -> None:
    """Write all schemas."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in schemas().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

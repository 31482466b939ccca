"""The description of this package that Airflow reads before it loads any other module.

Nothing is imported here: Airflow calls :func:`get_provider_info` in every process, before its configuration is ready.
"""

from __future__ import annotations

from typing import Any

UI_FIELD_BEHAVIOUR: dict[str, Any] = {
    "hidden-fields": ["schema", "login"],
    "relabeling": {"host": "Base URL", "password": "Access token"},
    "placeholders": {
        "host": "https://school.instructure.com",
        "password": "7~...; empty with a refresh token",
        "port": "443",
    },
}
"""The port is shown because the *Test* button of Airflow 3.3.1 and 3.3.2 rejects stored connections without one."""

CONN_FIELDS: dict[str, dict[str, Any]] = {
    "client_id": {
        "label": "Developer key",
        "description": "Number of a developer key. With its secret and a refresh token, it replaces the access token.",
        "schema": {"type": ["string", "null"]},
    },
    "client_secret": {
        "label": "Developer key's secret",
        "description": "The key that Canvas shows for the developer key.",
        "schema": {"type": ["string", "null"], "format": "password"},
    },
    "refresh_token": {
        "label": "Refresh token",
        "description": "The token that Canvas issued when the user authorized the developer key.",
        "schema": {"type": ["string", "null"], "format": "password"},
    },
    "per_page": {
        "label": "Page size",
        "description": "Items per page of a listing, 1 to 100; 100 by default.",
        "schema": {"type": ["integer", "null"], "minimum": 1, "maximum": 100},
    },
    "connect_timeout": {
        "label": "Connect timeout",
        "description": "Seconds to wait for a connection, 0.1 to 300; 10 by default.",
        "schema": {"type": ["number", "null"], "minimum": 0.1, "maximum": 300},
    },
    "read_timeout": {
        "label": "Read timeout",
        "description": "Seconds to wait for a response, 1 to 3600; 60 by default.",
        "schema": {"type": ["number", "null"], "minimum": 1, "maximum": 3600},
    },
    "total_timeout": {
        "label": "Total timeout",
        "description": "Seconds for a whole request and its response, beside files, 1 to 7200; by default twice the "
        "read timeout.",
        "schema": {"type": ["number", "null"], "minimum": 1, "maximum": 7200},
    },
    "max_response_mib": {
        "label": "Largest response",
        "description": "MiB of a response that is kept in memory, received and unpacked, 1 to 1024; 32 by default.",
        "schema": {"type": ["number", "null"], "minimum": 1, "maximum": 1024},
    },
    "retry_for": {
        "label": "Retry for",
        "description": "Seconds for which a failed request is retried, if it can be, 0 to 3600; 120 by default.",
        "schema": {"type": ["number", "null"], "minimum": 0, "maximum": 3600},
    },
    "as_user_id": {
        "label": "Act as user",
        "description": "A user's number, or sis_user_id:...; the token's user needs the permission to act as them.",
        "schema": {"type": ["string", "null"]},
    },
    "ca_bundle": {
        "label": "CA bundle",
        "description": "File with the certificates to trust instead of the system's, on the workers and the triggerer.",
        "schema": {"type": ["string", "null"]},
    },
    "allow_http": {
        "label": "Allow http",
        "description": "Send the token without encryption to a host that is not this machine; off by default.",
        "schema": {"type": ["boolean", "null"], "default": False},
    },
    "graphql": {
        "label": "GraphQL",
        "description": "auto (the default): poll up to 20 jobs with one request where Canvas allows it; off: never.",
        "schema": {"type": ["string", "null"], "enum": ["auto", "off"]},
    },
}

CONFIG_OPTIONS: dict[str, dict[str, Any]] = {
    "poll_interval": {
        "description": "Seconds between two polls of a young job, for tasks without ``poll_interval`` and sensors "
        "without ``poke_interval``; from 1 to 3600. An older job is polled less often.\n",
        "version_added": "0.1.0",
        "type": "float",
        "example": "30",
        "default": "15",
    },
    "timeout": {
        "description": "Seconds after which a task without ``timeout`` gives up the job that it waits for; from 60 to "
        "31536000 (a year). Tasks that copy a whole batch have ``batch_timeout``.\n",
        "version_added": "0.1.0",
        "type": "float",
        "example": "14400",
        "default": "7200",
    },
    "batch_timeout": {
        "description": "Seconds after which a task that copies a batch, and has no ``timeout``, submits no more and "
        "fails; from 60 to 31536000 (a year).\n",
        "version_added": "0.1.0",
        "type": "float",
        "example": "172800",
        "default": "604800",
    },
    "max_in_flight": {
        "description": "How many copies of a batch are outstanding in Canvas at most, for tasks without "
        "``max_in_flight``; from 1 to 10000.\n",
        "version_added": "0.1.0",
        "type": "integer",
        "example": "50",
        "default": "200",
    },
    "per_page": {
        "description": "Items per page of a listing, for connections without ``per_page``; from 1 to 100.\n",
        "version_added": "0.1.0",
        "type": "integer",
        "example": "50",
        "default": "100",
    },
    "connect_timeout": {
        "description": "Seconds to wait for a connection to Canvas, for connections without ``connect_timeout``; from "
        "0.1 to 300.\n",
        "version_added": "0.1.0",
        "type": "float",
        "example": "5",
        "default": "10",
    },
    "read_timeout": {
        "description": "Seconds to wait for a response of Canvas, or for its next bytes, for connections without "
        "``read_timeout``; from 1 to 3600.\n",
        "version_added": "0.1.0",
        "type": "float",
        "example": "120",
        "default": "60",
    },
    "total_timeout": {
        "description": "Seconds for a whole request and its response, beside files, for connections without "
        "``total_timeout``; from 1 to 7200. By default twice the read timeout.\n",
        "version_added": "0.1.0",
        "type": "float",
        "example": "300",
        "default": None,
    },
    "max_response_mib": {
        "description": "The largest response that is kept in memory, in MiB, for connections without "
        "``max_response_mib``; from 1 to 1024.\n",
        "version_added": "0.1.0",
        "type": "float",
        "example": "64",
        "default": "32",
    },
    "retry_for": {
        "description": "Seconds for which a failed request is retried, if it can be, for connections without "
        "``retry_for``; from 0 (never) to 3600.\n",
        "version_added": "0.1.0",
        "type": "float",
        "example": "300",
        "default": "120",
    },
    "user_agent_suffix": {
        "description": "Text behind ``airflow-provider-canvas/<version>`` in the header ``User-Agent`` of each request "
        "to Canvas, so that its administrators can tell who sent it; at most 200 characters of ASCII.\n",
        "version_added": "0.1.0",
        "type": "string",
        "example": "(registrar; canvas-team@school.example)",
        "default": "",
    },
}
"""The options of the section ``[canvas]`` of Airflow's configuration."""

_DOCS = "https://developerdocs.instructure.com/services/canvas"


def get_provider_info() -> dict[str, Any]:
    """Return the provider's description, in the form of Airflow's ``provider_info.schema.json``."""
    canvas_assets = [
        {
            "schemes": ["canvas"],
            "handler": "airflow_provider_canvas.assets.canvas.sanitize_uri",
            "factory": "airflow_provider_canvas.assets.canvas.create_asset",
            "to_openlineage_converter": "airflow_provider_canvas.assets.canvas.convert_asset_to_openlineage",
        }
    ]
    return {
        "package-name": "airflow-provider-canvas",
        "name": "Canvas LMS",
        "description": "Course copies, imports, exports, and the reconciliation of what arrived, in the Canvas LMS.",
        "integrations": [{"integration-name": "Canvas LMS", "external-doc-url": _DOCS, "tags": ["service"]}],
        "connection-types": [
            {
                "connection-type": "canvas",
                "hook-class-name": "airflow_provider_canvas.hooks.canvas.CanvasHook",
                "hook-name": "Canvas LMS",
                "ui-field-behaviour": UI_FIELD_BEHAVIOUR,
                "conn-fields": CONN_FIELDS,
            }
        ],
        "hooks": [_modules("hooks.canvas", "hooks.canvas_async")],
        "operators": [
            _modules(
                "operators.api",
                "operators.batch_update_courses",
                "operators.bulk_course_copy",
                "operators.content_export",
                "operators.content_migration",
                "operators.course_copy",
                "operators.create_course",
                "operators.delete_course",
                "operators.find_copies",
                "operators.import_package",
                "operators.legacy_course_copy",
                "operators.migration_issues",
                "operators.plan_course_copies",
                "operators.reconcile",
                "operators.reconcile_batch",
                "operators.repair_links",
                "operators.reset_course",
                "operators.selective_import",
                "operators.update_course",
            )
        ],
        "sensors": [
            _modules(
                "sensors.content_export",
                "sensors.content_migration",
                "sensors.legacy_course_copy",
                "sensors.progress",
            )
        ],
        "transfers": [
            {
                "source-integration-name": "Canvas LMS",
                "target-integration-name": "Common IO",
                "python-module": "airflow_provider_canvas.transfers.export_to_object_storage",
            }
        ],
        "notifications": ["airflow_provider_canvas.notifications.result.CanvasResultNotifier"],
        "triggers": [_modules("triggers.bulk", "triggers.job")],
        "extra-links": [
            "airflow_provider_canvas.links.course_imports.CanvasCourseImportsLink",
            "airflow_provider_canvas.links.page.CanvasPageLink",
        ],
        "config": {
            "canvas": {
                "description": "Defaults of all tasks and connections of the type canvas. A parameter of a task, or a "
                "field of a connection, comes first.",
                "options": CONFIG_OPTIONS,
            }
        },
        "asset-uris": canvas_assets,
        "dataset-uris": canvas_assets,
    }


def _modules(*names: str) -> dict[str, Any]:
    return {
        "integration-name": "Canvas LMS",
        "python-modules": [f"airflow_provider_canvas.{name}" for name in names],
    }

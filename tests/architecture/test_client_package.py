"""The public names of the client package, and imports of private names."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_provider_canvas import client
from airflow_provider_canvas.client import errors

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "airflow_provider_canvas").rglob("*.py"))


def modules_after(code: str) -> set[str]:
    """Return the modules that are loaded after ``code`` ran in a fresh interpreter."""
    script = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_client_loads_no_http_library() -> None:
    """``import airflow_provider_canvas.client`` loads neither requests nor aiohttp, nor any module of the client."""
    modules = modules_after("import airflow_provider_canvas.client")
    assert not modules & {"requests", "urllib3", "aiohttp"}
    assert {name for name in modules if name.startswith("airflow_provider_canvas.")} == {
        "airflow_provider_canvas.client"
    }


@pytest.mark.parametrize(
    ("name", "loaded", "not_loaded"),
    [("CanvasClient", "requests", "aiohttp"), ("AsyncCanvasClient", "aiohttp", "requests")],
)
def test_a_client_loads_its_own_http_library_only(name: str, loaded: str, not_loaded: str) -> None:
    """``from airflow_provider_canvas.client import CanvasClient`` loads requests and not aiohttp, and vice versa."""
    modules = modules_after(f"from airflow_provider_canvas.client import {name}")
    assert loaded in modules
    assert not_loaded not in modules


def test_all_public_names_exist() -> None:
    """Each name in ``__all__`` can be imported, is listed once, and is in ``dir()``."""
    assert [getattr(client, name).__name__ for name in client.__all__] == client.__all__
    assert len(set(client.__all__)) == len(client.__all__)
    assert set(client.__all__) <= set(dir(client))


def test_all_errors_are_public() -> None:
    """Every error class of the client can be imported from the package."""
    classes = {name for name, value in vars(errors).items() if isinstance(value, type) and name.startswith("Canvas")}
    assert classes <= set(client.__all__)


def test_type_checkers_see_all_public_names() -> None:
    """The imports under ``TYPE_CHECKING`` are those of ``__all__``."""
    tree = ast.parse(Path(client.__file__ or "").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    assert ast.unparse(guarded.test) == "TYPE_CHECKING"
    imported = [alias.name for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(imported) == sorted(client.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """The error names the package and the unknown name."""
    with pytest.raises(AttributeError, match=r"airflow_provider_canvas\.client.*'BlockingClient'"):
        client.BlockingClient  # type: ignore[attr-defined]  # noqa: B018


def private_imports(path: Path) -> Iterator[str]:
    """Yield the imports of private modules and private names in a file, of this provider or of any other package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if any(part.startswith("_") and not part.startswith("__") for part in name.split(".")):
                yield f"line {node.lineno}: {name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "airflow_provider_canvas")))
def test_no_private_name_is_imported(path: Path) -> None:
    """No module imports a private module, or a name with a leading underscore from another module."""
    assert list(private_imports(path)) == []

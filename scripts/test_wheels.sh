#!/usr/bin/env bash
# Build the wheels of both distributions and test them, where the packages of the checkout cannot be imported:
#
# - With the locked packages of .venv, the tests of what a wheel may lack that a checkout has: the templates, styles and
#   scripts of pages and reports, the provider's description, the entry points, and the examples as users copy them.
# - New environments without the lock, with the newest packages that Airflow 3.3.2 and 2.11.2 accept: every module is
#   imported, Airflow lists the provider, and a DAG copies a course on the emulator. With Airflow 3, the repository of
#   docs/testing.md is written into a folder and tested as the page says.
#
# VERSIONS="3.3.2" tests on other Airflows, and VERSIONS=none on the locked packages only.
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
python=$repository/.venv/bin/python
versions=${VERSIONS:-3.3.2 2.11.2} # make exports an empty VERSIONS
[[ $versions == none ]] && versions=""
unset PYTHONPATH # it may name the checkout
parallel=(-n 4 ${CI:+--randomly-seed=1 --reruns 1 -raR})

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo "Building the wheels"
"$python" -m build --wheel --no-isolation --outdir "$folder/dist" . >"$folder/build.log" 2>&1 || { cat "$folder/build.log"; exit 1; }
"$python" -m build --wheel --no-isolation --outdir "$folder/dist" emulator >"$folder/build.log" 2>&1 || { cat "$folder/build.log"; exit 1; }
provider=$(echo "$folder"/dist/airflow_provider_canvas-*.whl)
emulator=$(echo "$folder"/dist/canvas_emulator-*.whl)
if "$python" -m zipfile -l "$provider" | grep canvas_emulator; then
    echo "The provider's wheel contains the emulator." >&2
    exit 1
fi

# A checkout without the packages: its tests can only import what is installed.
checkout=$folder/checkout
mkdir -p "$checkout/emulator"
cp -r tests scripts docs dags_examples requirements pyproject.toml Makefile ./*.md "$checkout"
cp -r emulator/tests emulator/pyproject.toml emulator/*.md "$checkout/emulator"

# check_origin PYTHON FOLDER: fails unless both packages are imported from a folder.
check_origin() {
    (cd "$checkout" && "$1" -c '
import sys, airflow_provider_canvas, canvas_emulator
for package in (airflow_provider_canvas, canvas_emulator):
    assert package.__file__.startswith(sys.argv[1]), f"{package.__name__} is imported from {package.__file__}"
' "$2")
}

echo "Testing the wheels with the locked packages"
site=$folder/site
for wheel in "$provider" "$emulator"; do
    "$python" -m zipfile -e "$wheel" "$site"
done
export PYTHONPATH=$site
check_origin "$python" "$site"
(cd "$checkout" && "$python" -m pytest -q "${parallel[@]}" tests/html tests/reconciliation tests/rollover \
    tests/tasks/test_*example*.py tests/tasks/test_*page.py tests/tasks/test_*report.py tests/tasks/test_connection.py \
    tests/tasks/test_course_copy.py tests/tasks/test_dag_test.py tests/tasks/test_hook.py \
    tests/tasks/test_provider_info.py tests/tasks/test_reconcile.py tests/tasks/test_bulk_course_copy.py)
(cd "$checkout" && "$python" -m pytest -q "${parallel[@]}" tests/docs -k "start.md or testing.md or emulator")
(cd "$checkout/emulator" && "$python" -m pytest -q "${parallel[@]}" \
    tests/test_command.py tests/test_control.py tests/test_demo.py tests/test_server.py tests/test_testing.py)
unset PYTHONPATH

[[ -z $versions || -x .uv/bin/uv ]] || scripts/get_uv.sh
for version in $versions; do
    echo "Airflow $version: installing the wheels with the newest packages that it accepts"
    environment=$folder/airflow-$version
    .uv/bin/uv venv -q --python "$python" "$environment"
    .uv/bin/uv pip install -q --python "$environment/bin/python" "apache-airflow==$version" \
        "airflow-provider-canvas[sqlite,emulator] @ file://$provider" "canvas-emulator @ file://$emulator" \
        jsonschema pytest pytest-asyncio pytest-timeout requests-mock
    check_origin "$environment/bin/python" "$environment"
    echo "Airflow $version: importing every module, listing the provider, copying a course"
    (cd "$checkout" && PATH=$environment/bin:$PATH AIRFLOW_HOME=$folder/home-$version "$environment/bin/python" - <<'PYTHON'
import importlib
import pkgutil

import airflow_provider_canvas
import canvas_emulator

for package in (airflow_provider_canvas, canvas_emulator):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
PYTHON
    )
    (cd "$folder" && AIRFLOW_HOME=$folder/home-$version "$environment/bin/airflow" providers list -o plain) |
        grep airflow-provider-canvas
    (cd "$checkout" && "$environment/bin/python" -m pytest -q \
        tests/tasks/test_dag_test.py tests/tasks/test_provider_info.py tests/tasks/test_hook.py)
    if [[ $version == 3.* ]]; then
        echo "Airflow $version: testing the repository of docs/testing.md"
        (cd "$checkout" && "$python" - "$folder/repository-$version" <<'PYTHON'
import sys
from pathlib import Path

from tests.support.snippets import files_of

for name, text in files_of("docs/testing.md").items():
    path = Path(sys.argv[1], name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
PYTHON
        )
        (cd "$folder/repository-$version" && "$environment/bin/pytest" -q)
    fi
done
echo "The wheels work."

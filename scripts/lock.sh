#!/bin/sh
# Write requirements/airflow-*.txt: for each supported Airflow, the newest package versions that are compatible with it
# on every supported Python. `make lock VERSIONS=3.3` writes only some.
set -eu
cd "$(dirname "$0")/.."

scripts/get_uv.sh
for version in ${VERSIONS:-2.11 3.0 3.1 3.2 3.3}; do
    echo "Locking requirements/airflow-$version.txt"
    .uv/bin/uv pip compile "requirements/airflow-$version.in" --group dev --output-file "requirements/airflow-$version.txt" \
        --upgrade --universal --python-version 3.11 --quiet \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-package airflow-provider-canvas --no-emit-package canvas-emulator
done

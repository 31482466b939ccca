#!/bin/sh
# Write requirements/airflow-*.txt: for each supported Airflow, the newest package versions that are compatible with it
# on every supported Python. `make lock VERSIONS=3.3` writes only some. requirements/docs.txt has what the documentation
# site needs beside the packages of the newest Airflow, requirements/lowest.txt the oldest Airflow with the lowest versions
# that pyproject.toml allows.
set -eu
cd "$(dirname "$0")/.."

scripts/get_uv.sh
# compile ARGUMENTS: resolve packages, and write them without addresses and paths.
compile() {
    .uv/bin/uv pip compile "$@" --upgrade --universal --python-version 3.11 --quiet \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-package airflow-provider-canvas --no-emit-package canvas-emulator
}

for version in ${VERSIONS:-2.11 3.0 3.1 3.2 3.3}; do
    echo "Locking requirements/airflow-$version.txt"
    compile "requirements/airflow-$version.in" --group dev --output-file "requirements/airflow-$version.txt"
done
echo "Locking requirements/lowest.txt"
compile requirements/lowest.in --resolution lowest-direct --output-file requirements/lowest.txt
echo "Locking requirements/docs.txt"
compile --group docs --constraints requirements/airflow-3.3.txt --output-file requirements/docs.txt

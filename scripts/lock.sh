#!/bin/sh
# Renews requirements/airflow-3.3.txt: the newest versions that go together, for every Python that we support.
set -eu
cd "$(dirname "$0")/.."

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_USER=0
"${PYTHON:-python3}" -m pip install -qq --upgrade --target .uv uv
.uv/bin/uv pip compile requirements/airflow-3.3.in --group dev --output-file requirements/airflow-3.3.txt \
    --upgrade --universal --python-version 3.11 --quiet \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-package airflow-provider-canvas

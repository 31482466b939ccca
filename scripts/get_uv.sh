#!/bin/sh
# Install the newest uv, which resolves and installs packages, into .uv.
set -eu
cd "$(dirname "$0")/.."

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_USER=0
"${PYTHON:-python3}" -m pip install -qq --upgrade --target .uv uv

#!/bin/sh
# Create .venv with the locked packages and an editable install of both distributions. `make` runs it when needed.
#
# It needs only Python and pip. $PYTHON's pip installs into the environment, from its configured package index. The
# environment itself has no pip, so ensurepip, which is missing on some systems, is not needed.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
requirements="requirements/airflow-3.3.txt requirements/docs.txt"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_USER=0

fail() {
    echo "$1" >&2
    exit 1
}

command -v "$python" >/dev/null ||
    fail "$python was not found. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is $("$python" --version); Python 3.11 or newer is required. Name another: make PYTHON=python3.11"
"$python" -m pip --version >/dev/null 2>&1 ||
    fail "$python has no pip. Install it (Debian and Ubuntu: apt install python3-pip), or name another Python: make PYTHON=..."

pip() {
    "$python" -m pip --python .venv/bin/python install -qq --no-deps --no-compile "$@"
}

echo "Setting up .venv with $("$python" --version):"
echo "  installing the packages of $requirements, about a minute"
"$python" -m venv --without-pip .venv
for file in $requirements; do
    pip -r "$file"
done
pip --no-build-isolation -e ./emulator -e .
echo "  compiling them"
.venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null || true # some packages contain files for other Pythons
touch .venv/ready

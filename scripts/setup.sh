#!/bin/sh
# Makes .venv with the locked packages, and this package in editable form. `make` runs it when it is needed.
#
# It needs Python and its pip, nothing else: the environment gets no pip of its own (so ensurepip, which some systems
# leave out, is not needed), and $PYTHON's pip fills it from the package index that it is configured for.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
requirements=requirements/airflow-3.3.txt
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_USER=0

fail() {
    echo "$1" >&2
    exit 1
}

command -v "$python" >/dev/null ||
    fail "There is no $python. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is $("$python" --version), and this needs 3.11 or newer. Name another: make PYTHON=python3.11"
"$python" -m pip --version >/dev/null 2>&1 ||
    fail "$python has no pip. Install it (Debian and Ubuntu: apt install python3-pip), or name another Python: make PYTHON=..."

pip() {
    "$python" -m pip --python .venv/bin/python install -qq --no-deps --no-compile "$@"
}

echo "Setting up .venv with $("$python" --version):"
echo "  installing the $(grep -c == $requirements) packages of $requirements, a minute or so"
"$python" -m venv --without-pip .venv
pip -r $requirements
pip --no-build-isolation -e ./emulator -e .
echo "  compiling them"
.venv/bin/python -m compileall -q -j 0 .venv/lib >/dev/null || true # some packages carry files for other Pythons
touch .venv/ready

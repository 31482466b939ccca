#!/usr/bin/env bash
# Run tests on the supported Airflow versions, each in its own environment with its own locked requirements, and print a
# table. VERSIONS="2.11 3.3" selects versions. The logs are in .matrix/.
#
# `test_matrix.sh` (`make test-matrix`): the oldest and the newest Airflow run the tests of tasks, of all tables (the oldest
# has SQLAlchemy 1.4) and of deferred copies in a real Airflow; the versions between them run the tests of tasks. The
# emulator, the client and the comparison of courses know nothing of Airflow, and the libraries that they use are the same
# on each version: `make test` is enough for them. The version `lowest` is the oldest Airflow with the lowest versions of
# all packages that pyproject.toml allows: it runs a few tests that use all of these packages.
#
# `test_matrix.sh crashes` (`make crash-matrix`): kill workers, triggerer, scheduler and Canvas in a real Airflow, see
# docs/exactly_once.md; by default on the newest Airflow.
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:-tests}
[[ $what == crashes ]] && VERSIONS=${VERSIONS:-3.3}
read -ra versions <<<"${VERSIONS:-lowest 2.11 3.0 3.1 3.2 3.3}"
parallel=(-n 4 ${CI:+--randomly-seed=1 --reruns 1 -raR})
tasks=("${parallel[@]}" tests/tasks tests/architecture/test_imports.py tests/architecture/test_signatures.py)
tables=("${parallel[@]}" tests/ledger tests/bulk tests/course_pairs tests/repair tests/reconciliation/test_sql*.py
    tests/reconciliation/test_term_report.py)
copies=(tests/matrix)
packages=("${parallel[@]}" tests/client/contract/test_transports.py
    tests/tasks/test_{connection,course_copy,hook,import_package,reconcile,trigger}.py tests/architecture/test_signatures.py)
crashes=(-p no:randomly tests/crash_matrix) # in order: the jobs of a row are started and disturbed together, once
table=.matrix/$what.txt
failed=no

# environment VERSION: print the folder of its environment; that of the newest Airflow is .venv.
environment() {
    [[ $1 == 3.3 ]] && echo .venv || echo ".venv-$1"
}

# requirements VERSION: print the file of its locked requirements.
requirements() {
    [[ $1 == lowest ]] && echo requirements/lowest.txt || echo "requirements/airflow-$1.txt"
}

# install VERSION: create its environment, unless it is newer than its requirements.
install() {
    local venv requirements
    venv=$(environment "$1") requirements=$(requirements "$1")
    if [[ $venv == .venv ]]; then
        make -s setup
        return
    fi
    [[ $venv/ready -nt $requirements && $venv/ready -nt pyproject.toml ]] && return
    echo "Airflow $1: installing $requirements into $venv"
    [[ -x .uv/bin/uv ]] || scripts/get_uv.sh
    .uv/bin/uv venv -q --clear --python "$(command -v "${PYTHON:-python3}")" "$venv"
    local pip=(.uv/bin/uv pip install -q --no-deps --python "$venv/bin/python")
    "${pip[@]}" -r "$requirements"
    "${pip[@]}" --no-build-isolation -e ./emulator -e .
    "$venv/bin/python" -m compileall -q -j 0 "$venv/lib" >/dev/null || true # some packages contain files for other Pythons
    touch "$venv/ready"
}

# run VERSION NAME FOLDER...: run the tests of some folders, and add a row to the table.
run() {
    local version=$1 name=$2 log=.matrix/$1-$2.log passed=yes airflow
    echo "Airflow $version: $name"
    if ! "$(environment "$version")/bin/python" -m pytest -p no:cacheprovider "${@:3}" >"$log" 2>&1; then
        passed=no failed=yes
        tail -n 60 "$log"
    fi
    airflow=$(sed -n 's/^apache-airflow==//p' "$(requirements "$version")")
    printf '%-8s %-7s %-6s %s\n' "$airflow" "$name" "$passed" "$(tail -n 1 "$log" | sed 's/^=* *//; s/ *=*$//')" >>"$table"
}

mkdir -p .matrix
printf '%-8s %-7s %-6s %s\n' Airflow tests passed "" >"$table"
for version in "${versions[@]}"; do
    install "$version"
    if [[ $what == crashes ]]; then
        run "$version" crashes "${crashes[@]}"
        sed -n '/^=* Airflow /,/^=* short test/p' ".matrix/$version-crashes.log" | grep '^[=|]' || true
        continue
    fi
    if [[ $version == lowest ]]; then
        run "$version" lowest "${packages[@]}"
        continue
    fi
    run "$version" tasks "${tasks[@]}"
    if [[ $version == 2.11 || $version == 3.3 ]]; then
        run "$version" tables "${tables[@]}"
        run "$version" copies "${copies[@]}"
    fi
done

echo
cat "$table"
[[ $failed == no ]]

#!/usr/bin/env bash
# Resolve all uses together, then cut each use's lock out of that one solution.
# Locks carry hashes and no registry address, so they work behind any mirror.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The project's own second package is installed from the checkout, so the resolver must not look for it.
grep -v '^    "local-athena",$' pyproject.toml >"$work/pyproject.toml"

compile() {
    "$uv" pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
        --python-version 3.11 "$work/pyproject.toml" local_athena/pyproject.toml "$@"
}

groups() {
    for group in "$@"; do printf -- '--group %s:%s ' "$work/pyproject.toml" "$group"; done
}

# shellcheck disable=SC2046  # the words are arguments
compile $(groups build demo test lint bench airflow) "$@" -o requirements/test.txt
cp requirements/test.txt "$work/all.txt"
# shellcheck disable=SC2046
compile $(groups build demo) -c "$work/all.txt" -o requirements/demo.txt
# shellcheck disable=SC2046
compile $(groups build demo airflow) -c "$work/all.txt" -o requirements/airflow.txt

# What dbt-athena's own suite runs with is an environment of its own: it wants an older pytest.
"$uv" pip compile --quiet --universal --generate-hashes --no-annotate --no-header --no-strip-extras \
    --python-version 3.11 local_athena/conformance/requirements.in "$@" \
    -o local_athena/conformance/requirements.txt

# So is what Spark runs with, in the interop tests.
echo 'pyspark>=3.5.9,<3.6' | "$uv" pip compile --quiet --universal --generate-hashes --no-annotate --no-header \
    --python-version 3.11 - "$@" -o tests/python/interop/spark-requirements.txt

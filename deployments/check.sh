#!/usr/bin/env bash
# What `make check` runs: all checks, also after one has failed, so that one run shows everything.
set -uo pipefail

cd "$(dirname "$0")/.."
failed=()

check() {
    printf '==> %s\n' "$*"
    "$@" || failed+=("$*")
}

check .venv/bin/ruff format --check .
check .venv/bin/ruff check .
check .venv/bin/pyright --threads 2
check .venv/bin/lint-imports
check .venv/bin/python docs/check.py

if [[ ${#failed[@]} -gt 0 ]]; then
    printf 'failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
echo "All checks passed."

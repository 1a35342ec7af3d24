#!/usr/bin/env bash
# The whole test suite: unit tests and those in DuckDB on all cores, then what shares one Docker daemon and one
# teacher, in turn.
set -euo pipefail
cd "$(dirname "$0")/.."

uv run --locked pytest tests/unit --numprocesses auto --dist worksteal
uv run --locked pytest tests/lake --numprocesses auto --dist worksteal
uv run --locked pytest tests --ignore tests/unit --ignore tests/lake

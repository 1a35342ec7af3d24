#!/usr/bin/env bash
# The whole test suite, on all cores: unit tests and those in DuckDB, then what runs whole processes. Of these two at a
# time, whatever the machine: all share one Docker daemon, and time what they wait for.
set -euo pipefail
cd "$(dirname "$0")/.."

uv run --locked pytest tests/unit --numprocesses auto --dist worksteal
uv run --locked pytest tests/lake --numprocesses auto --dist worksteal
uv run --locked pytest tests --ignore tests/unit --ignore tests/lake --numprocesses 2 --dist loadgroup --durations 20

#!/usr/bin/env bash
# The whole test suite: unit tests and those in DuckDB on all cores, then what runs whole processes. Of these two at a
# time, whatever the machine, since all share one Docker daemon; and one at a time where seconds are counted.
set -euo pipefail
cd "$(dirname "$0")/.."

uv run --locked pytest tests/unit --numprocesses auto --dist worksteal
uv run --locked pytest tests/lake --numprocesses auto --dist worksteal
uv run --locked pytest tests/fakes tests/integration --numprocesses 2 --dist loadgroup --durations 20
uv run --locked pytest tests/sandbox tests/faults tests/deployed --durations 20

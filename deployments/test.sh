#!/usr/bin/env bash
# The whole test suite: unit tests and those in DuckDB on all cores, then what runs whole processes. Of these two at a
# time, whatever the machine, since all share one Docker daemon; most of their time they wait. What deploys stays file by
# file in one process: its tests share servers. Tests of the sandbox run one at a time: they count seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

uv run --locked pytest tests/unit --numprocesses auto --dist worksteal
uv run --locked pytest tests/lake --numprocesses auto --dist worksteal
uv run --locked pytest tests/fakes tests/integration --numprocesses 2 --dist loadgroup --durations 20
uv run --locked pytest tests/faults tests/deployed --numprocesses 2 --dist loadfile --durations 20
uv run --locked pytest tests/sandbox --durations 20

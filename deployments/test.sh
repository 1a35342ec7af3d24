#!/usr/bin/env bash
# The whole test suite: unit tests and those in DuckDB on all cores, then what runs whole processes. Of these three at a
# time, since they wait for a third of their time, and no more on a larger machine: all share one Docker daemon. What
# deploys stays file by file in one process: its tests share servers, which take a tenth of a core each as long as they
# live, so nothing else runs with them. Tests of the sandbox stay file by file, too: those of a file share a container.
set -euo pipefail
cd "$(dirname "$0")/.."

uv run --locked pytest tests/unit --numprocesses auto --dist worksteal
uv run --locked pytest tests/lake --numprocesses auto --dist worksteal
uv run --locked pytest tests/fakes tests/integration tests/faults --numprocesses 3 --dist loadgroup --durations 20
uv run --locked pytest tests/deployed --numprocesses 2 --dist loadfile --durations 20
uv run --locked pytest tests/sandbox --numprocesses 2 --dist loadfile --durations 20

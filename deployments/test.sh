#!/usr/bin/env bash
# The whole test suite: deployments/test.sh RECIPE.yaml
#
# Unit tests run on all cores, and Docker, SGLang and the recipe's model, which they need not, are set up beside them. Those
# in DuckDB wait for the disk at times, so there is one process more than cores. Then come those of whole processes. They
# wait for a third of their time, so three run at once, and no more on a larger machine: all share one Docker daemon. Slow
# files come first, so that none is left alone at the end.
# What deploys stays file by file in one process: its tests share servers, which take a tenth of a core each as long as
# they live, so nothing else runs with them. Tests of the sandbox stay file by file, too: those of a file share a
# container.
set -euo pipefail
cd "$(dirname "$0")/.."

said="$(mktemp)"
.venv/bin/stillroom setup "$1" >"$said" 2>&1 &
readonly setup=$! said
trap 'kill "$setup" 2>/dev/null || true; rm -f "$said"' EXIT

uv run --locked pytest tests/unit --numprocesses auto --dist worksteal
tail --pid="$setup" --lines=+1 --follow "$said" >&2
wait "$setup"
uv run --locked pytest tests/lake --numprocesses "$(($(nproc) + 1))" --dist worksteal
uv run --locked pytest tests/fakes tests/integration tests/faults --numprocesses 3 --dist loadgroup --durations 20
uv run --locked pytest tests/deployed --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 20
uv run --locked pytest tests/sandbox --numprocesses 2 --dist loadfile --durations 20

#!/usr/bin/env bash
# The whole test suite: unit tests and those on a real lake on all cores, then what shares one Docker daemon and one
# teacher, in turn.
set -euo pipefail
cd "$(dirname "$0")/.."

# A clock that is set back is tried with libfaketime; without it that test is skipped and says so.
if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null && ! compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null; then
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends faketime >/dev/null || true
fi

uv run --locked pytest tests/unit --numprocesses auto
uv run --locked pytest tests/lake --numprocesses auto
uv run --locked pytest tests --ignore tests/unit --ignore tests/lake

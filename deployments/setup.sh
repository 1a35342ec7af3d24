#!/usr/bin/env bash
# Sets up what Stillroom needs on this machine, then runs the command it was given.
#
#   deployments/setup.sh [--packages-only | --once | --tests | --ground] [RECIPE.yaml] [COMMAND...]
#
# Every step looks first and is skipped where nothing is missing. Nothing asks for input. As root, missing system
# packages are installed from the distribution; else the script says what to install and stops before anything is
# downloaded. --packages-only leaves out Docker, SGLang and the model. --once does not look for them again where an
# earlier call has found them all: for commands, like a build, that bring up what they need themselves. --tests also
# brings a PostgreSQL server's programs and Chromium, which only the tests and benchmarks start; --ground brings these and
# all packages, and leaves what `stillroom setup` does to the command, which has work that needs none of it.
set -euo pipefail

readonly TOOLS="${STILLROOM_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/stillroom}/tools"
cd "$(dirname "$0")/.."
exec </dev/null

say() { printf '==> %s\n' "$*" >&2; }

stop() {
    printf 'Error: %s\n' "$*" >&2
    exit 1
}

# The first Python that Stillroom runs on.
find_python() {
    local candidate
    for candidate in python3.11 python3.12 python3; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

has_venv() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

# Whether a daemon takes this user's connections. One that is not behind a socket of this machine is not asked here.
docker_answers() {
    local -r place="${DOCKER_HOST:-unix:///var/run/docker.sock}"
    [[ "$place" == unix://* ]] || return 0
    local -r socket="${place#unix://}"
    local -r connect='import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])'
    [[ -S "$socket" ]] && { [[ -z "$python" ]] || "$python" -c "$connect" "$socket" 2>/dev/null; }
}

# Stops where Docker is here but out of reach; fails where it is to be installed. Root has `stillroom setup` start it.
has_docker() {
    ! docker_answers || return 0
    [[ -z "${DOCKER_HOST:-}" ]] ||
        stop "no Docker daemon answers at $DOCKER_HOST, which DOCKER_HOST names. Start that daemon or unset the variable."
    if [[ $EUID -eq 0 ]]; then
        command -v dockerd >/dev/null
    elif [[ -S /var/run/docker.sock ]] || command -v dockerd >/dev/null || command -v docker >/dev/null; then
        stop 'no Docker daemon answers you. Run: sudo systemctl start docker; and be in the group docker:' \
            'sudo usermod -aG docker "$USER", then log in anew'
    else
        return 1
    fi
}

has_postgres() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

has_chromium() { command -v chromium >/dev/null; }

has_compiler() { "${CC:-cc}" -E - <<<'#include <stdlib.h>' >/dev/null 2>&1; }

install_packages() {
    [[ $EUID -eq 0 ]] || stop "missing: $*. Run: sudo apt-get install -y --no-install-recommends $*"
    command -v apt-get >/dev/null || stop "missing: $*. There is no apt-get here; install them as your distribution does."
    say "Installing $* with apt-get"
    # On a terminal apt shows how far it is: percentages while it downloads, a bar at the bottom while it unpacks.
    local how=(-qq -o Dpkg::Use-Pty=0)
    if [[ -t 2 ]]; then how=(-o Dpkg::Progress-Fancy=1); fi
    local -r get=(env DEBIAN_FRONTEND=noninteractive apt-get "${how[@]}")
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || "${get[@]}" update >&2
    # Lists may name versions that the mirror no longer has: once more with fresh ones.
    "${get[@]}" install -y --no-install-recommends "$@" >&2 ||
        { "${get[@]}" update >&2 && "${get[@]}" install -y --no-install-recommends "$@" >&2; } ||
        stop "apt-get could not install $*; its message is above."
}

# uv, from a virtual environment of its own, where the user's shell finds it.
install_uv() {
    if [[ ! -x "$TOOLS/bin/uv" ]]; then
        say "Installing uv in $TOOLS"
        "$1" -m venv "$TOOLS"
        local how=(--quiet)
        if [[ -t 2 ]]; then how=(); fi # pip draws a bar of the download
        "$TOOLS/bin/python" -m pip --disable-pip-version-check install "${how[@]}" --no-input uv >&2
    fi
    local bin="$HOME/.local/bin"
    if [[ $EUID -eq 0 ]]; then bin=/usr/local/bin; fi
    mkdir -p "$bin"
    ln -sfn "$TOOLS/bin/uv" "$bin/uv"
    case ":$PATH:" in
        *":$bin:"*) ;;
        *) say "uv is in $bin, which is not on your PATH. Add it: export PATH=\"$bin:\$PATH\"" ;;
    esac
    export PATH="$bin:$PATH"
}

packages_only=false
once=false
tests=false
ground=false
case "${1:-}" in
    --packages-only) packages_only=true && shift ;;
    --once) once=true && shift ;;
    --tests) tests=true && shift ;;
    --ground) tests=true && ground=true && shift ;;
esac
recipe=()
if [[ "${1:-}" == *.yaml ]]; then
    recipe=("$1")
    shift
fi

missing=()
python="$(find_python)" || {
    missing+=(python3)
    python=""
}
[[ -n "$python" ]] && has_venv "$python" || missing+=(python3-venv)
$packages_only || has_docker || missing+=(docker.io)
$packages_only || has_compiler || missing+=(gcc libc6-dev)
! $tests || has_postgres || missing+=(postgresql)
! $tests || has_chromium || missing+=(chromium)
[[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
python="$(find_python)" || stop "found no Python 3.11 or 3.12; install one."
has_venv "$python" || stop "$python has no venv module; install it (python3-venv on Debian) and run this again."

command -v uv >/dev/null || install_uv "$python"

# Compiled ahead, also where PYTHONDONTWRITEBYTECODE is set: else every command compiles some 5,000 modules first.
if [[ ! -x .venv/bin/stillroom ]] || ! uv sync --locked --check --quiet 2>/dev/null; then
    say "Installing the locked Python packages in .venv"
    uv sync --locked --python "$python" --compile-bytecode
fi
.venv/bin/python -m compileall -q stillroom verifiers flows tasks

# What the stamp was made from: a change there may ask for something that is not here yet.
readonly STAMP=.venv/stillroom-setup
is_set_up() {
    [[ -f "$STAMP" && -z "$(find pyproject.toml uv.lock deployments "${recipe[@]}" -newer "$STAMP" -print -quit)" ]]
}

if ! $packages_only && ! $ground && ! { $once && is_set_up; }; then
    .venv/bin/stillroom setup "${recipe[@]}"
    touch "$STAMP"
fi
[[ $# -eq 0 ]] || exec "$@"

"""A person's own Prefect is left alone, and a proxy does not come between a build and its server."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

# As a build does: an empty database is made and copied, its server started, and asked by Prefect's own client.
BUILD = """
import asyncio, sys
from pathlib import Path
from stillroom.cli.prefect_database import make_template
from stillroom.cli.prefect_server import prefect_server

async def ask():
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        return repr(await client.api_healthcheck()), len(await client.read_flows())

make_template()
with prefect_server(Path(sys.argv[1])) as server:
    server.wait()
    print(asyncio.run(server.under(ask(), carrier=KeyError)))
"""
ROOT = Path(__file__).resolve().parents[3]
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.mark.slow
def test_a_build_uses_its_own_database_whatever_variables_and_files_name_and_no_proxy(tmp_path: Path) -> None:
    theirs, folder, home = tmp_path / "theirs", tmp_path / "work", tmp_path / "lake" / "prefect"
    theirs.mkdir()
    folder.mkdir()
    (folder / ".env").write_text(f"PREFECT_API_DATABASE_CONNECTION_URL=sqlite+aiosqlite:///{theirs}/by-file.db\n")
    (folder / "prefect.toml").write_text(
        f'[server.database]\nconnection_url = "sqlite+aiosqlite:///{theirs}/by-toml.db"\n'
    )
    kept = {name: value for name, value in os.environ.items() if name.lower() != "no_proxy"}
    environ = {
        **kept,
        **dict.fromkeys(PROXIES, "http://127.0.0.1:9"),
        "PYTHONPATH": str(ROOT),
        "STILLROOM_HOME": str(tmp_path / "home"),
        "PREFECT_HOME": str(theirs / "home"),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{theirs}/by-variable.db",
        "PREFECT_SERVER_API_AUTH_STRING": "user:word",
    }

    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(home)],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "('None', 0)"
    assert list(theirs.iterdir()) == []
    assert (home / "prefect.db").is_file()

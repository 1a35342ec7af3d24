"""Puts the commands together, and turns every expected failure into one message and an exit code.

Commands import what they work with inside their bodies: ``stillroom --help`` must not wait for DuckDB, polars
or Prefect.
"""

import errno
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from stillroom import LAKE_VARIABLE, __version__
from stillroom.cli import STOPPED
from stillroom.cli.session import DEFAULT_LAKE, Session
from stillroom.errors import StillroomError

LAKE_OPTION = "--lake"


class Commands(TyperGroup):
    """The commands, with ``--lake`` accepted before and after their names, and errors told in plain words."""

    # The contexts are typer's private copy of click's, hence Any.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401
        """Take ``--lake`` wherever it stands."""
        return super().parse_args(ctx, _lake_first(args))

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Run the command.

        Raises:
            typer.Exit: it failed as Stillroom's errors or the operating system's do, or was stopped.
        """
        session: Session = ctx.ensure_object(Session)
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            session.is_stopped = True
            typer.echo(STOPPED, err=True)
            raise typer.Exit(1) from None
        except StillroomError as error:
            if session.debug:
                raise
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(error.exit_code) from None
        except OSError as error:
            if session.debug or error.errno == errno.EPIPE:  # click's own: the reader of a pipe has left
                raise
            from stillroom.cli.foreign import told

            typer.echo(f"Error: {told(error, session.lake)}", err=True)
            raise typer.Exit(1) from None


def make_app() -> typer.Typer:
    """The command line application."""
    from stillroom.cli import (
        building,
        calibrating,
        comparing,
        deployed,
        explaining,
        housekeeping,
        machine,
        orchestrating,
        planning,
        querying,
        radius,
        reverifying,
        showing,
        teaching,
        tracing,
        verifying,
    )

    app = typer.Typer(
        cls=Commands,
        name="stillroom",
        help="Turns the capability of teacher models into verified training data.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # rich's help imports Markdown and syntax highlighting: 0.3 s more before a word appears
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_global_options)
    for module in (
        building,
        orchestrating,
        deployed,
        planning,
        querying,
        showing,
        tracing,
        explaining,
        comparing,
        radius,
        reverifying,
        verifying,
        calibrating,
        teaching,
        housekeeping,
        machine,
    ):
        module.register(app)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stillroom {__version__}")
        raise typer.Exit


def _global_options(
    ctx: typer.Context,
    *,
    lake: Annotated[Path, typer.Option(LAKE_OPTION, envvar=LAKE_VARIABLE, help="Folder of the lake.")] = DEFAULT_LAKE,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    session = ctx.ensure_object(Session)
    session.lake, session.debug = lake, debug


def _lake_first(args: list[str]) -> list[str]:
    """``args`` with ``--lake PATH`` moved to the front, where the global options stand."""
    moved: list[str] = []
    rest: list[str] = []
    given = iter(args)
    for arg in given:
        if arg == "--":
            rest += [arg, *given]
        elif arg == LAKE_OPTION:
            moved += [arg, *([value] if (value := next(given, None)) is not None else [])]
        elif arg.startswith(f"{LAKE_OPTION}="):
            moved.append(arg)
        else:
            rest.append(arg)
    return moved + rest

"""The command line: starts builds and asks the lake. Nothing else in Stillroom imports it."""

import sys

STOPPED = "Stopped. Nothing that was paid for is lost; the same command goes on from here."
ABORTED = 130  # what click exits with after a Ctrl-C that it caught itself, while it read the arguments


def main() -> None:
    """Run the command that ``sys.argv`` names and exit with its code.

    Ctrl-C at any time ends in a sentence, also while the commands are still being imported.
    """
    # DuckDB imports pandas, where it is installed, at the first query with parameters, and looks whether a parameter is
    # one of its values: a second and a half in which nothing happens. No command uses pandas.
    sys.modules.setdefault("pandas", None)  # pyright: ignore[reportArgumentType] - what makes an import fail
    try:
        from stillroom.cli.app import make_app

        make_app()()
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        sys.exit(1)
    except SystemExit as error:
        if error.code == ABORTED:
            print(STOPPED, file=sys.stderr)
            sys.exit(1)
        raise

"""The command line: starts builds and asks the lake. Nothing else in Stillroom imports it."""


def main() -> None:
    """Run the command that ``sys.argv`` names and exit with its code."""
    from stillroom.cli.app import make_app

    make_app()()

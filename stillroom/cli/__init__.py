"""The command line: starts builds and asks the lake. Nothing else in Stillroom imports it."""

import contextlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from stillroom.cli.session import Session

STOPPED = "Stopped. Nothing that was paid for is lost; the same command goes on from here."
ABORTED = 130  # what click exits with after a Ctrl-C that it caught itself, while it read the arguments


def main() -> None:
    """Run the command that ``sys.argv`` names and exit with its code.

    Ctrl-C at any time ends in a sentence, also while the commands are still being imported.
    """
    # DuckDB imports pandas, where it is installed, at the first query with parameters, and looks whether a parameter is
    # one of its values: a second and a half in which nothing happens. No command uses pandas.
    sys.modules.setdefault("pandas", None)  # pyright: ignore[reportArgumentType] - what makes an import fail
    session: Session | None = None
    try:
        from stillroom.cli import session as sessions
        from stillroom.cli.app import make_app

        session = sessions.Session()
        make_app()(obj=session)
    except KeyboardInterrupt:
        print(STOPPED, file=sys.stderr)
        _leave()
    except SystemExit as error:
        if error.code == ABORTED:
            print(STOPPED, file=sys.stderr)
            _leave()
        if session and session.is_stopped:
            _leave()
        if _is_at_work():
            _leave(error.code if isinstance(error.code, int) else int(error.code is not None))
        raise
    except Exception as error:
        if not _came_of_an_interrupt(error):
            raise
        print(STOPPED, file=sys.stderr)
        _leave()


def _is_at_work() -> bool:
    """Whether something still runs that nobody waits for any longer."""
    from stillroom.aside import ASIDE

    return any(thread.name == ASIDE for thread in threading.enumerate())


def _came_of_an_interrupt(error: BaseException) -> bool:
    """Whether a library turned a Ctrl-C into an error of its own, as a compiled module does while it is imported."""
    while (cause := error.__cause__ or error.__context__) is not None:
        if isinstance(cause, KeyboardInterrupt):
            return True
        error = cause
    return False


def _leave(code: int = 1) -> NoReturn:
    """End at once, with the exit code of what was stopped.

    Everything has cleaned up by now but for threads that nobody waits for, such as a download. Python would wait for
    those of ``concurrent.futures``, which the model hub's library uses, until their gigabytes are there. Others it
    would cut off amid a compiled library's code, such as an import, which then ends the process by SIGABRT.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from stillroom.teachers.programs import end_programs

    end_programs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):  # whoever read it has left
            stream.flush()
    os._exit(code)

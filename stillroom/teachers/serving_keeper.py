"""With which deployment servers end: what `stillroom up` and its flow runs bring up is stopped with it.

A deployment is known by the process of its `up`, which names itself in the environment of all that it starts. A server
that is started in such an environment has it written in its state, from its first moment on; so also where `up` was
killed it is known which servers were its own.
"""

import os
import re
from dataclasses import replace

from filelock import FileLock, Timeout

from stillroom.teachers.progress import PRINTED, Progress
from stillroom.teachers.serving_process import ProcessIdentity, identify_process
from stillroom.teachers.serving_state import Paths, read_state, remembered_servers, write_state
from stillroom.teachers.serving_stop import stop

VARIABLE = "STILLROOM_KEEPER"
LOCK_SECONDS = 10.0
_NAMED = re.compile(r"([0-9]{1,18}):([0-9]{1,18}):([0-9a-f-]{1,64})")  # pid, start time, boot


def keep_what_is_started() -> ProcessIdentity:
    """Make this process the keeper of all servers that it, and what it starts, will start; returns its identity."""
    this = identify_process(os.getpid())
    os.environ[VARIABLE] = f"{this.pid}:{this.started}:{this.boot_id}"
    return this


def keeper_here() -> ProcessIdentity | None:
    """The deployment that this process belongs to; None outside of any."""
    found = _NAMED.fullmatch(os.environ.get(VARIABLE, ""))
    return ProcessIdentity(pid=int(found[1]), started=int(found[2]), boot_id=found[3]) if found else None


def take_over(heir: ProcessIdentity) -> None:
    """Make ``heir`` the keeper of the servers whose own was killed."""
    for found in remembered_servers():
        if found.keeper is not None and not found.keeper.is_alive():
            _hand_over(found.name, found.keeper, heir)


def is_kept_by(name: str, keeper: ProcessIdentity) -> bool:
    """Whether the server of the model ``name`` ends with that deployment."""
    state = read_state(name)
    return state is not None and state.keeper == keeper


def end_with(keeper: ProcessIdentity, progress: Progress = PRINTED) -> list[str]:
    """Stop the servers that the deployment kept; returns the names of those that ran.

    One that another deployment holds up as well is left to that one.

    Raises:
        TeacherError: somebody else is starting one and has none that could be ended yet.
    """
    stopped: list[str] = []
    for found in remembered_servers():
        if found.keeper != keeper:
            continue
        others = [one for one in found.living_holders() if one != keeper]
        if others and _hand_over(found.name, keeper, others[0]):
            continue
        if stop(found.name, progress):
            stopped.append(found.name)
    return stopped


def _hand_over(name: str, keeper: ProcessIdentity, heir: ProcessIdentity) -> bool:
    """Returns False where somebody else is at the server for long, or it is another's by now."""
    try:
        with FileLock(Paths.of(name).lock, timeout=LOCK_SECONDS):
            state = read_state(name)
            if state is None or state.keeper != keeper:
                return False
            write_state(replace(state, keeper=heir))
    except Timeout:
        return False
    return True

"""Every error Stillroom raises on purpose, named after the boundary that was crossed.

    StillroomError
    ├── RequestError       the caller asked for something that cannot be (exit code 2)
    │   └── RecipeError    the recipe, a seed file or a prompt file is wrong; no retry helps
    ├── TeacherError       a teacher gave no usable answer; retry
    │   ├── TeacherBusy    it is alive and asks for patience (503, queue full)
    │   ├── TeacherLost    it is gone, or what it sends is no answer
    │   ├── TeacherRefused it will never answer this request (too long, bad schema); no retry helps
    │   └── TeacherMismatch it serves another model than the recipe names; no retry helps
    │       └── EmbedderChanged it serves other weights than stored vectors are of; begin again with its own
    ├── SandboxError       the sandbox failed; retry, nothing is known about the sample
    │   ├── Unjudgeable    it failed at one answer and works for others, which can go on
    │   │   └── Defect     code met something there that it was not written for; no retry helps
    │   └── NoSuchSandbox  the one that is asked for cannot be made on this machine; another one may
    │       └── UnknownRuntime Docker was not told of its runtime; also a RequestError
    ├── WorkersError       the workers of a cluster are gone, or die at their work; retry
    ├── LakeError          the lake cannot be read or written
    │   ├── FileLost       a data file that its catalogue names is not there; no retry helps
    │   ├── LeaseHeld      another process is at this work; says which
    │   ├── NotJudged      samples have no verdict that counts; judge them first
    │   └── Overtaken      others published since a curation was made; curate again
    └── GateError          the work is done but the data is not good enough to publish

A failing *sample* is never an error: it is a verdict. Foreign exceptions are turned into these at the
boundary where they arise, with ``raise ... from``. Messages say what was found, what was expected and
what to do.
"""


class StillroomError(Exception):
    """Base of the tree. ``exit_code`` is what the command line exits with."""

    exit_code = 1


class RequestError(StillroomError):
    """The request itself is wrong: an unknown name, a bad option, SQL that writes."""

    exit_code = 2


class RecipeError(RequestError):
    """A recipe, seed file or prompt file does not say something that can be built."""


class TeacherError(StillroomError):
    """A teacher could not be reached or gave no usable answer. A retry may help."""


class TeacherBusy(TeacherError):
    """The teacher is alive but its queue is full."""


class TeacherLost(TeacherError):
    """The connection was lost or refused, or what came back is no whole answer."""


class TeacherRefused(TeacherError):
    """The teacher rejects this one request for good."""


class TeacherMismatch(TeacherError):
    """The server behind the address is not the teacher that the recipe names."""


class EmbedderChanged(TeacherMismatch):
    """An embedding model is not the one that the vectors in the lake are of. From now on its own name counts."""


class SandboxError(StillroomError):
    """The sandbox failed, so nothing is known about the program. Never a verdict."""


class Unjudgeable(SandboxError):
    """One answer cannot be judged, and others can. Nothing is known about it.

    A sandbox that is lost at it each time may hold it where there is more memory, so that says nothing for good.
    """


class Defect(Unjudgeable):
    """A verifier meets something that it was not written for, whenever and wherever it is tried."""


class NoSuchSandbox(SandboxError):
    """No sandbox with these libraries or this runtime can be made here. Docker answers, so others may be."""


class UnknownRuntime(NoSuchSandbox, RequestError):
    """Docker knows no runtime of the name that is asked for."""


class WorkersError(StillroomError):
    """The processes that were to do work elsewhere are gone, or died at it again and again."""


class LakeError(StillroomError):
    """The lake cannot be opened, read or written."""


class FileLost(LakeError):
    """A data file that the catalogue names is not there. It does not come back by waiting."""


class LeaseHeld(LakeError):
    """Another living process holds the lease on this work."""


class NotJudged(LakeError):
    """Samples have no verdict that counts, so nothing is decided. They are to be judged first."""


class Overtaken(LakeError):
    """What was published since a curation looked is not in its decisions, so it is not published as it stands."""


class GateError(StillroomError):
    """The build ran, and what came out must not be published."""

"""Teachers as a run meets them: connected when something is asked of them, recorded, and the same for the whole run."""

from stillroom.errors import RequestError, TeacherMismatch
from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake
from stillroom.runs import Run, retracted_teacher, teacher_row
from stillroom.teachers.connect import ConnectedTeacher
from tasks.workshop import workshop


async def met(run: Run, name: str) -> ConnectedTeacher:
    """The teacher of this name, connected and recorded as it was met.

    Raises:
        RequestError: it was retracted.
        TeacherError: it cannot be reached or started.
        TeacherMismatch: it is another model than the recipe names, or not what the run was begun with.
    """
    shop = workshop()
    connected = await shop.teacher(run.recipe, name)
    identity = connected.identity
    row = teacher_row(identity, run.recipe, licence=connected.licence, template_sha256=connected.client.template.sha256)
    key = f"teacher:{run.run_id}:{identity.teacher_id}:{fingerprint(dict(row), length=12)}"  # pyright: ignore[reportArgumentType]

    def is_recorded() -> bool:
        refuse_retracted(shop.lake, name, identity.teacher_id)
        refuse_other_revision(shop.lake, run.run_id, name, identity.teacher_id, str(row["template_sha256"]))
        return shop.lake.committed(key)

    if key in shop.met:  # whoever came with another one since was refused
        return connected
    if not await shop.read(is_recorded):
        await shop.write(lambda: shop.lake.commit(key, {"teachers": [row]}, run_id=run.run_id))
    shop.met.add(key)
    return connected


def refuse_retracted(lake: Lake, name: str, teacher_id: str) -> None:
    """Refuse to ask a teacher of which nothing can be published.

    Raises:
        RequestError: naming what was retracted.
    """
    retracted = retracted_teacher(lake, teacher_id)
    if retracted:
        raise RequestError(
            f"teacher {name!r} is {teacher_id}, and teacher {retracted} was retracted: nothing that it answers would "
            "be published. Nothing was asked. Name another teacher in the recipe, and build with --new-run."
        )


def refuse_other_revision(lake: Lake, run_id: str, name: str, teacher_id: str, template_sha256: str) -> None:
    """Refuse to go on with a run under other weights or another template than it was begun with.

    Raises:
        TeacherMismatch: naming the field.
    """
    before = lake.rows(
        "SELECT teacher_id, template_sha256 FROM lake.teachers WHERE run_id = ? AND name = ?", [run_id, name]
    )
    for row in before:
        for field, was, is_ in (
            ("revision", row["teacher_id"], teacher_id),
            ("chat template", row["template_sha256"], template_sha256),
        ):
            if was != is_:
                raise TeacherMismatch(
                    f"run {run_id} was begun with {field} {was} of teacher {name!r}, now it is {is_}. "
                    "Serve what the run was begun with, or open another run with --new-run."
                )

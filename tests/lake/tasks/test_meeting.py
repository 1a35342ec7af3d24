"""A run goes on under the weights and the chat template that it was begun with, or not at all."""

import pytest

from stillroom.errors import TeacherMismatch
from stillroom.lake import Lake
from tasks.meeting import refuse_other_revision
from tests.fakes.rows import row

RUN = "tiny-r1"


@pytest.fixture(autouse=True)
def _met(lake: Lake) -> None:
    met = row("teachers", teacher_id="fake@one", name="fake", revision="one", template_sha256="a" * 64)
    lake.commit("teacher", {"teachers": [met]}, run_id=RUN)


def test_another_revision_is_refused_by_name(lake: Lake) -> None:
    with pytest.raises(
        TeacherMismatch, match=r"begun with revision fake@one of teacher 'fake', now it is fake@two\. .*--new-run"
    ):
        refuse_other_revision(lake, RUN, "fake", "fake@two", "a" * 64)


def test_another_chat_template_is_refused_by_name(lake: Lake) -> None:
    with pytest.raises(TeacherMismatch, match=r"begun with chat template a{64} of teacher 'fake', now it is b{64}\."):
        refuse_other_revision(lake, RUN, "fake", "fake@one", "b" * 64)


@pytest.mark.parametrize(
    ("run_id", "name"),
    [
        pytest.param(RUN, "fake", id="the same"),
        pytest.param("tiny-r2", "fake", id="of another run"),
        pytest.param(RUN, "new", id="one that was not met yet"),
    ],
)
def test_what_it_was_begun_with_another_run_and_another_teacher_may_go_on(lake: Lake, run_id: str, name: str) -> None:
    teacher_id = "fake@one" if (run_id, name) == (RUN, "fake") else "new@two"
    refuse_other_revision(lake, run_id, name, teacher_id, "a" * 64 if teacher_id == "fake@one" else "b" * 64)

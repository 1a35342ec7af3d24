"""A batch that is judged on a worker: plain data both ways, a container of its own that is gone afterwards."""

import os

import pytest

from stillroom.errors import RequestError
from stillroom.records import Answer, Check, Outcome
from verifiers.batches import Asked, Bench, Told, judge_batch, pack, unpack
from verifiers.python_tests import PythonTests
from verifiers.sandbox import DockerExecutor
from verifiers.sandbox.container import LABEL
from verifiers.sandbox.daemon import ensure_docker

BENCH = Bench(verifiers=("python-tests",), timeout_seconds=2.0, memory_mib=256, runtime="", libraries=())
CHECK = Check(tests="assert f(2) == 4", entry_point="f")
ANSWERS = [
    Answer(text="def f(n): return n * n"),
    Answer(text="def f(n): return n"),
    Answer(text="", problem="truncated"),
    Answer(text="def f(n): return 'half of \\ud83d, and 😀'"),
]


@pytest.fixture(scope="module")
def verifier_id() -> str:
    return PythonTests(DockerExecutor(), timeout_seconds=2.0, memory_bytes=256 << 20).verifier_id


def own_containers() -> set[str]:
    client = ensure_docker()
    try:
        found = client.containers.list(all=True, ignore_removed=True, filters={"label": LABEL})
        return {one.name or "" for one in found if f"-{os.getpid()}-" in (one.name or "")}
    finally:
        client.close()


def asked(verifier_id: str, answer: Answer, check: Check = CHECK) -> Asked:
    return Asked(verifier_id=verifier_id, check=check, answer=answer)


def test_answers_are_judged_in_their_order_in_a_container_that_goes(verifier_id: str) -> None:
    before = own_containers()
    told = unpack(judge_batch(pack([asked(verifier_id, one) for one in ANSWERS]), bench=BENCH))
    found = [(one.judgement.outcome, one.judgement.reason) for one in told if one.judgement]
    assert found == [
        (Outcome.PASS, ""),
        (Outcome.FAIL, "wrong-answer"),
        (Outcome.FAIL, "truncated"),
        (Outcome.FAIL, "wrong-answer"),
    ]
    assert [one.problem for one in told] == [""] * 4
    assert own_containers() == before


def test_verdicts_of_another_verifier_are_refused_with_both(verifier_id: str) -> None:
    before = own_containers()
    with pytest.raises(RequestError, match=rf"^verdicts of another were asked for, .*{verifier_id} in image"):
        judge_batch(pack([asked("another", ANSWERS[0])]), bench=BENCH)
    assert own_containers() == before


def test_an_answer_that_cannot_be_judged_leaves_the_others_theirs(
    verifier_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = PythonTests.judge

    async def broken(self: PythonTests, check: Check, answer: Answer) -> object:
        if not check.tests:
            raise RecursionError("too deep")
        return await judge(self, check, answer)

    monkeypatch.setattr(PythonTests, "judge", broken)
    batch = pack([asked(verifier_id, ANSWERS[0], Check()), asked(verifier_id, ANSWERS[0])])
    first, second = unpack(judge_batch(batch, bench=BENCH))
    assert first == Told(problem=first.problem)
    assert "python-tests@12 has a defect" in first.problem
    assert second.judgement is not None
    assert second.judgement.outcome is Outcome.PASS

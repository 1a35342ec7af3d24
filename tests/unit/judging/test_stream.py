"""A stream of rows: in order, many at a time, never all at once."""

import asyncio
import io
import json
from collections.abc import Iterator

import pytest

from stillroom.capabilities import find_capability
from stillroom.errors import SandboxError, Unjudgeable
from stillroom.judging import BAD_ROW, JudgedRow, ReadRow, judge_rows, read_rows, stream
from stillroom.records import Answer, Check, Judgement, Outcome
from tests.fakes.verifiers import FakeVerifier, execute


def rows(*contents: str) -> Iterator[ReadRow]:
    return read_rows(io.BytesIO("\n".join(contents).encode()), find_capability("code"))


def row(number: int, right: bool = True) -> str:
    value = number if right else -1
    source = f"def f():\n    return {value}\n"
    return json.dumps({"id": number, "completion": source, "tests": f"assert f() == {number}"})


async def judged(given: Iterator[ReadRow], *verifiers: FakeVerifier) -> list[JudgedRow]:
    found: list[JudgedRow] = []
    await judge_rows(given, verifiers, found.append, calibrations={"fake-id": "its-calibration"})
    return found


async def test_results_come_in_the_order_of_the_rows_whatever_takes_longest() -> None:
    class Slow(FakeVerifier):
        async def judge(self, check: Check, answer: Answer) -> Judgement:
            await asyncio.sleep(0.05 if "== 0" in check.tests else 0)
            return await super().judge(check, answer)

    found = await judged(rows(*(row(number, right=number % 3 > 0) for number in range(40))), Slow())

    assert [one.row.row_id for one in found] == list(range(40))
    assert [one.judgement.outcome is Outcome.PASS for one in found] == [number % 3 > 0 for number in range(40)]


async def test_bad_row_abstains_in_its_place() -> None:
    first, bad, last = await judged(rows(row(1), "{", row(2)), FakeVerifier())

    assert (first.judgement.outcome, last.judgement.outcome) == (Outcome.PASS, Outcome.PASS)
    assert bad.is_bad_row
    assert bad.plain()["outcome"] == "abstain"
    assert bad.plain()["reason"] == BAD_ROW
    assert str(bad.plain()["detail"]).startswith("line 2: ")


@pytest.mark.parametrize(
    ("error", "said"),
    [(Unjudgeable("it fails at this one"), "at this one"), (RecursionError("too deep"), "RecursionError: too deep")],
)
async def test_row_that_cannot_be_judged_abstains_and_the_rest_goes_on(error: Exception, said: str) -> None:
    def rule(check: Check, answer: Answer) -> Judgement:
        if "== 2" in check.tests:
            raise error
        return execute(check, answer)

    first, trouble, last = await judged(rows(row(1), row(2), row(3)), FakeVerifier(rule=rule))

    assert (first.judgement.outcome, last.judgement.outcome) == (Outcome.PASS, Outcome.PASS)
    assert trouble.is_unjudged
    assert (trouble.plain()["outcome"], trouble.plain()["reason"]) == ("abstain", "unjudged")
    assert said in str(trouble.plain()["detail"])


async def test_sandbox_that_fails_is_no_rows_own_trouble() -> None:
    with pytest.raises(SandboxError):
        await judged(rows(row(1), row(2)), FakeVerifier(fails_after=1))


async def test_line_of_output_begins_with_id_outcome_and_reason() -> None:
    (one,) = await judged(rows(row(5)), FakeVerifier())

    assert list(one.plain())[:3] == ["id", "outcome", "reason"]
    assert (one.plain()["tests_passed"], one.plain()["verifier"]) == (1, "fake-tests@1")


async def test_every_verdict_names_its_verifier_image_and_calibration() -> None:
    unmeasured = FakeVerifier(verifier_id="another-id")

    named, bad = [one.plain() for one in await judged(rows(row(1), "{"), FakeVerifier())]
    (other,) = [one.plain() for one in await judged(rows(row(1)), unmeasured)]

    keys = ("verifier", "verifier_id", "image_digest", "calibration_id")
    assert [named[key] for key in keys] == ["fake-tests@1", "fake-id", "fake-image", "its-calibration"]
    assert [other[key] for key in keys] == ["fake-tests@1", "another-id", "fake-image", ""]
    assert [bad[key] for key in keys] == [""] * 4


@pytest.mark.parametrize(
    ("second", "outcome"), [(Outcome.FAIL, "fail"), (Outcome.ABSTAIN, "abstain"), (Outcome.PASS, "pass")]
)
async def test_of_several_verifiers_the_strictest_decides(second: Outcome, outcome: str) -> None:
    other = FakeVerifier(name="second@1", rule=lambda check, answer: Judgement(outcome=second, reason="said so"))

    (one,) = await judged(rows(row(1)), FakeVerifier(), other)

    assert one.plain()["outcome"] == outcome


async def test_no_more_rows_are_read_ahead_than_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_ROWS_AHEAD", 4)
    monkeypatch.setattr(stream, "READ_AHEAD", 2)
    read = 0
    held = asyncio.Event()

    def counted() -> Iterator[ReadRow]:
        nonlocal read
        for one in rows(*(row(number) for number in range(100))):
            read += 1
            yield one

    class Held(FakeVerifier):
        async def judge(self, check: Check, answer: Answer) -> Judgement:
            await held.wait()
            return await super().judge(check, answer)

    judging = asyncio.create_task(judged(counted(), Held()))
    await asyncio.sleep(0.1)
    assert read < 12
    held.set()
    assert len(await judging) == 100


async def test_rows_ahead_are_bounded_by_their_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_BYTES_AHEAD", 1)

    assert len(await judged(rows(*(row(number) for number in range(20))), FakeVerifier())) == 20


async def test_failing_sandbox_is_no_verdict() -> None:
    with pytest.raises(SandboxError):
        await judged(rows(*(row(number) for number in range(50))), FakeVerifier(fails_after=10))


async def test_rows_before_one_that_the_sandbox_failed_on_are_written() -> None:
    """Also those that are judged only after it has failed."""
    failed = asyncio.Event()

    class Failing(FakeVerifier):
        async def judge(self, check: Check, answer: Answer) -> Judgement:
            if answer.text == "def f():\n    return 2\n":
                failed.set()
                raise SandboxError("gone")
            await failed.wait()
            await asyncio.sleep(0.01)
            return await super().judge(check, answer)

    found: list[JudgedRow] = []
    with pytest.raises(SandboxError, match="gone"):
        await judge_rows(rows(*map(row, range(6))), [Failing()], found.append, calibrations={})
    assert [one.row.row_id for one in found] == [0, 1]


async def test_row_is_written_before_the_next_one_arrives() -> None:
    """A pipe that is written to slowly is answered at once."""
    written = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow() -> Iterator[ReadRow]:
        first, second = rows(row(1), row(2))
        yield first
        asyncio.run_coroutine_threadsafe(written.wait(), loop).result(10)
        yield second

    found: list[JudgedRow] = []

    def write(one: JudgedRow) -> None:
        found.append(one)
        written.set()

    await judge_rows(slow(), [FakeVerifier()], write, calibrations={})
    assert len(found) == 2


async def test_file_that_cannot_be_read_on_is_an_error_not_an_end() -> None:
    def broken() -> Iterator[ReadRow]:
        yield from rows(row(1))
        raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        await judged(broken(), FakeVerifier())

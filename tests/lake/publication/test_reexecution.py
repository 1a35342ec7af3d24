"""A member whose verdict cannot be obtained again is no confirmed one: it is named, and the exit code says so."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from stillroom.cli import rejudging
from stillroom.cli.app import make_app
from stillroom.cli.rejudging import rejudge
from stillroom.lake import Lake
from stillroom.publication import (
    Reexecuted,
    StandingVerdict,
    freeze,
    reexecute,
    snapshots,
    standing_verdicts,
    unjudgeable,
)
from stillroom.recipe import Verification
from stillroom.records import Answer, Check, Judgement
from stillroom.runs import change_verification, load_run
from tests.fakes.builds import Builder
from tests.fakes.prompts import recipe
from tests.fakes.verifiers import FakeVerifier, execute
from tests.lake.publication.conftest import FOUR_EACH

ONE = "(SELECT min(example_id) FROM lake.examples)"
ITS_SAMPLE = "(SELECT min_by(sample_id, example_id) FROM lake.examples)"
LOSSES = [
    pytest.param(
        f"DELETE FROM lake.verdicts WHERE sample_id = {ITS_SAMPLE}", "no verdict of the verifier", id="verdict"
    ),
    pytest.param(
        f"UPDATE lake.verdicts SET verifier_id = NULL WHERE sample_id = {ITS_SAMPLE}", "no verdict", id="its verifier"
    ),
    pytest.param(
        f"UPDATE lake.examples SET verifier_id = NULL WHERE example_id = {ONE}", "which verifier", id="who passed it"
    ),
    pytest.param(f"DELETE FROM lake.samples WHERE sample_id = {ITS_SAMPLE}", "no row of its sample", id="sample"),
    pytest.param(
        f"UPDATE lake.verdicts SET check_id = 'none' WHERE sample_id = {ITS_SAMPLE}", "no prompt with", id="tests"
    ),
    pytest.param(f"DELETE FROM lake.examples WHERE example_id = {ONE}", "no row of it in examples", id="example"),
]


@pytest.mark.parametrize(("loss", "said"), LOSSES)
def test_every_member_has_a_verdict_or_is_named_with_what_is_lacking(published: Lake, loss: str, said: str) -> None:
    (snapshot,) = snapshots(published, "tiny")
    assert (len(standing_verdicts(published, snapshot)), unjudgeable(published, snapshot)) == (4, [])
    published._connection.execute(loss)  # pyright: ignore[reportPrivateUsage] - as nobody should

    (found,) = unjudgeable(published, snapshot)

    assert said in found.lacks
    assert found.example_id not in [one.example_id for one in standing_verdicts(published, snapshot)]
    assert len(standing_verdicts(published, snapshot)) == 3


async def _judge(stored: Sequence[StandingVerdict], *arguments: Any) -> list[Reexecuted]:
    return await reexecute(stored, [FakeVerifier()], lambda *done: None)


def test_the_command_lists_it_and_does_not_pass(published: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejudging, "_judge", _judge)
    freeze(published, snapshots(published, "tiny")[0])
    command = ["--lake", str(published.root), "verify-snapshot", "tiny", "--re-execute"]
    whole = CliRunner().invoke(make_app(), [*command, "--json"])
    assert whole.exit_code == 0, whole.output
    published._connection.execute(  # pyright: ignore[reportPrivateUsage] - as nobody should
        f"UPDATE lake.verdicts SET verifier_id = NULL WHERE sample_id = {ITS_SAMPLE}"
    )

    told = CliRunner().invoke(make_app(), [*command, "--json"])

    assert told.exit_code == 1
    again = json.loads(told.stdout)["re_executed"]
    assert (again["judged"], again["members"]) == (3, 4)
    assert [(one["outcome"], one["reason"]) for one in again["differences"]] == [("", "not judged")]
    assert "no verdict of the verifier" in again["differences"][0]["detail"]
    shown = CliRunner().invoke(make_app(), command)
    assert (shown.exit_code, "3 of 4 members were judged again" in shown.stdout) == (1, True)
    assert "not judged: the lake has no" in " ".join(shown.stdout.split())


def test_a_member_that_the_verifier_has_a_defect_about_is_listed_and_the_others_are_judged(
    published: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    (snapshot,) = snapshots(published, "tiny")
    freeze(published, snapshot)
    strange = standing_verdicts(published, snapshot)[1]

    def rule(check: Check, answer: Answer) -> Judgement:
        if (check, answer) == (strange.check, strange.answer):
            raise RecursionError("a thousand levels")
        return execute(check, answer)

    async def judge(stored: Sequence[StandingVerdict], *_: Any) -> list[Reexecuted]:
        return await reexecute(stored, [FakeVerifier(rule=rule)], lambda *done: None)

    monkeypatch.setattr(rejudging, "_judge", judge)
    command = ["--lake", str(published.root), "verify-snapshot", "tiny", "--re-execute", "--json"]

    told = CliRunner().invoke(make_app(), command)

    assert told.exit_code == 1
    again = json.loads(told.stdout)["re_executed"]
    listed = [one for one in again["differences"] if one["sample_id"] == strange.sample_id]
    assert again["judged"] == again["members"] - len(again["differences"])
    assert [(one["outcome"], one["reason"]) for one in listed] == [("", "not judged")]
    assert "a thousand levels" in listed[0]["detail"]


async def test_members_are_judged_under_the_limits_and_libraries_that_each_was_published_under(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder = Builder(lake)
    first = "verification: {min_test_strength: null, timeout_seconds: 3, sandbox: {requirements: [numpy==2.3.5]}}"
    run, _ = await builder.build(recipe(tmp_path, FOUR_EACH + first))
    await builder.build(recipe(tmp_path, f"{FOUR_EACH}verification: {{min_test_strength: null}}"), new_run=True)
    slower = load_run(lake, run.run_id).recipe.verification.model_copy(update={"timeout_seconds": 30.0})
    change_verification(lake, run.run_id, slower)  # which has brought no version
    snapshot = snapshots(lake, "tiny")[-1]
    under: list[tuple[float, int, tuple[str, ...], int]] = []

    async def judge(
        stored: Sequence[StandingVerdict], names: Sequence[str], verification: Verification, runtime: str
    ) -> list[Reexecuted]:
        libraries = verification.sandbox.requirements
        under.append((verification.timeout_seconds, verification.memory_mib, libraries, len(stored)))
        return await _judge(stored)

    monkeypatch.setattr(rejudging, "_judge", judge)

    again = await asyncio.to_thread(rejudge, lake, snapshot, None, 64, "")  # it has a loop of its own

    assert again["judged"] == snapshot.rows == 8
    assert sorted(under) == [(3.0, 64, ("numpy==2.3.5",), 4), (5.0, 64, (), 4)]

"""A member whose verdict cannot be obtained again is no confirmed one: it is named, and the exit code says so."""

import asyncio
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from stillroom.cli import rejudging
from stillroom.cli.app import make_app
from stillroom.cli.rejudging import print_rejudged, rejudge
from stillroom.errors import NoSuchSandbox, SandboxError, UnknownRuntime
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
from stillroom.runs import Wanted, change_verification, load_run
from tests.fakes.builds import Builder
from tests.fakes.lakes import attached
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
    pytest.param(
        f"UPDATE lake.examples SET created_at = TIMESTAMP '1970-01-01' WHERE example_id = {ONE}",
        "no record of its run tiny-r1 by 1970-01-01 00:00:00",
        id="time",
    ),
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


def test_nobody_is_judged_where_the_record_of_the_run_is_lost_and_what_was_compared_is_told(published: Lake) -> None:
    (snapshot,) = snapshots(published, "tiny")
    freeze(published, snapshot)
    published._connection.execute("DELETE FROM lake.runs")  # pyright: ignore[reportPrivateUsage] - as nobody should
    command = ["--lake", str(published.root), "verify-snapshot", "tiny", "--re-execute", "--json"]

    told = CliRunner().invoke(make_app(), command)

    assert told.exit_code == 1
    found = json.loads(told.stdout)
    differing = {one["what"]: one["found"] for one in found["compared"] if not one["is_same"]}
    said = "there is no run 'tiny-r1'"
    assert said in differing["manifest against the lake"]
    assert said in found["re_executed"]["error"]


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
    await builder.build(recipe(tmp_path, STANDARD_LIBRARY), new_run=True)
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

    less = Wanted(limits={"memory_mib": 64})
    again = await asyncio.to_thread(rejudge, lake, snapshot, less, "")  # it has a loop of its own

    assert again["judged"] == snapshot.rows == 8
    assert sorted(under) == [(3.0, 64, ("numpy==2.3.5",), 4), (5.0, 64, (), 4)]


ARRAYS = f"{FOUR_EACH}verification: {{min_test_strength: null, sandbox: {{requirements: [numpy==0.0.1]}}}}"
STANDARD_LIBRARY = f"{FOUR_EACH}verification: {{min_test_strength: null}}"


@pytest.fixture(scope="module")
def _in_two_images(
    empty_lake: Path, _duckdb: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("two-images")
    root = Path(shutil.copytree(empty_lake, folder / "lake"))
    with attached(_duckdb, root) as lake:
        asyncio.run(Builder(lake).build(recipe(folder, ARRAYS)))
        asyncio.run(Builder(lake).build(recipe(folder, STANDARD_LIBRARY), new_run=True))
        freeze(lake, snapshots(lake, "tiny")[-1])
    return root


@pytest.fixture
def in_two_images(_in_two_images: Path, _duckdb: duckdb.DuckDBPyConnection, tmp_path: Path) -> Iterator[Lake]:
    """A version of eight members, of which the first run's four were published by an image with libraries."""
    with attached(_duckdb, Path(shutil.copytree(_in_two_images, tmp_path / "lake"))) as lake:
        yield lake


def judge_unless(error: SandboxError, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no sandbox with the first run's libraries come up."""

    async def judge(
        stored: Sequence[StandingVerdict], names: Sequence[str], verification: Verification, runtime: str
    ) -> list[Reexecuted]:
        if "numpy==0.0.1" in verification.sandbox.requirements:
            raise error
        image = f"with {verification.sandbox.requirements}"
        return await reexecute(stored, [FakeVerifier(verifier_id=image, image_digest=image)], lambda *done: None)

    monkeypatch.setattr(rejudging, "_judge", judge)


GONE = NoSuchSandbox("['numpy==0.0.1'] could not be fetched for the sandbox image: none has it")


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(GONE, id="libraries are gone"),
        pytest.param(UnknownRuntime("Docker knows no runtime runsc"), id="recorded runtime is unknown here"),
        pytest.param(SandboxError("Docker does not answer"), id="Docker is away"),
    ],
)
def test_members_whose_sandbox_cannot_be_had_are_listed_with_their_run_and_all_else_is_told(
    in_two_images: Lake, monkeypatch: pytest.MonkeyPatch, error: SandboxError
) -> None:
    judge_unless(error, monkeypatch)
    (snapshot,) = snapshots(in_two_images, "tiny")[1:]
    summary = in_two_images.root / snapshot.path / "summary.md"
    summary.write_bytes(summary.read_bytes()[:-1] + b"!")
    command = ["--lake", str(in_two_images.root), "verify-snapshot", "tiny", "--re-execute"]

    told = CliRunner().invoke(make_app(), [*command, "--json"])

    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert [one["what"] for one in found["compared"] if one["found"]] == ["bytes of summary.md"]
    again = found["re_executed"]
    assert (again["judged"], again["members"]) == (4, 8)
    left = [one for one in again["differences"] if one["reason"] == "not judged"]
    assert {(one["stored_outcome"], one["outcome"]) for one in left} == {("pass", "")}
    assert len({one["sample_id"] for one in left}) == 4
    (why,) = {one["detail"] for one in left}
    assert why.startswith(f"the sandbox that tiny-r1 published by cannot be had: {error}")
    assert ("`--requirements FILE`" in why) is (error is GONE)
    assert sum(one["rows"] for one in again["other_verifiers"]) == 4
    shown = CliRunner().invoke(make_app(), command)
    printed = " ".join(shown.stdout.split())
    assert shown.exit_code == 1
    assert "summary.md" in printed
    assert "4 of 8 members were judged again" in printed
    assert "4 samples" in printed


def test_runtime_that_was_asked_for_and_that_docker_does_not_know_is_a_wrong_request(
    in_two_images: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge_unless(UnknownRuntime("Docker knows no runtime runsc"), monkeypatch)
    command = ["--lake", str(in_two_images.root), "verify-snapshot", "tiny", "--re-execute", "--runtime", "runsc"]

    told = CliRunner().invoke(make_app(), command)

    assert (told.exit_code, "Docker knows no runtime runsc" in told.stderr) == (2, True)


@pytest.mark.parametrize("libraries", ["six==1.17.0", ""])
def test_members_are_judged_with_the_libraries_that_are_asked_for_which_is_told_as_another_image(
    in_two_images: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, libraries: str
) -> None:
    judge_unless(GONE, monkeypatch)
    file = tmp_path / "others.txt"
    file.write_text(f"{libraries}\n", encoding="utf-8")
    command = ["--lake", str(in_two_images.root), "verify-snapshot", "tiny", "--requirements", str(file)]
    assert "libraries and a runtime are for judging again" in CliRunner().invoke(make_app(), command).stderr
    command.append("--re-execute")

    told = CliRunner().invoke(make_app(), [*command, "--json"])

    assert told.exit_code == 0, told.output
    again = json.loads(told.stdout)["re_executed"]
    assert (again["judged"], again["differences"]) == (8, [])
    image = f"with {tuple(filter(None, [libraries]))}"
    assert {one["image_digest"] for one in again["other_verifiers"]} == {image}
    assert sum(one["rows"] for one in again["other_verifiers"]) == 8
    assert "another image" in CliRunner().invoke(make_app(), command).stdout


async def test_verdicts_that_came_before_the_sandbox_failed_for_good_are_kept(
    published: Lake, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stillroom.publication.reexecution.AT_ONCE", 1)
    (snapshot,) = snapshots(published, "tiny")
    stored = standing_verdicts(published, snapshot)
    asked: list[str] = []

    def rule(check: Check, answer: Answer) -> Judgement:
        asked.append(answer.text)
        if len(asked) > 1:
            raise SandboxError("it does not come up")
        return execute(check, answer)

    again = await reexecute(stored, [FakeVerifier(rule=rule)], lambda *done: None)

    assert [one.outcome for one in again] == ["pass", "", "", ""]
    assert {one.detail for one in again[1:]} == {"the sandbox failed: it does not come up"}
    assert len(asked) == 2, "nobody else was tried in a sandbox that fails"


def test_what_differs_is_a_row_of_its_own_beside_what_was_left_for_one_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def difference(number: int, reason: str, detail: str = "") -> dict[str, str]:
        names = {"sample_id": f"sample-{number}", "example_id": f"example-{number}", "detail": detail}
        return {**names, "stored_outcome": "pass", "stored_reason": "", "outcome": "", "reason": reason}

    differences = [
        *(difference(number, "not judged", "no image") for number in range(30)),
        difference(30, "not judged", "no tests"),
        *(difference(number, "timeout", "too slow") for number in (31, 32)),
    ]
    print_rejudged({"judged": 2, "members": 33, "other_verifiers": [], "differences": differences})

    printed = capsys.readouterr().out
    assert "33 verdicts differ" in printed
    for expected in ("30 samples", "sample-30", "sample-31", "sample-32"):
        assert expected in printed
    assert "sample-29" not in printed
    assert "--json lists them all" not in printed

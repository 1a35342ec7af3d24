"""``verify`` and ``calibrate`` as a person runs them, on the real sandbox."""

import gzip
import importlib.metadata
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.workbench import ROOT, SEEDS, Done

pytestmark = pytest.mark.docker
RIGHT = "def double(x):\n    return 2 * x\n"
TESTS = "assert double(2) == 4\nassert double(-1) == -2"


def stillroom(*arguments: str, stdin: bytes = b"") -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "stillroom", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        timeout=250,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def row(id_: object, completion: str, **changes: Any) -> bytes:
    return json.dumps(
        {"id": id_, "completion": completion, "tests": TESTS, "entry_point": "double", **changes}
    ).encode()


def outcomes(done: Done) -> list[tuple[object, str, str]]:
    found = [json.loads(line) for line in done.out.splitlines()]
    return [(one["id"], one["outcome"], one["reason"]) for one in found]


def test_rows_are_judged_in_order_and_bad_ones_do_not_stop_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [
        row("right", RIGHT),
        row("wrong", RIGHT.replace("2 *", "3 *")),
        b'{"id": "broken"',
        row("text", f"Of course!\n```python\n{RIGHT}```"),
        b"\xff\xfe",
        row("weak", RIGHT, tests="x = 1"),
        row("no-tests", RIGHT, tests=None),
        row("huge", "#" * (10 << 20)),
        row("loop", "def double(x):\n    while True:\n        pass\n"),
        row(3, "Sorry, I cannot."),
        row("last", RIGHT),
    ]
    file.write_bytes(b"\n".join(rows))

    done = stillroom("verify", str(file), "--capability", "code", "--timeout-seconds", "1")

    assert outcomes(done) == [
        ("right", "pass", ""),
        ("wrong", "fail", "wrong-answer"),
        (None, "abstain", "bad-row"),
        ("text", "pass", ""),
        (None, "abstain", "bad-row"),
        ("weak", "abstain", "tests:no-assert"),
        ("no-tests", "abstain", "bad-row"),
        ("huge", "fail", "source-limit"),
        ("loop", "fail", "timeout"),
        (3, "fail", "refusal"),
        ("last", "pass", ""),
    ]
    assert done.code == 1
    assert "3 could not be read" in done.err
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [line["line"] for line in lines] == list(range(1, 12))
    assert lines[1]["tests_total"] == 2
    assert "not UTF-8" in lines[4]["detail"]


def test_standard_input_and_seed_rows_and_exit_0() -> None:
    done = stillroom("verify", "-", "--capability", "code", stdin=SEEDS.read_bytes())

    ids = [json.loads(line)["id"] for line in SEEDS.read_text(encoding="utf-8").splitlines()]
    assert outcomes(done) == [(id_, "pass", "") for id_ in ids]
    assert done.code == 0
    assert f"{len(ids)} rows: {len(ids)} pass" in done.err


def test_compressed_standard_input_is_read() -> None:
    done = stillroom("verify", "-", "--capability", "code", stdin=gzip.compress(SEEDS.read_bytes()))

    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == len(SEEDS.read_text(encoding="utf-8").splitlines())


def test_rows_go_to_standard_output_while_progress_is_drawn_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "stillroom", "verify", "-", "--capability", "code"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    out, _ = process.communicate(b"\n".join(row(number, RIGHT) for number in range(20)), timeout=250)
    os.close(ours)

    assert [json.loads(line)["id"] for line in out.splitlines()] == list(range(20))
    assert process.returncode == 0


def test_answers_that_fail_for_their_form_are_suspected() -> None:
    rows = b"\n".join(row(number, RIGHT.replace("double", "twice")) for number in range(4))

    done = stillroom("verify", "-", "--capability", "code", stdin=rows)

    assert {reason for _, _, reason in outcomes(done)} == {"harness:wrong-name"}
    assert "extraction is at fault" in done.err
    assert done.code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["verify", "none.jsonl", "--capability", "code"], "cannot read none.jsonl"),
        (["verify", str(SEEDS), "--capability", "poems"], "there is no capability 'poems'"),
        (["verify", str(SEEDS)], "--capability"),
        (["calibrate", "--set", "none.jsonl"], "cannot read none.jsonl"),
    ],
)
def test_wrong_requests_exit_with_2(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = stillroom("--lake", str(tmp_path / "lake"), *arguments)

    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", [["verify", str(SEEDS), "--capability", "code"], ["calibrate"]])
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--runtime", "runcc"], "under 'runcc', but Docker knows only the runtimes"),
        (["--requirements", "absent.txt"], "absent.txt cannot be read"),
    ],
)
def test_sandbox_that_cannot_be_is_a_wrong_request(
    tmp_path: Path, command: list[str], options: list[str], said: str
) -> None:
    done = stillroom("--lake", str(tmp_path / "lake"), *command, *options)

    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_libraries_and_calibration_are_in_every_verdict(tmp_path: Path) -> None:
    """Calibrated under the same options, verdicts name the calibration; else none, and that is said once."""
    lake = ("--lake", str(tmp_path / "lake"))
    libraries = tmp_path / "libraries.txt"
    libraries.write_text(f"numpy=={importlib.metadata.version('numpy')}\n", encoding="utf-8")
    options = ("--capability", "code", "--requirements", str(libraries), "--runtime", "runc")
    arrays = "import numpy\n\ndef double(x):\n    return int(2 * numpy.asarray(x))\n"
    rows = b"\n".join([row(1, arrays), row(2, RIGHT), b"{"])

    before = stillroom(*lake, "verify", "-", *options, stdin=rows)
    assert outcomes(before) == [(1, "pass", ""), (2, "pass", ""), (None, "abstain", "bad-row")]
    verdicts = [json.loads(line) for line in before.out.splitlines()]
    assert [one["calibration_id"] for one in verdicts] == [""] * 3
    assert before.err.count("has no calibration") == 1
    assert not (tmp_path / "lake").exists()

    measured = stillroom(*lake, "calibrate", *options, "--json")
    assert measured.code == 0, measured.err
    shipped = next(one for one in json.loads(measured.out) if one["case_set"] == "shipped")

    after = stillroom(*lake, "verify", "-", *options, stdin=rows)
    named = [json.loads(line) for line in after.out.splitlines()]
    assert [one["calibration_id"] for one in named] == [shipped["calibration_id"]] * 2 + [""]
    assert [one["verifier_id"] for one in named] == [shipped["verifier_id"]] * 2 + [""]
    assert [len(one["image_digest"]) for one in named] == [64, 64, 0]
    assert "has no calibration" not in after.err

    plain = stillroom(*lake, "verify", "-", "--capability", "code", stdin=rows)
    found = [json.loads(line) for line in plain.out.splitlines()]
    assert outcomes(plain)[0] == (1, "fail", "harness:missing-import")
    assert found[0]["image_digest"] != named[0]["image_digest"]
    assert found[0]["calibration_id"] == ""


def test_sandbox_that_fails_is_no_verdict() -> None:
    environment = {**os.environ, "DOCKER_HOST": "tcp://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "stillroom", "verify", str(SEEDS), "--capability", "code"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_calibrating_twice_measures_once(tmp_path: Path) -> None:
    lake = ("--lake", str(tmp_path / "lake"))
    problem = {
        "task_id": "Ours/0",
        "prompt": "def inc(x):\n    '''One more.'''\n",
        "canonical_solution": "    return x + 1\n",
        "test": "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(-5) == -4\n",
        "entry_point": "inc",
    }
    more = tmp_path / "ours.jsonl.gz"
    more.write_bytes(gzip.compress(json.dumps(problem).encode()))

    first = stillroom(*lake, "calibrate", "--capability", "code", "--set", str(more), "--json")

    assert first.code == 0, first.err
    found = {one["case_set"]: one for one in json.loads(first.out)}
    assert list(found) == ["shipped", "mutants of shipped", "ours.jsonl.gz", "mutants of ours.jsonl.gz"]
    assert (found["shipped"]["true_pass_rate"], found["shipped"]["false_pass_rate"]) == (1.0, 0.0)
    assert found["shipped"]["false_pass_high"] < 0.02
    assert found["ours.jsonl.gz"]["good_passed"] == 1
    assert all(one["is_new"] for one in found.values())

    second = stillroom(*lake, "calibrate", "--set", str(more), "--json")
    again = {one["case_set"]: one for one in json.loads(second.out)}
    assert not any(one["is_new"] for one in again.values())
    assert again["shipped"] == {**found["shipped"], "is_new": False}
    counted = stillroom(*lake, "sql", "select count(*) as n from calibrations", "--json")
    assert json.loads(counted.out) == [{"n": 4}]
    table = stillroom(*lake, "calibrate")
    assert "mutants of shipped" in table.out
    assert "%" in table.out

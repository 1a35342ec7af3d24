"""The fake teacher keeps the promises that other tests stand on."""

from pathlib import Path

import httpx

from stillroom.capabilities import Proposal, find_capability
from stillroom.teachers.template import load_template
from tests.fakes.answers import Mix, Script, written_task
from tests.fakes.prompts import known, prompt, write_seeds
from tests.fakes.teacher import teacher_process
from tests.fakes.tokenizer import make_tokenizer

CODE = find_capability("code")


def ask(url: str, text: str, n: int) -> list[str]:
    request = {"text": text, "sampling_params": {"n": n, "max_new_tokens": 512}}
    replies = httpx.post(f"{url}/generate", json=request, trust_env=False).raise_for_status().json()
    return [reply["text"] for reply in replies]


def test_killed_process_goes_on_where_its_ledger_ends(tmp_path: Path) -> None:
    ledger, tasks = tmp_path / "ledger", write_seeds(tmp_path / "seeds.jsonl", range(3))
    text = prompt(1).task
    with teacher_process(ledger, "--tasks", str(tasks)) as teacher:
        before = ask(teacher.url, text, 3)
        teacher.kill()
        assert len(teacher.paid) == 3
    with teacher_process(ledger, "--tasks", str(tasks)) as teacher:
        after = ask(teacher.url, text, 3)
        assert len(teacher.paid) == 6
        counted = httpx.get(f"{teacher.url}/control", trust_env=False).json()

    script = Script(known(prompt(1)))
    assert before + after == [script.answer(text, index).text for index in range(6)]
    assert (counted["paid"], counted["requests"]) == (6, 1)


def test_process_can_be_told_to_misbehave_and_to_die(tmp_path: Path) -> None:
    with teacher_process(tmp_path / "ledger", "--die-after", "2") as teacher:
        faults = {"faults": [{"kind": "busy", "times": 1}]}
        httpx.post(f"{teacher.url}/control", json=faults, trust_env=False).raise_for_status()
        request = {"text": "hello", "sampling_params": {"max_new_tokens": 9}}
        codes = [httpx.post(f"{teacher.url}/generate", json=request, trust_env=False).status_code for _ in range(2)]
        try:
            httpx.post(f"{teacher.url}/generate", json=request, trust_env=False)
        except httpx.TransportError:
            codes.append(0)
        status = teacher.process.wait(timeout=10)

    assert (codes, status) == ([503, 200, 0], 9)


def test_shares_of_bad_answers_are_as_asked() -> None:
    script = Script(known(prompt(1)), mix=Mix(wrong=0.3, prose=0.1, refusal=0.1, truncated=0.1))

    said = [script.answer(prompt(1).task, index) for index in range(1000)]

    assert 60 < sum(one.finish == "length" for one in said) < 140
    assert 60 < sum("sorry" in one.text for one in said) < 140
    assert 330 < sum(prompt(1).reference in one.text for one in said) < 470
    assert len({one.text for one in said if prompt(1).reference in one.text}) > 300


def test_invented_tasks_can_be_answered() -> None:
    tasks = [written_task(number) for number in range(50)]

    assert len({task["task"] for task in tasks}) == 50
    for task in tasks:
        reply = Script(mix=Mix(wrong=0, prose=0, refusal=0, truncated=0)).answer(f"<user>{task['task']}", 0)
        assert "\n".join(task["solution"]) in reply.text


def test_writing_replies_are_good_but_for_the_asked_share() -> None:
    script = Script(mix=Mix(bad_writing=0.3))

    read = [CODE.read_proposal(script.write(f"request {number}", number).text, min_checks=2) for number in range(300)]

    # a third of the bad ones is well-formed: its solution fails its own tests
    assert 210 < sum(isinstance(one, Proposal) for one in read) < 270


def test_tokenizer_folder_is_one_that_transformers_loads(tmp_path: Path) -> None:
    template = load_template(str(make_tokenizer(tmp_path / "model")))

    assert (
        template.render("hello", system="be brief") == "<|system|>be brief<|end|>\n<|user|>hello<|end|>\n<|assistant|>"
    )

"""Identities: what enters them and what never does."""

from dataclasses import fields, replace
from typing import Any

import pytest

from stillroom.records import Check, Request, SamplingParams
from tests.fakes.prompts import prompt

REQUEST = Request(
    prompt_id="p",
    teacher_id="qwen@abc",
    text="<user>task</user>",
    params=SamplingParams(temperature=0.8, max_new_tokens=256),
    epoch=0,
)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"text": "<user>task </user>"}, id="one byte of the rendered text"),
        pytest.param({"teacher_id": "qwen@abd"}, id="revision of the teacher"),
        pytest.param({"prompt_id": "q"}, id="prompt"),
        pytest.param({"epoch": 1}, id="epoch"),
    ],
)
def test_what_is_sent_is_part_of_a_samples_identity(change: dict[str, Any]) -> None:
    assert replace(REQUEST, **change).sample_id(0) != REQUEST.sample_id(0)


OTHER_VALUES: dict[str, Any] = {"stop": ("x",), "json_schema": "{}"}


@pytest.mark.parametrize("name", [field.name for field in fields(SamplingParams)])
def test_every_sampling_parameter_is_part_of_a_samples_identity(name: str) -> None:
    params = replace(REQUEST.params, **{name: OTHER_VALUES.get(name, 0.125)})

    assert replace(REQUEST, params=params).sample_id(0) != REQUEST.sample_id(0)


def test_identity_of_a_sample_has_no_room_for_n_endpoint_or_client_settings() -> None:
    assert {field.name for field in fields(Request)} == {"prompt_id", "teacher_id", "text", "params", "epoch"}
    assert "n" not in {field.name for field in fields(SamplingParams)}


def test_indices_have_ids_of_their_own_that_stay_when_n_grows() -> None:
    few, many = ([REQUEST.sample_id(index) for index in range(n)] for n in (4, 64))

    assert many[:4] == few
    assert len(set(many)) == 64


def test_identities_are_the_same_in_every_process_and_version() -> None:
    """These are the keys of rows that were paid for: a change here would buy them all again."""
    assert REQUEST.request_id == "2b33dc9f9ae9c24f04b7e5f1"
    assert REQUEST.sample_id(3) == "a3cc6fabe112fac6424b0d11"
    task = replace(prompt(1), task="Write `f(x)`.", check=Check(tests="assert f(1)", entry_point="f"))
    assert task.prompt_id == "ab26da9eff7e7b16ab5fdfda"
    assert task.check_id == "d3a0a122f8a3b7a1b360339f"


def test_prompt_identity_is_the_task_alone() -> None:
    one = prompt(1)
    other = replace(
        one,
        task=one.task.replace(" ", "  "),
        check=Check(tests="assert f()", entry_point="f"),
        topic="x",
        parents=("y",),
    )

    assert other.prompt_id == one.prompt_id
    assert replace(one, task=one.task + "!").prompt_id != one.prompt_id
    assert replace(one, capability="math").prompt_id != one.prompt_id


def test_check_identity_is_the_prompt_and_what_is_checked() -> None:
    one = prompt(1)

    assert replace(one, reference="", nearest_score=0.5).check_id == one.check_id
    assert replace(one, check=replace(one.check, tests=f"{one.check.tests}\nassert True")).check_id != one.check_id
    assert replace(prompt(2), check=one.check).check_id != one.check_id

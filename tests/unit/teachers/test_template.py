"""A chat template that cannot be had, or does not take what it is to be given, is told in a sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants

from stillroom.errors import TeacherError, TeacherRefused
from stillroom.recipe import Teacher
from stillroom.teachers.template import load_template, template_of
from tests.fakes.tokenizer import TEMPLATE, make_tokenizer

NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + TEMPLATE
)


def teacher(system: str | None = None) -> Teacher:
    return Teacher(name="fake", urls=("http://127.0.0.1:9",), model="/models/tiny", system=system)


def test_a_template_that_takes_no_system_message_is_told_by_the_recipes_key(tmp_path: Path) -> None:
    model = str(make_tokenizer(tmp_path / "tiny", template=NO_SYSTEM))

    with pytest.raises(
        TeacherRefused,
        match=r"of \S+/tiny takes no system message \(System role not supported\), but teacher 'fake' has one\. Take "
        "`system:` out",
    ):
        template_of(teacher("Be brief."), model)

    assert template_of(teacher(), model).render("hello").startswith("<|user|>hello")


@pytest.mark.parametrize(
    ("template", "why"),
    [
        pytest.param("{{ raise_exception('tools only') }}", "tools only", id="it refuses"),
        pytest.param("{{ 1 + messages }}", "unsupported operand", id="it fails"),
        pytest.param("{% for message in messages %}", "Unexpected end of template", id="it is no template"),
    ],
)
@pytest.mark.parametrize("system", ["Be brief.", None])
def test_a_template_that_takes_no_task_is_told(tmp_path: Path, template: str, why: str, system: str | None) -> None:
    model = str(make_tokenizer(tmp_path / "tiny", template=template))

    with pytest.raises(TeacherRefused, match=rf"of \S+/tiny takes no task: {why}.* name another for teacher 'fake'"):
        template_of(teacher(system), model)


def test_a_task_that_a_template_fails_over_is_refused(tmp_path: Path) -> None:
    refuses = "{% if 'no' in messages[0]['content'] %}{{ raise_exception('not that') }}{% endif %}" + TEMPLATE
    template = template_of(teacher(), str(make_tokenizer(tmp_path / "tiny", template=refuses)))

    with pytest.raises(TeacherRefused, match="the model's chat template gives no text: not that"):
        template.render("no")


def test_a_model_without_a_chat_template_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TeacherError, match=r"tiny has no chat template; a teacher must be an instruction-tuned model"):
        load_template(str(make_tokenizer(tmp_path / "tiny", template=None)))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: whole[: len(whole) // 2], id="cut short"),
        pytest.param(lambda whole: whole.replace('"WordLevel"', '"Unheard"'), id="of a later form"),
    ],
)
def test_a_damaged_tokenizer_is_told_with_what_its_folder_must_hold(
    tmp_path: Path, damage: Callable[[str], str]
) -> None:
    file = make_tokenizer(tmp_path / "tiny") / "tokenizer.json"
    file.write_text(damage(file.read_text()))

    with pytest.raises(TeacherError, match=r"cannot load the tokenizer of \S+/tiny: .* must hold the model's whole"):
        load_template(str(file.parent))


def test_a_folder_without_a_tokenizer_is_told(tmp_path: Path) -> None:
    with pytest.raises(TeacherError, match=r"cannot load the tokenizer of .*`tokenizer\.json` and"):
        load_template(str(tmp_path))


def test_a_model_that_the_hub_does_not_give_is_told_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(
        TeacherError, match=r"the tokenizer of Owner/Tiny: .*`stillroom models pull Owner/Tiny --revision r7`"
    ):
        load_template("Owner/Tiny", revision="r7")


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        pytest.param(ValueError(""), "ValueError", id="no word"),
        pytest.param(ImportError("\nIt needs sentencepiece.\nSee there"), "It needs sentencepiece", id="after a gap"),
        pytest.param(Exception("EOF while parsing"), "EOF while parsing", id="a bare one"),
    ],
)
def test_whatever_stops_a_tokenizer_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, why: str
) -> None:
    from transformers import AutoTokenizer

    def fail(*args: object, **options: object) -> None:
        raise failure

    monkeypatch.setattr(AutoTokenizer, "from_pretrained", fail)
    with pytest.raises(TeacherError, match=rf"cannot load the tokenizer of Owner/Tiny: {why}\. Bring the model here"):
        load_template("Owner/Tiny")

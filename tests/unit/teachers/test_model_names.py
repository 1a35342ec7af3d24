"""Models are told apart by owner and name, wherever a server has its weights from."""

import pytest

from stillroom.teachers.model_names import ModelName, is_meant, model_name

CACHE = "/root/.cache/huggingface/hub/models--Qwen--Qwen2.5-Coder-0.5B-Instruct/snapshots/0123abc"


@pytest.mark.parametrize(
    ("said", "owner", "name"),
    [
        pytest.param("Qwen/Foo", "Qwen", "Foo", id="hub id"),
        pytest.param("gpt2", "", "gpt2", id="hub id without owner"),
        pytest.param(CACHE, "Qwen", "Qwen2.5-Coder-0.5B-Instruct", id="hub cache"),
        pytest.param("/cache/models--gpt2/snapshots/0123abc/", "", "gpt2", id="hub cache without owner"),
        pytest.param("/models/Qwen/Foo", "", "Foo", id="folder"),
        pytest.param("/models/Foo/", "", "Foo", id="folder with a slash at its end"),
        pytest.param("./Qwen/Foo", "", "Foo", id="relative folder"),
        pytest.param("../Foo", "", "Foo", id="folder beside"),
        pytest.param("~/Foo", "", "Foo", id="folder at home"),
        pytest.param("s3://bucket/Foo", "", "Foo", id="address"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_a_name_tells_owner_and_name_as_far_as_it_does(said: str, owner: str, name: str) -> None:
    assert model_name(said) == ModelName(owner, name)


@pytest.mark.parametrize(
    ("wanted", "weights", "served_as"),
    [
        pytest.param("Qwen/Foo", "Qwen/Foo", "Qwen/Foo", id="the hub id itself"),
        pytest.param("qwen/foo", "Qwen/Foo", "", id="in another case"),
        pytest.param("Qwen/Qwen2.5-Coder-0.5B-Instruct", CACHE, "qwen2.5-coder-0.5b-instruct", id="hub cache"),
        pytest.param(CACHE, "Qwen/Qwen2.5-Coder-0.5B-Instruct", "", id="hub cache on our side"),
        pytest.param("Qwen/Foo", "/models/Foo", "", id="folder of that name"),
        pytest.param("/models/Foo", "/elsewhere/Foo", "", id="folder on another machine"),
        pytest.param("/models/Foo", "org/Foo", "", id="folder with the hub's tokenizer"),
        pytest.param("Qwen/Foo", "/models/7", "Qwen/Foo", id="folder that is called so"),
        pytest.param("Qwen/Foo", "/home/models/qwen--foo/gguf-sha256-1d96", "foo", id="folder with a short name"),
    ],
)
def test_the_model_that_is_meant_is_recognised(wanted: str, weights: str, served_as: str) -> None:
    assert is_meant(wanted, weights=weights, served_as=served_as)


@pytest.mark.parametrize(
    ("wanted", "weights", "served_as"),
    [
        pytest.param("Qwen/Foo", "someone-else/Foo", "someone-else/Foo", id="another owner"),
        pytest.param("Qwen/Foo", "someone-else/Foo", "Foo", id="another owner under a short name"),
        pytest.param("Qwen/Foo", "someone-else/Foo", "Qwen/Foo", id="another owner under a borrowed name"),
        pytest.param("Qwen/Foo", "/cache/models--someone-else--Foo/snapshots/0123abc", "Foo", id="hub cache"),
        pytest.param("Qwen/Foo", "Qwen/Bar", "Qwen/Bar", id="another name"),
        pytest.param("Qwen/Foo", "/models/7", "someone-else/Foo", id="folder that is called otherwise"),
        pytest.param("/models/Foo", "/models/Bar", "", id="another folder"),
    ],
)
def test_another_model_is_told_apart(wanted: str, weights: str, served_as: str) -> None:
    assert not is_meant(wanted, weights=weights, served_as=served_as)

"""The real SGLang server on this machine: it starts, says who it is, and samples."""

import json
import os
import subprocess

import httpx
import pytest

from stillroom.teachers import serving
from stillroom.teachers.serving_environment import DEPLOYMENT, ensure_environment
from stillroom.teachers.serving_start import RunningServer

pytestmark = [pytest.mark.teacher, pytest.mark.slow, pytest.mark.timeout(1500)]

NAME = "qwen2.5-coder-0.5b-instruct"
PARSE = """
import argparse, json, sys
from stillroom_sglang_cpu import make_torchvision_importable
make_torchvision_importable()
from sglang.srt.server_args import ServerArgs
parser = argparse.ArgumentParser()
ServerArgs.add_cli_args(parser)
arguments = parser.parse_args(sys.argv[1:])
names = ("model_path", "revision", "weight_version", "served_model_name", "port")
print(json.dumps({name: getattr(arguments, name) for name in names}))
"""


@pytest.fixture(scope="module")
def server() -> RunningServer:
    """A warm server is reused; a new one is left to stop itself when idle."""
    return serving.serve(NAME)


def generate(server: RunningServer, text: str, **params: object) -> list[dict[str, object]]:
    request = {
        "text": text,
        "sampling_params": {"temperature": 0.8, "top_p": 1.0, "max_new_tokens": 8, "n": 2, **params},
    }
    return httpx.post(f"{server.url}/generate", json=request, timeout=300).raise_for_status().json()


def test_two_prompts_with_two_samples_each_say_what_they_cost_and_which_weights_they_are_from(
    server: RunningServer,
) -> None:
    for prompt in ("def add(a, b):", "The capital of France is"):
        samples = generate(server, prompt)
        assert len(samples) == 2
        for sample in samples:
            meta = sample["meta_info"]
            assert isinstance(meta, dict)
            assert meta["weight_version"] == server.revision
            assert meta["finish_reason"]["type"] in ("stop", "length")
            assert 0 < meta["completion_tokens"] <= 8
            assert meta["prompt_tokens"] > 0


def test_a_shared_prefix_is_computed_once(server: RunningServer) -> None:
    prompt = f"{os.getpid()} " + "Here is a long line that is the same for all samples. " * 20
    cached = [sample["meta_info"]["cached_tokens"] for sample in generate(server, prompt, n=4)]  # type: ignore[index]
    assert min(cached) > 200


def test_greedy_answers_agree_and_make_sense(server: RunningServer) -> None:
    first, second = generate(server, "1, 2, 3, 4, 5, 6,", temperature=0.0)
    assert first["text"] == second["text"]
    assert "7, 8" in str(first["text"])


def test_it_is_found_again(server: RunningServer) -> None:
    again = serving.serve(NAME)
    assert (again.pid, again.url, again.reused) == (server.pid, server.url, True)
    (status,) = [status for status in serving.status() if status.name == NAME]
    assert status.state == "ready"
    assert status.resident_bytes < 4e9  # PSS of all its processes


def test_the_tokenizer_beside_the_weights_applies_qwens_template_without_torch(server: RunningServer) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(server.model_path)
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Hi"}], tokenize=False, add_generation_prompt=True
    )
    assert text == (
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )


@pytest.mark.parametrize("revision", ["c" * 40, None], ids=["a commit of the hub", "whatever is newest"])
def test_sglang_accepts_the_flags_of_the_gpu_command(revision: str | None) -> None:
    argv = serving.dry_run("Owner/Model", revision=revision, extra_flags=("--tp-size", "2")).argv
    python = ensure_environment()
    done = subprocess.run([str(python), "-c", PARSE, *argv[3:]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    parsed = json.loads(done.stdout.splitlines()[-1])
    assert parsed == {
        "model_path": "Owner/Model",
        "revision": revision,
        "weight_version": revision or "default",
        "served_model_name": "Owner/Model",
        "port": 30000,
    }


def test_the_plugins_attention_and_sampling_agree_with_sglangs_own() -> None:
    """Bit by bit would be too much: bfloat16 rounds differently; the distributions are held by chi-squared tests."""
    argv = [str(ensure_environment()), str(DEPLOYMENT / "plugin" / "check_plugin.py")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]

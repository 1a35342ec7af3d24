import pytest


@pytest.fixture(autouse=True)
def empty_home(monkeypatch, tmp_path):
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path / "home"))


def test_models_that_are_not_here_are_listed_too(answer):
    assert [(row["name"], row["here"]) for row in answer("models", "list")] == [
        ("qwen2.5-coder-0.5b-instruct", False),
        ("qwen2.5-coder-1.5b-instruct", False),
    ]


def test_dry_run_prints_the_command_of_a_gpu_host(answer, stillroom):
    wanted = ("teacher", "serve", "Qwen/Qwen2.5-Coder-7B-Instruct", "--device", "cuda", "--port", "31000", "--dry-run")
    argv = answer(*wanted)
    assert argv[1:5] == ["-m", "sglang.launch_server", "--model-path", "Qwen/Qwen2.5-Coder-7B-Instruct"]
    assert argv[argv.index("--port") + 1] == "31000"
    printed = stillroom(*wanted, "--", "--tp", "2").stdout
    assert printed.endswith("--tp 2\n")


def test_nothing_is_served_on_a_new_machine(stillroom, answer):
    assert answer("teacher", "status") == []
    assert "No teacher is served" in stillroom("teacher", "status").stdout
    assert answer("teacher", "stop", "qwen2.5-coder-0.5b-instruct")["stopped"] is False


def test_an_unknown_model_is_a_wrong_request(stillroom):
    result = stillroom("models", "pull", "qwen9")
    assert result.exit_code == 2
    assert "qwen2.5-coder-0.5b-instruct" in result.stderr

import time

import pytest

from stillroom.teachers import models


@pytest.fixture(autouse=True)
def empty_home(monkeypatch, tmp_path):
    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path / "home"))


def test_models_that_are_not_here_are_listed_too(answer):
    assert [(row["name"], row["here"]) for row in answer("models", "list")] == [
        ("qwen2.5-coder-0.5b-instruct", False),
        ("qwen2.5-coder-1.5b-instruct", False),
    ]


LARGE = "Qwen/Qwen2.5-Coder-7B-Instruct"
SMALL = "qwen2.5-coder-0.5b-instruct"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def value_of(argv, flag):
    return argv[argv.index(flag) + 1]


def here(tmp_path, source, revision):
    """A model on this machine."""
    folder = models.home() / "models" / SMALL / revision.replace(":", "-")
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    pulled = models.PulledModel(
        name=SMALL, path=folder, source=source, revision=revision, licence="", hub_id="o/m", pulled_at=time.time()
    )
    models._record(folder.parent, pulled)


def test_dry_run_prints_the_command_of_a_gpu_host_wherever_it_is_asked(answer, stillroom):
    wanted = ("teacher", "serve", LARGE, "--port", "31000", "--dry-run")
    argv = answer(*wanted)
    assert argv[:5] == ["python", "-m", "sglang.launch_server", "--model-path", LARGE]
    assert not {"env", "--device", "--attention-backend"} & set(argv)
    assert value_of(argv, "--port") == "31000"
    assert answer(*wanted, "--device", "cuda") == argv
    printed = stillroom(*wanted, "--", "--tp", "2")
    assert printed.stdout.endswith("--tp 2\n")
    assert "--device cpu shows the command for a machine without a GPU" in printed.stderr


def test_dry_run_of_an_unknown_revision_names_none_and_says_how_to(answer, stillroom):
    wanted = ("teacher", "serve", LARGE, "--dry-run")
    assert not {"--weight-version", "--revision", "REVISION"} & set(answer(*wanted))
    assert "name a commit of the hub with --revision" in stillroom(*wanted).stderr
    argv = answer(*wanted, "--revision", COMMIT)
    assert (value_of(argv, "--revision"), value_of(argv, "--weight-version")) == (COMMIT, COMMIT)
    assert "name a commit" not in stillroom(*wanted, "--revision", COMMIT).stderr


@pytest.mark.parametrize(
    ("source", "revision", "known"),
    [
        pytest.param("hub", COMMIT, True, id="of the hub"),
        pytest.param("wheels", "gguf-sha256:1d96", False, id="a copy"),
    ],
)
def test_dry_run_of_a_model_that_is_here_names_it_as_a_gpu_host_can_load_it(answer, tmp_path, source, revision, known):
    here(tmp_path, source, revision)
    argv = answer("teacher", "serve", SMALL, "--dry-run")
    assert value_of(argv, "--model-path") == "Qwen/Qwen2.5-Coder-0.5B-Instruct"
    assert ("--weight-version" in argv) is known
    if known:
        assert (value_of(argv, "--revision"), value_of(argv, "--weight-version")) == (COMMIT, COMMIT)


def test_dry_run_for_this_machines_cpu_names_the_folder_once_the_model_is_here(answer, stillroom, tmp_path):
    wanted = ("teacher", "serve", SMALL, "--device", "cpu", "--dry-run")
    assert answer(*wanted)[:2] == ["env", "SGLANG_PLATFORM=stillroom_cpu"]
    assert f"stillroom models pull {SMALL}" in stillroom(*wanted).stderr
    here(tmp_path, "wheels", "gguf-sha256:1d96")
    argv = answer(*wanted)
    assert value_of(argv, "--model-path").endswith("gguf-sha256-1d96")
    assert value_of(argv, "--weight-version") == "gguf-sha256:1d96"
    assert "--revision" not in argv


def test_nothing_is_served_on_a_new_machine(stillroom, answer):
    assert answer("teacher", "status") == []
    assert "No teacher is served" in stillroom("teacher", "status").stdout
    assert answer("teacher", "stop", "qwen2.5-coder-0.5b-instruct")["stopped"] is False


def test_an_unknown_model_is_a_wrong_request(stillroom):
    result = stillroom("models", "pull", "qwen9")
    assert result.exit_code == 2
    assert "qwen2.5-coder-0.5b-instruct" in result.stderr

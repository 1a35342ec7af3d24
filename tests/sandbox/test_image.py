import importlib.metadata
import io
import os
import tarfile

import pytest

from stillroom.records.execution import Ending, Program
from stillroom.records.libraries import read_libraries
from verifiers.sandbox import DockerExecutor, ensure_docker, ensure_image, image, rootfs

pytestmark = pytest.mark.docker


def test_two_builds_from_the_same_inputs_have_the_same_digest():
    assert rootfs.collect().digest == rootfs.collect().digest


def test_every_folder_is_named_so_that_no_daemon_chooses_its_mode():
    entries = rootfs.collect().entries
    folders = {entry.path: entry.mode for entry in entries if entry.is_folder}
    assert {parent for entry in entries for parent in entry.path.parents if parent.name} <= folders.keys()
    assert set(folders.values()) == {0o755}
    assert list(entries[: len(folders)]) == [entry for entry in entries if entry.is_folder], "parents come first"


def test_an_image_that_is_there_is_found_again():
    assert ensure_image() == ensure_image()


async def test_a_second_image_carries_the_distributions_of_a_requirements_file(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text(f"# arrays\nnumpy=={importlib.metadata.version('numpy')}\n")
    made = ensure_image(read_libraries(file))
    assert made.digest != ensure_image().digest
    async with DockerExecutor(made) as executor:
        found = await executor.run(Program(source="import numpy as np\nprint(np.arange(4) @ np.arange(4))"))
    assert (found.ending, found.stdout) == (Ending.DONE, b"14\n"), found


def test_images_of_earlier_sources_are_removed_but_for_the_newest_and_those_in_use(monkeypatch):
    monkeypatch.setattr(image, "MOST_KEPT", 2)
    repository = f"stillroom-test-{os.getpid()}"
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    client = ensure_docker()
    try:
        for number in range(4):
            client.api.import_image_from_data(empty.getvalue(), repository=repository, tag=str(number))
        used = client.containers.create(f"{repository}:0", "none")

        assert image.remove_old(client, repository) == 1

        left = {tag for one in client.images.list(repository) for tag in one.tags}
        assert left == {f"{repository}:{number}" for number in (0, 2, 3)}
        used.remove()
    finally:
        for one in client.images.list(repository):
            client.images.remove(one.id, force=True)
        client.close()


def test_the_newest_image_of_each_set_of_distributions_stays_and_takes_no_others_place(monkeypatch):
    monkeypatch.setattr(image, "MOST_KEPT", 1)
    repository = f"stillroom-test-sets-{os.getpid()}"
    client = ensure_docker()
    sets = ("a==1", "b==1", "a==1", "", "a==1 b==1", "", "")
    try:
        for number, carried in enumerate(sets):
            changes = [f'LABEL {image.REQUIREMENTS_LABEL}="{carried}"'] if carried else None
            archive = _archive_of(number)
            client.api.import_image_from_data(archive, repository=repository, tag=str(number), changes=changes)

        assert image.remove_old(client, repository) == 3

        left = {tag.partition(":")[2] for one in client.images.list(repository) for tag in one.tags}
        assert left == {"1", "2", "4", "6"}
    finally:
        for one in client.images.list(repository):
            client.images.remove(one.id, force=True)
        client.close()


def test_an_image_with_distributions_is_not_removed_when_it_has_just_been_made(monkeypatch):
    monkeypatch.setattr(image, "REPOSITORY", f"stillroom-test-carrying-{os.getpid()}")
    monkeypatch.setattr(image, "MOST_KEPT", 0)
    client = ensure_docker()
    try:
        made = ensure_image((f"typing-extensions=={importlib.metadata.version('typing-extensions')}",), client=client)
        assert image.remove_old(client, image.REPOSITORY) == 0
        assert made.tag in client.images.get(made.tag).tags
    finally:
        for one in client.images.list(image.REPOSITORY):
            client.images.remove(one.id, force=True)
        client.close()


def test_an_image_that_another_driver_removes_meanwhile_is_none_that_is_missed(monkeypatch):
    monkeypatch.setattr(image, "MOST_KEPT", 0)
    repository = f"stillroom-test-twice-{os.getpid()}"
    client, other = ensure_docker(), ensure_docker()
    listed = client.api.images

    def listed_before_one_goes(*args, **options):
        found = listed(*args, **options)
        other.images.remove(f"{repository}:1", force=True)
        return found

    try:
        for number in range(3):
            client.api.import_image_from_data(_archive_of(number), repository=repository, tag=str(number))
        with monkeypatch.context() as patch:
            patch.setattr(client.api, "images", listed_before_one_goes)
            assert image.remove_old(client, repository) == 2
        assert client.api.images(name=repository) == []
    finally:
        for one in client.api.images(name=repository):
            client.images.remove(one["Id"], force=True)
        client.close()
        other.close()


def _archive_of(number: int) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(f"of-{number}"))
    return data.getvalue()

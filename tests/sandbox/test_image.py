import importlib.metadata

import pytest

from stillroom.records.execution import Ending, Program
from stillroom.records.libraries import read_libraries
from verifiers.sandbox import DockerExecutor, ensure_image, rootfs

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
    image = ensure_image(read_libraries(file))
    assert image.digest != ensure_image().digest
    async with DockerExecutor(image) as executor:
        found = await executor.run(Program(source="import numpy as np\nprint(np.arange(4) @ np.arange(4))"))
    assert (found.ending, found.stdout) == (Ending.DONE, b"14\n"), found

"""Where the solution alone writes and reads files, pytest's ``tmp_path`` is a folder of the solution's."""

import pytest

from stillroom.records import Outcome

pytestmark = pytest.mark.docker

FILES = (
    "import os\ndef save(path, text):\n    with open(path, 'w') as file: file.write(text)\n"
    "def load(path):\n    with open(path) as file: return file.read()\n"
    "def delete(path): os.remove(path)\ndef is_there(path): return os.path.exists(path)\n"
)
CUT = FILES.replace("write(text)", "write(text[1:])")
KEPT = FILES.replace("os.remove(path)", "None")
TESTS = [
    pytest.param(
        "def test_a(tmp_path):\n    path = tmp_path / 'x'\n    save(path, 'abc')\n    assert load(path) == 'abc'\n",
        CUT,
        id="path",
    ),
    pytest.param(
        "import os\ndef test_a(tmp_path):\n    path = os.path.join(str(tmp_path), 'x')\n    save(path, 'abc')\n"
        "    assert load(path) == 'abc'\n",
        CUT,
        id="text",
    ),
    pytest.param(
        "import pytest\n@pytest.fixture\ndef path(tmp_path): return tmp_path / 'x'\n"
        "def test_a(path):\n    save(path, 'abc')\n    delete(path)\n    assert not is_there(path)\n"
        "    with pytest.raises(FileNotFoundError):\n        load(path)\n",
        KEPT,
        id="taken-away",
    ),
    pytest.param(
        "\n".join(
            f"def test_{name}(tmp_path):\n    assert not is_there(tmp_path / 'x')\n    save(tmp_path / 'x', 'abc')\n"
            "    assert load(tmp_path / 'x') == 'abc'\n"
            for name in "ab"
        ),
        CUT,
        id="one-for-each-test",
    ),
]


@pytest.mark.parametrize(("tests", "wrong"), TESTS)
def test_files_that_the_solution_writes_and_reads_are_judged(bench, tests, wrong):
    right, wrong = bench.judge_all([(FILES, tests), (wrong, tests)])
    assert (right.outcome, right.reason) == (Outcome.PASS, ""), right
    assert (wrong.outcome, wrong.reason) == (Outcome.FAIL, "wrong-answer"), wrong


LOOKS = "def test_a(tmp_path):\n    path = tmp_path / 'x'\n    save(path, 'abc')\n    delete(path)\n    assert not {}\n"


@pytest.mark.parametrize(
    "tests",
    [
        pytest.param(LOOKS.format("path.exists()"), id="of-a-path"),
        pytest.param("import os\n" + LOOKS.format("os.path.isfile(path)"), id="os"),
        pytest.param("from os import path as paths\n" + LOOKS.format("paths.isfile(path)"), id="os-path"),
        pytest.param("import os as system\n" + LOOKS.format("system.path.isfile(path)"), id="os-by-another-name"),
        pytest.param("import os\n" + LOOKS.format("os.listdir(tmp_path)"), id="folder"),
        pytest.param("from glob import glob\n" + LOOKS.format("glob(str(tmp_path) + '/*')"), id="glob"),
        pytest.param("import zipfile\n" + LOOKS.format("zipfile.is_zipfile(path)"), id="other-library"),
    ],
)
def test_tests_that_look_at_files_themselves_say_nothing_of_what_is_in_the_other_process(bench, tests):
    found = bench.judge_all([(FILES, tests), (KEPT, tests)])
    assert [each.reason for each in found] == ["tests:undecided"] * 2, found
    assert "the tests have files or folders" in found[0].detail

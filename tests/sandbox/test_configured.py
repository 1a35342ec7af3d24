"""The sandbox as a recipe or a command asks for it: its runtime reaches Docker, its libraries every container."""

import importlib.metadata
from pathlib import Path

import pytest
from docker import DockerClient

from stillroom.errors import RequestError
from stillroom.recipe import Recipe, parse_recipe
from stillroom.records import Answer, Check, Judgement, Outcome
from stillroom.records.execution import Ending, Program
from tasks.workshop import Workshop
from verifiers.python_tests import PythonTests
from verifiers.sandbox import ConfiguredExecutor, ensure_docker, ensure_image
from verifiers.sandbox import executor as executor_module
from verifiers.sandbox.container import DRIVER_LABEL, LABEL, driver_identity

pytestmark = pytest.mark.docker

NUMPY = f"numpy=={importlib.metadata.version('numpy')}"
SHIM = "io.containerd.runc.v2"  # runc under its full name: what is asked for, and not the default
MEAN = "import numpy as np\n\ndef mean(rows):\n    return np.asarray(rows, dtype=float).mean(axis=0).tolist()\n"
MEAN_TESTS = "assert mean([[1, 2], [3, 4]]) == [2.0, 3.0]\nassert mean([[5, 5]]) == [5.0, 5.0]"
SCALE = "import numpy as np\n\ndef scale(values, by):\n    return np.asarray(values) * by\n"
SCALE_TESTS = "import numpy as np\nassert np.allclose(scale([1, 2], 2), [2, 4])\nassert scale([3], 3).shape == (1,)"
GROW = "import numpy as np\n\ndef grow(values, by):\n    values += by\n    return values.sum() * by\n"
GROW_TESTS = (
    "import numpy as np\nnumbers = np.array([[1, 2], [3, 4]])\nassert grow(numbers, 1) == 14\n"
    "assert numbers.tolist() == [[2, 3], [4, 5]]\nassert grow(np.zeros(2), 1) == 2.0"
)

NEAR_TESTS = (
    "import pytest\nimport numpy as np\nx = np.array([0.1, 0.2])\n"
    "assert scale(x, 3) == pytest.approx([0.3, 0.6])\nassert scale(x, 3) == pytest.approx(np.array([0.3, 0.6]))\n"
    "assert scale(np.ones(2), 0.1) * 3 == pytest.approx(0.3)\nassert not scale(x, 3) == pytest.approx([0.3, 0.5])\n"
    "assert scale(x, 3)[0] == pytest.approx(0.3) and not scale(x, 3) == pytest.approx([0.3])\n"
    "assert not scale(x[:0], 3) == pytest.approx(0.3)\n"
)


def recipe(sandbox: str) -> Recipe:
    text = (
        "dataset: arrays\ncapability: code\nprompts: prompts.jsonl\nteachers: [{name: a, serve: b}]\n"
        f"verification: {{sandbox: {sandbox}}}\n"
    )
    return parse_recipe(text, base=Path("/recipes"), source="recipe.yaml")


def our_containers() -> int:
    client = ensure_docker()
    labels = [LABEL, f"{DRIVER_LABEL}={driver_identity()}"]
    try:
        return len(client.containers.list(all=True, ignore_removed=True, filters={"label": labels}))
    finally:
        client.close()


async def test_runtime_reaches_docker_and_survives_a_replacement() -> None:
    async with ConfiguredExecutor(runtime=SHIM) as executor:
        await executor.start()
        for _ in range(2):
            container = executor.session_container()
            container.reload()
            assert container.attrs["HostConfig"]["Runtime"] == SHIM
            container.remove(force=True)
            assert (await executor.run(Program(source="print(1)"))).stdout == b"1\n"


async def test_a_daemon_of_ours_is_never_put_in_the_place_of_one_that_is_restarted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A replacement only looks for the daemon that was there: whoever runs it brings it back."""
    starts: list[bool] = []

    def counted() -> DockerClient:
        starts.append(True)
        return ensure_docker()

    monkeypatch.setattr(executor_module, "ensure_docker", counted)
    async with ConfiguredExecutor(libraries=(NUMPY,)) as executor:
        await executor.start()
        executor.session_container().remove(force=True)
        assert (await executor.run(Program(source="import numpy\nprint(1)"))).stdout == b"1\n"
    assert len(starts) == 1


async def test_machines_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_SANDBOX_RUNTIME", SHIM)
    assert ConfiguredExecutor().runtime == SHIM
    assert ConfiguredExecutor(runtime="runc").runtime == "runc"


@pytest.mark.parametrize("name", ["runsc-that-is-not-there", "runcc"])
async def test_runtime_that_docker_does_not_know_is_refused_and_leaves_nothing(name: str) -> None:
    before = our_containers()
    async with ConfiguredExecutor(runtime=name) as executor:
        with pytest.raises(RequestError, match=f"'{name}', but Docker knows only the runtimes .*runc"):
            await executor.start()
        with pytest.raises(RequestError, match=name):
            _ = PythonTests(executor).verifier_id
        with pytest.raises(RequestError, match=name):
            await executor.run(Program(source="print(1)"))
    assert our_containers() == before


async def judged(source: str, tests: str, asked: Recipe) -> tuple[Judgement, str]:
    shop = Workshop(None, None)  # type: ignore[arg-type]
    try:
        await shop.start_sandbox(asked.verification)
        (verifier,) = shop.verifiers(asked.verification)
        return await verifier.judge(Check(tests=tests), Answer(text=source)), verifier.image_digest
    finally:
        await shop.close()


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        pytest.param(MEAN, MEAN_TESTS, id="the solution imports it"),
        pytest.param(SCALE, SCALE_TESTS, id="the tests import it too"),
        pytest.param(GROW, GROW_TESTS, id="arrays go both ways and change in place"),
        pytest.param(SCALE, NEAR_TESTS, id="arrays are near lists and numbers"),
    ],
)
async def test_recipe_with_requirements_judges_what_imports_them(source: str, tests: str) -> None:
    found, digest = await judged(source, tests, recipe(f"{{requirements: [{NUMPY}]}}"))

    assert (found.outcome, found.reason) == (Outcome.PASS, ""), found
    assert digest != ensure_image().digest

    mistaken = source.replace(".mean(", ".max(").replace("* by", "+ 1 + by")
    wrong, _ = await judged(mistaken, tests, recipe(f"{{requirements: [{NUMPY}]}}"))
    assert (wrong.outcome, wrong.reason) == (Outcome.FAIL, "wrong-answer")


CLAIM = "{'shape': (2,), 'typestr': '<f8', 'data': (id(0), False), 'version': 3}"


async def test_no_object_says_where_in_the_tests_memory_its_data_is() -> None:
    """numpy would read there: the address of whatever the tests' process holds, such as what is expected."""
    rows = {
        f"class A:\n    __array_interface__ = {CLAIM}\ndef f(x): return A()\n": Outcome.ABSTAIN,
        f"class A(tuple):\n    __array_interface__ = {CLAIM}\ndef f(x): return A([1.0])\n": Outcome.FAIL,
        "class A(list):\n    pass\ndef f(x): return A([1.0, 2.0])\n": Outcome.PASS,
    }
    tests = "import numpy as np\ndef test_it():\n    assert np.asarray(f(1)).shape == (2,)\n"
    async with ConfiguredExecutor(libraries=(NUMPY,)) as executor:
        verifier = PythonTests(executor)
        for source, outcome in rows.items():
            found = await verifier.judge(Check(tests=tests, entry_point="f"), Answer(text=source))
            assert found.outcome is outcome, (source, found)


async def test_without_requirements_the_same_answer_lacks_its_import() -> None:
    found, digest = await judged(MEAN, MEAN_TESTS, recipe("{}"))

    assert (found.outcome, found.reason) == (Outcome.FAIL, "harness:missing-import")
    assert digest == ensure_image().digest


async def test_libraries_survive_a_replacement_and_stay_in_the_identity() -> None:
    async with ConfiguredExecutor(libraries=(NUMPY,)) as executor:
        await executor.start()
        before = PythonTests(executor).verifier_id
        executor.session_container().remove(force=True)

        found = await executor.run(Program(source="import numpy\nprint(numpy.arange(3).sum())"))

        assert (found.ending, found.stdout) == (Ending.DONE, b"3\n"), found
        assert executor.replaced == 1
        assert PythonTests(executor).verifier_id == before


async def test_two_recipes_of_one_process_have_a_sandbox_each() -> None:
    shop = Workshop(None, None, runtime="runc")  # type: ignore[arg-type]
    plain, arrays = recipe("{runtime: nonsense}").verification, recipe(f"{{requirements: [{NUMPY}]}}").verification
    try:
        (one,), (other,) = shop.verifiers(plain), shop.verifiers(arrays)
        assert one.verifier_id != other.verifier_id, "the process's runtime goes before the recipe's"
        assert shop.verifiers(plain)[0].verifier_id == one.verifier_id
        assert shop.code_tests(plain).measure_id != shop.code_tests(arrays).measure_id
    finally:
        await shop.close()

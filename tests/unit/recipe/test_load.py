"""Recipes: every mistake is one sentence that names the field."""

import json
from pathlib import Path

import pytest

from stillroom.errors import RecipeError
from stillroom.recipe import Recipe, load_recipe, parse_recipe, recorded_recipe
from tests.fakes.prompts import RECIPE, write_seeds

QUICKSTART = Path(__file__).parents[3] / "deployments" / "recipes" / "quickstart.yaml"


def parse(text: str, base: Path = Path("/recipes")) -> Recipe:
    return parse_recipe(text, base=base, source="r.yaml")


def refusal(text: str) -> str:
    with pytest.raises(RecipeError) as caught:
        parse(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f"{RECIPE}sampling: {{tempereture: 1}}",
            "sampling.tempereture: unknown key; did you mean `temperature`?",
            id="section",
        ),
        pytest.param(f"{RECIPE}smapling: {{}}", "smapling: unknown key; did you mean `sampling`?", id="top"),
        pytest.param(
            f"{RECIPE}curation: {{near_answers: {{treshold: 1}}}}",
            "near_answers.treshold: unknown key; did you mean `threshold`?",
            id="optional section",
        ),
        pytest.param(
            RECIPE.replace("model:", "modle:"), "teachers.0.modle: unknown key; did you mean `model`?", id="in a list"
        ),
        pytest.param(
            RECIPE.replace("new_prompts: 2", "few_shot: {seed: 1}"),
            "seeding.few_shot.seed: unknown key; did you mean `seeds`?",
            id="two levels down",
        ),
        pytest.param(
            f"{RECIPE}xyzzy: 1", "xyzzy: unknown key; known here: capability, curation, dataset,", id="nothing near"
        ),
    ],
)
def test_unknown_key_is_named_with_the_nearest_known_one(text: str, expected: str) -> None:
    assert expected in refusal(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"{RECIPE}prompts: mine.jsonl", "exactly one of `seeding:` and `prompts:`", id="both sources"),
        pytest.param(RECIPE.replace("seeding:", "#"), "exactly one of `seeding:` and `prompts:`", id="no source"),
        pytest.param(
            RECIPE.replace("model: fake/tiny-coder", "serve: x"),
            "exactly one of `serve:` and `urls:`",
            id="two endpoints",
        ),
        pytest.param(RECIPE.replace(", model: fake/tiny-coder", ""), "so needs `model:`", id="urls without model"),
        pytest.param(RECIPE.replace("http://127.0.0.1:9", "127.0.0.1:9"), "is not an http(s) address", id="address"),
        pytest.param(
            RECIPE.replace("http://127.0.0.1:9", "http://me:hunter2@127.0.0.1:9"),
            "teacher 'fake' has credentials in an address",
            id="credentials",
        ),
        *(
            pytest.param(
                RECIPE.replace("http://127.0.0.1:9", f"http://127.0.0.1:9/v1{mark}api_key=hunter2"),
                "or a query (`?`, `#`) that may hold some",
                id=f"credentials after {mark}",
            )
            for mark in ("?", "#")
        ),
        pytest.param(
            RECIPE.replace("new_prompts: 2", "writer: nobody"),
            "seeding.writer is 'nobody', but the teachers are ['fake']",
            id="writer",
        ),
        pytest.param(RECIPE.replace("tiny\n", "Tiny Data\n", 1), "dataset: String should match pattern", id="name"),
        pytest.param(
            f"{RECIPE}sampling: {{samples: 0}}",
            "sampling.samples: Input should be greater than or equal to 1, found 0",
            id="bound",
        ),
        pytest.param(f"{RECIPE}sampling: {{samples: many}}", "found 'many'", id="type"),
        *(
            pytest.param(
                RECIPE.replace("model: fake", f"{field}: {value}, model: fake"),
                f"teachers.0.{field}: Input should be a finite number, found",
                id=f"{field} {value}",
            )
            for field, value in (("patience_seconds", ".inf"), ("patience_seconds", ".nan"), ("weight", ".inf"))
        ),
        pytest.param(
            RECIPE.replace("model: fake", "price: {input_per_million: .inf}, model: fake"),
            "teachers.0.price.input_per_million: Input should be a finite number",
            id="infinite price",
        ),
        pytest.param("dataset: tiny\ncapability: code", "teachers: Field required", id="missing"),
        pytest.param("", "holds NoneType", id="empty file"),
        pytest.param("- a", "holds list", id="list"),
        pytest.param("a: [", "is not valid YAML", id="broken YAML"),
        pytest.param("dataset: 2024-13-45", "is not valid YAML: month must be in 1..12", id="impossible date"),
        pytest.param("[" * 900, "is not valid YAML", id="deep nesting"),
        pytest.param(f"{RECIPE}sampling: {{samples: 4, samples: 8}}", "`samples` stands twice", id="key twice"),
        pytest.param("{[1]: 2}", "is not valid YAML", id="odd key"),
    ],
)
def test_mistake_is_named(text: str, expected: str) -> None:
    message = refusal(text)

    assert expected in message
    assert message.startswith("r.yaml")


def test_all_mistakes_are_told_at_once() -> None:
    message = refusal(f"{RECIPE}sampling: {{samples: 0, wve: 1}}\nselection: {{keep: 0}}")

    assert [part in message for part in ("sampling.samples", "sampling.wve", "selection.keep")] == [True] * 3


def test_two_teachers_of_one_name_are_refused() -> None:
    teacher = "{name: fake, serve: a}"

    assert "'fake' stands twice" in refusal(
        f"dataset: t\ncapability: code\nprompts: p\nteachers: [{teacher}, {teacher}]"
    )


def test_model_beside_serve_is_refused_but_read_of_earlier_runs() -> None:
    served = RECIPE.replace('urls: ["http://127.0.0.1:9"]', "serve: tiny")

    assert "teacher 'fake' is served here as tiny (`serve:`), so `model: fake/tiny-coder` would mean" in refusal(served)

    teacher = {"name": "fake", "serve": "tiny", "model": "fake/tiny-coder"}
    recorded = {"dataset": "t", "capability": "code", "prompts": "p.jsonl", "teachers": [teacher]}
    assert recorded_recipe(json.dumps(recorded), run_id="t-r1").teachers[0].serve == "tiny"


def test_paths_are_taken_from_the_recipes_folder(tmp_path: Path) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    write_seeds(tmp_path / "seeds.jsonl", [1])
    (folder / "r.yaml").write_text(RECIPE.replace("seeds.jsonl", "../seeds.jsonl"))

    recipe = load_recipe(folder / "r.yaml")

    assert recipe.seeding is not None
    assert recipe.seeding.seeds == tmp_path / "seeds.jsonl"


def test_benchmarks_are_taken_from_the_recipes_folder() -> None:
    text = f"{RECIPE}curation: {{contamination: {{benchmarks: {{exam: ../exam, other: /other.jsonl}}}}}}"
    contamination = parse(text, base=Path("/recipes/mine")).curation.contamination
    assert contamination is not None
    assert contamination.benchmarks == {"exam": Path("/recipes/exam"), "other": Path("/other.jsonl")}


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        pytest.param("{installed: false}", "if that is meant, write `contamination: null`", id="nothing"),
        pytest.param("{installed: false, benchmarks: {}}", "curation.contamination: it looks for no", id="none"),
        pytest.param("{benchmarks: exam}", "curation.contamination.benchmarks: ", id="no names"),
        pytest.param("{benchmarks: {A/B: x}}", "curation.contamination.benchmarks.A/B", id="a name with a slash"),
        pytest.param("{benchmark: {a: x}}", "unknown key; did you mean `benchmarks`?", id="misspelt"),
    ],
)
def test_mistake_about_benchmarks_is_named(section: str, expected: str) -> None:
    assert expected in refusal(f"{RECIPE}curation: {{contamination: {section}}}")


def test_prompt_file_is_taken_from_the_recipes_folder() -> None:
    recipe = parse("dataset: t\ncapability: code\nprompts: mine.jsonl\nteachers: [{name: a, serve: b}]")

    assert recipe.prompts == Path("/recipes/mine.jsonl")


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_recipe_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecipeError, match="cannot read the recipe"):
        load_recipe(tmp_path / name)


def test_huge_file_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(b"#" * 1_000_001)

    with pytest.raises(RecipeError, match="larger than 1,000,000 bytes"):
        load_recipe(path)


def test_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(b"dataset: \xff\xfe")

    with pytest.raises(RecipeError, match="cannot read the recipe"):
        load_recipe(path)


def test_recipe_survives_the_lakes_json(tmp_path: Path) -> None:
    recipe = parse(RECIPE, tmp_path)

    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_writer_is_the_first_teacher_unless_named() -> None:
    two = RECIPE.replace("teachers: [", "teachers: [{name: first, serve: a}, ")

    assert parse(two).writer.name == "first"
    assert parse(two.replace("new_prompts: 2", "writer: fake")).writer.name == "fake"


def test_quickstart_is_a_recipe() -> None:
    assert load_recipe(QUICKSTART).dataset == "python-functions"


def with_sandbox(sandbox: str) -> str:
    return f"{RECIPE}verification: {{sandbox: {sandbox}}}\n"


def test_requirements_of_the_sandbox_are_read_from_the_recipes_folder(tmp_path: Path) -> None:
    (tmp_path / "libraries.txt").write_text("Six==1.16.0\nnumpy==2.1.0\n")

    recipe = parse(with_sandbox("{requirements: libraries.txt, runtime: runsc}"), tmp_path)

    assert recipe.verification.sandbox.requirements == ("numpy==2.1.0", "six==1.16.0")
    assert recipe.verification.sandbox.runtime == "runsc"


def test_run_records_the_libraries_and_not_their_file(tmp_path: Path) -> None:
    (tmp_path / "libraries.txt").write_text("numpy==2.1.0\n")
    recipe = parse(with_sandbox("{requirements: libraries.txt}"), tmp_path)
    recorded = recipe.model_dump_json()

    (tmp_path / "libraries.txt").unlink()

    assert Recipe.model_validate_json(recorded) == recipe
    assert parse(with_sandbox("{requirements: [numpy==2.1.0]}")).verification == recipe.verification


@pytest.mark.parametrize(
    ("sandbox", "expected"),
    [
        pytest.param("{requirements: absent.txt}", "absent.txt cannot be read", id="no file"),
        pytest.param("{requirements: [numpy>=2]}", "found 'numpy>=2', expected `name==version`", id="no pin"),
        pytest.param("{requirements: 3}", "verification.sandbox.requirements: ", id="no list"),
        pytest.param("{runtime: 'runsc --debug'}", "verification.sandbox.runtime: ", id="no name"),
        pytest.param("{runtme: runsc}", "runtme: unknown key; did you mean `runtime`?", id="misspelt"),
    ],
)
def test_mistake_about_the_sandbox_is_named(sandbox: str, expected: str) -> None:
    assert expected in refusal(with_sandbox(sandbox))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("coder", "{base}/coder", id="a folder that is there"),
        pytest.param("./coder", "{base}/coder", id="the same, said to be one"),
        pytest.param("../elsewhere/coder", "{above}/elsewhere/coder", id="a folder that is not there"),
        pytest.param("linked", "{base}/linked", id="a link keeps its name"),
        pytest.param("/models/coder", "/models/coder", id="an absolute path"),
        pytest.param("~/coder", "{home}/coder", id="at home"),
        pytest.param("Qwen/Foo", "Qwen/Foo", id="a hub id"),
        pytest.param("Own/Folder", "{base}/Own/Folder", id="a folder that reads like a hub id"),
    ],
)
def test_a_folder_with_a_model_is_taken_from_the_recipes_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, read: str
) -> None:
    base, working = tmp_path / "recipes", tmp_path / "working"
    for folder in (base / "coder", base / "Own" / "Folder", working / "Qwen" / "Foo", working / "coder"):
        folder.mkdir(parents=True)
    (base / "linked").symlink_to("coder")
    monkeypatch.chdir(working)
    monkeypatch.setenv("HOME", "/home/somebody")

    (teacher,) = parse(RECIPE.replace("fake/tiny-coder", written), base).teachers

    assert teacher.model == read.format(base=base, above=tmp_path, home="/home/somebody")


@pytest.mark.parametrize(
    "url",
    [
        "http://me:hunter2@127.0.0.1:9",
        "ftp://me:hunter2@host",
        "http://me:hunter2@host:port",
        "http://host?api_key=hunter2",
        "ftp://host/v1?api_key= hunter2",
        "http://host:port#hunter2",
    ],
)
def test_a_refusal_repeats_no_credentials(url: str) -> None:
    assert "hunter2" not in refusal(RECIPE.replace("http://127.0.0.1:9", url))
    assert "found 'http" in (
        no_list := refusal(RECIPE.replace('["http://127.0.0.1:9"]', f'"{url.replace("ftp", "http")}"'))
    )
    assert "hunter2" not in no_list


def test_a_recipe_that_was_recorded_before_credentials_were_refused_is_still_read() -> None:
    made = parse_recipe(RECIPE, base=Path("/"), source="recipe.yaml").model_dump_json()
    for before in ("http://me:hunter2@127.0.0.1:9", "http://127.0.0.1:9?api_key=hunter2"):
        old = made.replace("http://127.0.0.1:9", before)
        assert recorded_recipe(old, run_id="tiny-r1").teachers[0].urls == (before,)

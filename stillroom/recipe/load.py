"""Reads a recipe file, and turns every mistake in it into one sentence that names the field."""

import difflib
import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from stillroom.errors import LakeError, RecipeError
from stillroom.recipe.addresses import RECORDED, without_credentials
from stillroom.recipe.curation import Curation
from stillroom.recipe.model import Recipe

MAX_RECIPE_BYTES = 1_000_000  # a recipe is a page; anything larger is another file by mistake


class _Loader(yaml.SafeLoader):
    """YAML in which a key that stands twice is a mistake, not a silent choice of the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        if repeated := next((name for name in names if names.count(name) > 1), None):
            raise yaml.constructor.ConstructorError(None, None, f"`{repeated}` stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def load_recipe(path: Path) -> Recipe:
    """Read the recipe at ``path``; relative paths in it are taken from the recipe's own folder.

    Raises:
        RecipeError: where the file cannot be read or does not describe a recipe, one line per mistake.
    """
    try:
        if path.stat().st_size > MAX_RECIPE_BYTES:
            raise RecipeError(f"{path} is larger than {MAX_RECIPE_BYTES:,} bytes; expected a recipe in YAML")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"cannot read the recipe {path}: {error}. Give the path of a YAML file.") from error
    return parse_recipe(text, base=path.resolve().parent, source=str(path))


def parse_recipe(text: str, *, base: Path, source: str) -> Recipe:
    """Parse a recipe from YAML text; ``base`` resolves its relative paths, ``source`` names it in errors.

    Raises:
        RecipeError: as ``load_recipe``.
    """
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: 2024-13-45 is no date
        raise RecipeError(f"{source} is not valid YAML: {error}") from error
    if not isinstance(value, dict):
        raise RecipeError(f"{source} holds {type(value).__name__}; expected a mapping that starts with `dataset:`")
    try:
        recipe = Recipe.model_validate(value, context={"base": base})
    except ValidationError as error:
        lines = "\n".join(f"  {line}" for line in _mistakes(error))
        raise RecipeError(f"{source} is not a valid recipe:\n{lines}") from error
    refuse_idle_models(recipe, source)
    return with_paths_from(recipe, base)


def recorded_recipe(text: str, *, run_id: str) -> Recipe:
    """The recipe that a run was recorded with, in the lake's JSON.

    Raises:
        LakeError: it is no recipe of this version of Stillroom.
    """
    try:
        return Recipe.model_validate_json(text, context={RECORDED: True})
    except ValidationError as error:
        lines = "\n".join(f"  {line}" for line in _mistakes(error))
        raise LakeError(
            f"the recipe that run {run_id} was recorded with is none that this version of Stillroom reads:\n{lines}\n"
            "If that run is unfinished, build its recipe file once more, mended where these lines say: the run is then "
            "recorded anew. Else read the lake with the version of Stillroom that made the run (`stillroom runs`)."
        ) from error


def with_paths_from(recipe: Recipe, base: Path) -> Recipe:
    """The recipe with its relative paths taken from the folder ``base``."""
    changes: dict[str, object] = {}
    if recipe.seeding:
        changes["seeding"] = recipe.seeding.model_copy(update={"seeds": (base / recipe.seeding.seeds).resolve()})
    if recipe.prompts:
        changes["prompts"] = (base / recipe.prompts).resolve()
    changes["curation"] = _curation_from(recipe.curation, base)
    changes["teachers"] = tuple(
        teacher.model_copy(update={"model": _model_from(teacher.model, base)}) if teacher.model else teacher
        for teacher in recipe.teachers
    )
    return recipe.model_copy(update=changes)


def _curation_from(curation: Curation, base: Path) -> Curation:
    tables = {
        name: table.model_copy(update={"path": (base / table.path).resolve()})
        for name, table in curation.against.items()
    }
    changes: dict[str, object] = {"against": tables}
    if contamination := curation.contamination:
        places = {
            name: place if isinstance(place, str) else (base / place).resolve()
            for name, place in contamination.benchmarks.items()
        }
        changes["contamination"] = contamination.model_copy(update={"benchmarks": places})
    return curation.model_copy(update=changes)


def refuse_idle_models(recipe: Recipe, source: str) -> None:
    """Refuse `model:` of a teacher that is served here; ``source`` names the recipe in the error.

    Not in the model: recipes of earlier runs may hold such a line, and are to be read.

    Raises:
        RecipeError: naming the teacher.
    """
    for teacher in recipe.teachers:
        if teacher.serve is not None and teacher.model is not None:
            raise RecipeError(
                f"{source} is not a valid recipe:\n  teacher {teacher.name!r} is served here as {teacher.serve} "
                f"(`serve:`), so `model: {teacher.model}` would mean nothing. Take it out, or give `urls:` of a "
                "server of that model instead of `serve:`."
            )


def _model_from(model: str, base: Path) -> str:
    """The absolute path where ``model`` is a folder, or can only be meant as one; else the hub id that it is.

    Links stay as they are: a server that was started with the same path says it in the same words.
    """
    place = base / os.path.expanduser(model)
    return os.path.abspath(place) if model.startswith((".", "/", "~")) or os.path.isdir(place) else model


def _mistakes(error: ValidationError) -> Iterator[str]:
    for mistake in error.errors():
        where = ".".join(str(part) for part in mistake["loc"])
        if mistake["type"] == "extra_forbidden":
            known = _fields_at(mistake["loc"][:-1])
            near = difflib.get_close_matches(str(mistake["loc"][-1]), known, n=1)
            hint = f"; did you mean `{near[0]}`?" if near else f"; known here: {', '.join(sorted(known))}"
            yield f"{where}: unknown key{hint}"
        elif mistake["loc"]:
            yield f"{where}: {_said(mistake['msg'])}, found {_shown(mistake['input'])}"
        else:
            yield _said(mistake["msg"])


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")


def _shown(value: object) -> str:
    text = without_credentials(repr(value))
    return text if len(text) <= 80 else f"{text[:77]}..."


def _fields_at(location: tuple[int | str, ...]) -> list[str]:
    """Field names of the section at ``location``, found by walking the models' annotations."""
    model: type[BaseModel] = Recipe
    for part in location:
        if isinstance(part, int) or part not in model.model_fields:
            continue
        found = _model_in(model.model_fields[part].annotation)
        if found is not None:
            model = found
    return list(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _model_in(argument)) is not None), None)

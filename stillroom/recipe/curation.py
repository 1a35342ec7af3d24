"""The section ``curation``: what is removed as contaminated, as a duplicate, as too much like the rest."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator, model_validator

from stillroom.recipe.addresses import ADDRESS, RECORDED, is_address, may_hold_credentials, without_credentials
from stillroom.recipe.filters import Filters
from stillroom.recipe.hub_datasets import SCHEME, parse_place
from stillroom.recipe.section import Name, Section, Share


class Near(Section):
    """Near-duplicates: MinHash-LSH candidates, verified by exact Jaccard similarity of 5-character shingles."""

    threshold: Annotated[float, Field(ge=0.3, le=1.0, description="Least Jaccard similarity of a duplicate.")] = 0.7


class Alike(Section):
    """Duplicates by meaning: cosine similarity of embeddings."""

    threshold: Annotated[
        float,
        Field(ge=0.5, le=0.999, description="Least cosine similarity of a duplicate; each embedder has its own scale."),
    ] = 0.95


def _place(value: object) -> Path | str:
    """A place of a hub as it is written, any other as a path: ``Path`` would fold the slashes of an address."""
    if isinstance(value, str) and value.startswith(SCHEME):
        parse_place(value)
        return value
    if isinstance(value, str | Path):
        return Path(value)
    raise ValueError("expected a path, or hf://datasets/OWNER/NAME@COMMIT")


class Contamination(Section):
    """Benchmarks whose text is looked for in prompts and answers: 13 words in a row, or a shorter item as a whole."""

    installed: Annotated[
        bool, Field(description="Whether all that is in `$STILLROOM_HOME/benchmarks` is looked for as well.")
    ] = True
    benchmarks: dict[Name, Annotated[Path | str, PlainValidator(_place), WithJsonSchema({"type": "string"})]] = Field(
        default_factory=dict[str, Path | str],
        description="By name, a file, a folder of files (JSON, CSV, Parquet or plain text), or hf://datasets/...",
    )

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if not self.installed and not self.benchmarks:
            raise ValueError("it looks for no benchmark; if that is meant, write `contamination: null`")
        return self


class Embedding(Section):
    """An embedding model behind an SGLang server, instead of the weights that are installed with Stillroom."""

    url: Annotated[str, ADDRESS, Field(description="SGLang server, without credentials; never started by us.")]
    model: Annotated[str, Field(min_length=1, description="Hub id of the model that the server must serve.")]
    revision: Annotated[str | None, Field(description="Revision the server must report.")] = None
    batch_size: Annotated[int, Field(ge=1, le=2048, description="Texts in one request.")] = 64
    in_flight: Annotated[int, Field(ge=1, le=256, description="Requests at once.")] = 4
    most_characters: Annotated[
        int, Field(ge=64, le=1_000_000, description="The most that is sent of a text; less where the model reads less.")
    ] = 8_000
    patience_seconds: Annotated[float, Field(gt=0, description="How long a silent server is retried.")] = 120.0

    @model_validator(mode="after")
    def _plain_address(self, info: ValidationInfo) -> Self:
        if not is_address(self.url):
            raise ValueError(f"curation.embedding.url: {without_credentials(self.url)!r} is not an http(s) address")
        if RECORDED not in (info.context or ()) and may_hold_credentials(self.url):
            raise ValueError(
                "curation.embedding.url has credentials, or a query (`?`, `#`) that may hold some, and recipes are "
                "written down and shown. Take them out; a proxy on this machine can add them"
            )
        return self


TEST_STRENGTH = "test-strength"  # the score that is measured by Stillroom itself


class DiversityQuotas(Section):
    """The most of what is kept and published that may share one known value of an attribute; null: any share."""

    topic: Annotated[float | None, Field(gt=0.0, le=1.0, description="Of the prompt.")] = None
    difficulty: Annotated[float | None, Field(gt=0.0, le=1.0, description="Asked for when it was written.")] = None
    teacher: Annotated[float | None, Field(gt=0.0, le=1.0, description="Who answered.")] = None
    opening: Annotated[float | None, Field(gt=0.0, le=1.0, description="The first three words of the task.")] = None


class Diversity(Section):
    """Of what passes all other gates, what differs most from the rest and from what is published stays."""

    share: Annotated[float, Field(gt=0.0, le=1.0, description="How much of it stays; of a run, in all.")] = 0.5
    quality: Annotated[Share, Field(description="What counts: 0 for novelty alone, 1 for scores alone.")] = 0.2
    score: Annotated[
        str,
        Field(min_length=1, description="Which score: `test-strength`, or a scorer's name@version."),
    ] = TEST_STRENGTH
    quotas: DiversityQuotas = DiversityQuotas()


class Against(Section):
    """A table of Parquet whose rows count like what is published: they are never dropped, and win."""

    path: Annotated[Path, Field(description="A file, a folder of them, or a pattern such as `old/**/*.parquet`.")]
    id: Annotated[str, Field(min_length=1, description="The column that names a row.")] = "id"
    text: Annotated[str, Field(min_length=1, description="The column that holds the text.")] = "text"
    kind: Annotated[Literal["prompt", "answer"], Field(description="What its texts are, and are compared with.")]


Criterion = Literal["verified", "strongest-tests", "cheapest", "oldest"]


class Curation(Section):
    """What is removed: by filters, as contaminated, as duplicate of the run or of all that the dataset published."""

    exact: bool = True
    exact_prompts: Annotated[
        bool, Field(description="Whether equal tasks are duplicates also where `near_prompts` is null.")
    ] = False
    near_prompts: Near | None = Near()
    near_answers: Near | None = Near(threshold=0.9)
    structural_prompts: Annotated[
        bool, Field(description="Whether a task that is equal to another but for its numbers is a duplicate.")
    ] = False
    structural_answers: Annotated[
        bool, Field(description="Whether code that is equal to another but for names, comments and layout is one.")
    ] = False
    semantic_prompts: Annotated[
        Alike | None, Field(description="Whether a task that means the same as another is a duplicate; null: no.")
    ] = None
    semantic_answers: Annotated[
        Alike | None, Field(description="Whether an answer that means the same as another is one; null: no.")
    ] = None
    representative: Annotated[
        tuple[Criterion, ...],
        Field(
            min_length=1,
            description="Which of several duplicates stays: a criterion, or a list of them in their order. Only what "
            "is verified is compared; what they leave equal goes by `selection.rank`, prompts by their age.",
        ),
    ] = ("verified",)
    published: Annotated[
        Literal["own", "all"],
        Field(description="What new rows are compared with: what this dataset has published, or all of the lake."),
    ] = "own"
    against: dict[Name, Against] = Field(
        default_factory=dict[str, Against],
        description="By name, tables whose rows new prompts or answers may not duplicate.",
    )
    contamination: Annotated[
        Contamination | None,
        Field(description="What is checked against; null: nothing, which the snapshot then says."),
    ] = Contamination()
    embedding: Annotated[
        Embedding | None, Field(description="What turns texts into vectors; null: weights installed with Stillroom.")
    ] = None
    filters: Annotated[
        Filters | None, Field(description="What prompts and answers must not be by themselves; null: anything.")
    ] = None

    diversity: Annotated[
        Diversity | None, Field(description="Which of what passes all other gates stays; null: all of it.")
    ] = None

    @field_validator("representative", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("representative")
    @classmethod
    def _each_once(cls, value: tuple[Criterion, ...]) -> tuple[Criterion, ...]:
        if len(set(value)) != len(value):
            raise ValueError("a criterion stands twice")
        return value

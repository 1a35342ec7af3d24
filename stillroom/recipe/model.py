"""What a recipe may say: one pydantic model per section, unknown keys forbidden; ``curation.py`` has that section.

The order of the sections is the order of the stages. ``stages.py`` says which fields make a stage's
identity; a field that only decides how fast or where work is done is marked ``identity=False`` there.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from stillroom.errors import RequestError
from stillroom.recipe.addresses import ADDRESS, RECORDED, is_address, may_hold_credentials, without_credentials
from stillroom.recipe.curation import Curation
from stillroom.recipe.dask_cluster import DaskCluster
from stillroom.recipe.section import Name, Section, Share
from stillroom.records.libraries import Libraries, pinned, read_libraries


class FewShot(Section):
    """How many examples of each kind a writing request shows (self-instruct: 6 seeds and 2 generated)."""

    seeds: Annotated[int, Field(ge=1, le=8, description="Hand-written tasks shown in a writing request.")] = 2
    generated: Annotated[int, Field(ge=0, le=8, description="Generated tasks shown, once there are any.")] = 1


class Seeding(Section):
    """Self-instruct: a pool that grows from hand-written seeds."""

    seeds: Annotated[Path, Field(description="JSON Lines of hand-written tasks, each with solution and tests.")]
    seed_prompts: Annotated[int, Field(ge=0, description="Seeds that are themselves sampled in a run.")] = 20
    new_prompts: Annotated[int, Field(ge=0, description="Prompts the teacher is to write in a run.")] = 20
    difficulties: Annotated[
        tuple[str, ...] | None,
        Field(min_length=1, description="Difficulties of the seeds to sample and the tasks to write; default all."),
    ] = None
    writer: Annotated[Name | None, Field(description="Teacher that writes prompts; default the first.")] = None
    few_shot: FewShot = FewShot()
    requests_per_round: Annotated[int, Field(ge=1, le=512, description="Writing requests in one round.")] = 24
    replies_per_request: Annotated[
        int,
        Field(ge=1, le=64, description="Replies to one request; they share its computation, at less variety."),
    ] = 1
    max_rounds: Annotated[int, Field(ge=1, le=10_000, description="Rounds after which a run stops writing.")] = 8
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.9
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 0.95
    max_new_tokens: Annotated[int, Field(ge=64, le=8192)] = 512
    max_rouge_l: Annotated[Share, Field(description="A new task this similar to any in the pool is refused.")] = 0.7
    min_tests: Annotated[int, Field(ge=1, le=50, description="Usable tests a written task must keep.")] = 2


class Price(Section):
    """Money per million tokens, in ``currency``."""

    input_per_million: Annotated[float, Field(ge=0.0)] = 0.0
    output_per_million: Annotated[float, Field(ge=0.0)] = 0.0
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = "USD"


class Teacher(Section):
    """A model behind an endpoint: ours to start (``serve``) or somebody else's (``urls``)."""

    name: Name
    serve: Annotated[str | None, Field(description="Model that Stillroom serves itself on this machine.")] = None
    urls: Annotated[
        tuple[Annotated[str, ADDRESS], ...],
        Field(description="SGLang servers, without credentials; never started or stopped by us."),
    ] = ()
    model: Annotated[
        str | None, Field(description="Hub id, or folder (from the recipe's) with the tokenizer, for `urls`.")
    ] = None
    revision: Annotated[str | None, Field(description="Revision the server must report.")] = None
    licence: str = ""
    price: Price = Price()
    weight: Annotated[float, Field(gt=0.0, description="Share of prompts, relative to other teachers.")] = 1.0
    system: Annotated[str | None, Field(description="System message; null leaves the template's own.")] = None
    in_flight: Annotated[int, Field(ge=1, le=4096, description="Samples asked for at once.")] = 32
    patience_seconds: Annotated[float, Field(gt=0, description="How long a silent teacher is retried.")] = 120.0

    @model_validator(mode="after")
    def _one_endpoint(self, info: ValidationInfo) -> Self:
        if (self.serve is None) == (not self.urls):
            raise ValueError(f"teacher {self.name!r} needs exactly one of `serve:` and `urls:`")
        if self.urls and self.model is None:
            raise ValueError(f"teacher {self.name!r} has `urls:` and so needs `model:`, whose chat template is applied")
        if bad := [url for url in self.urls if not is_address(url)]:
            raise ValueError(f"teacher {self.name!r}: {without_credentials(bad[0])!r} is not an http(s) address")
        if RECORDED not in (info.context or ()) and any(may_hold_credentials(url) for url in self.urls):
            raise ValueError(
                f"teacher {self.name!r} has credentials in an address of `urls:`, or a query (`?`, `#`) that may hold "
                "some, and recipes are written down and shown. Take them out; a proxy on this machine can add them, "
                "and `urls:` then names the proxy"
            )
        return self


class Sampling(Section):
    """How often each prompt is answered, and with which parameters."""

    samples: Annotated[int, Field(ge=1, le=1024, description="N: most samples a prompt gets.")] = 8
    wave: Annotated[int, Field(ge=1, le=256, description="Samples asked for together.")] = 4
    adaptive: Annotated[bool, Field(description="Stop a prompt once enough samples have passed.")] = True
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.8
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 0.95
    top_k: Annotated[int, Field(ge=-1)] = -1
    min_p: Share = 0.0
    repetition_penalty: Annotated[float, Field(gt=0.0, le=2.0)] = 1.0
    max_new_tokens: Annotated[int, Field(ge=1, le=131_072)] = 512
    epoch: Annotated[int, Field(ge=0, description="Change it to sample the same prompts afresh.")] = 0


class Sandbox(Section):
    """What stands around the programs of answers, and what they may import.

    A requirements file is read when the recipe is, so that a run records the libraries themselves: the file may change
    or go, and workers on other machines need not have it.
    """

    runtime: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9._-]{0,100}$"),
        Field(description="Docker runtime of the container, such as `runsc` (gVisor); default Docker's. No identity."),
    ] = ""
    requirements: Annotated[
        Libraries,
        Field(description="Libraries that answers may import: a file of `name==version` lines, or a list of them."),
    ] = ()

    @field_validator("requirements", mode="before")
    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> object:
        base = cast("dict[str, Any]", info.context or {}).get("base", Path())
        try:
            if isinstance(value, str):
                return read_libraries(base / value)
            if isinstance(value, list | tuple):
                return pinned(map(str, cast("list[object]", value)), "the list")
        except RequestError as error:
            raise ValueError(str(error)) from error
        return value


class Verification(Section):
    """What checks an answer, and how long it may take."""

    timeout_seconds: Annotated[
        float, Field(gt=0.0, le=600.0, description="CPU time of one program, s; it may take 2 x + 1 s in all.")
    ] = 5.0
    memory_mib: Annotated[int, Field(ge=64, le=65_536, description="Address space of one program, MiB.")] = 512
    untrusted_tests: Annotated[
        bool,
        Field(description="Of prompts without a solution, drop the tests that samples do not agree on (CodeT)."),
    ] = False
    min_test_strength: Annotated[
        Share | None,
        Field(description="Share of a solution's mutants that tests must fail for samples to be kept; null: any."),
    ] = 0.8
    sandbox: Sandbox = Sandbox()


class Selection(Section):
    """Rejection sampling: the best ``keep`` of a prompt's passing samples."""

    keep: Annotated[int, Field(ge=1, le=1024, description="k: most samples kept of one prompt.")] = 2
    rank: Annotated[
        Literal["median-length", "shortest", "first"],
        Field(description="Order among passing samples; `median-length` prefers neither terse nor verbose answers."),
    ] = "median-length"


class Snapshot(Section):
    """What a version holds, and on whose word."""

    mode: Annotated[
        Literal["cumulative", "delta"],
        Field(description="Whether it holds all that was published before too, or new rows only."),
    ] = "cumulative"
    allow_unverified: Annotated[
        bool, Field(description="Publish what was passed by a verifier that is not calibrated, or not fit.")
    ] = False
    allow_partial: Annotated[
        Share | None,
        Field(description="Share of the prompts that is enough to publish where the last shards fail; null: all."),
    ] = None


class Execution(Section):
    """How the work is cut; never part of any identity."""

    prompts_per_shard: Annotated[int, Field(ge=1, le=10_000)] = 16
    shards_at_once: Annotated[int, Field(ge=1, le=64)] = 4
    memory_mib: Annotated[
        int,
        Field(
            ge=256,
            le=1 << 20,
            description="What DuckDB may hold while a run is curated before it spills to the lake's folder `tmp`; the "
            "rest of the work takes about as much again.",
        ),
    ] = 1024
    dask: Annotated[
        DaskCluster,
        Field(
            description="Dask workers that sign and embed texts and judge samples again: how many processes to start "
            "for that on this machine, or tcp://HOST:PORT of a running scheduler; null: the run's own process does it."
        ),
    ] = None

    @property
    def memory_bytes(self) -> int:
        """``memory_mib`` in bytes."""
        return self.memory_mib << 20


class Recipe(Section):
    """A recipe: what to make, from what, by whom, checked how, kept by which rule."""

    dataset: Annotated[Name, Field(description="Name of the snapshots that come out.")]
    capability: Annotated[Name, Field(description="Kind of training data, for instance `code`.")]
    seeding: Seeding | None = None
    prompts: Annotated[Path | None, Field(description="JSON Lines of your own prompts, instead of seeding.")] = None
    teachers: Annotated[tuple[Teacher, ...], Field(min_length=1)]
    sampling: Sampling = Sampling()
    verification: Verification = Verification()
    selection: Selection = Selection()
    curation: Curation = Curation()
    snapshot: Snapshot = Snapshot()
    execution: Execution = Execution()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.seeding is None) == (self.prompts is None):
            raise ValueError("a recipe needs exactly one of `seeding:` and `prompts:`")
        names = [teacher.name for teacher in self.teachers]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"teacher names must differ, {sorted(repeated)[0]!r} stands twice")
        if self.seeding and self.seeding.writer is not None and self.seeding.writer not in names:
            raise ValueError(f"seeding.writer is {self.seeding.writer!r}, but the teachers are {names}")
        return self

    @property
    def writer(self) -> Teacher:
        """The teacher that writes prompts: ``seeding.writer``, else the first."""
        wanted = self.seeding.writer if self.seeding else None
        return next((teacher for teacher in self.teachers if teacher.name == wanted), self.teachers[0])

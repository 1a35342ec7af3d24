"""The section ``curation.filters``: what prompts and answers must not hold or be, each filter off unless it is named.

What a filter finds hangs on the library that finds it, so its version is part of the filter's identity.
"""

import difflib
from importlib.metadata import version
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from stillroom.recipe.section import Section

Confidence = Literal["low", "medium", "high"]
PersonalKind = Literal["email", "phone", "payment-card", "iban", "ip-address", "us-ssn"]
Characters = Annotated[int, Field(ge=0)]
Bound = Annotated[int, Field(ge=1)]


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Languages that py3langid 0.4 tells apart, but for those that count as another: nn as no, wuu and yue as zh.
LANGUAGES = _codes("""
    ace af am an ar ary arz as az ba bcl be bg bn br bs ca crh cs cy da de dz el en eo es et eu ext fa fi fo fr fuv
    fy ga gcf gcr gd gl gom grc gu gug guw ha hbo he hi hr ht hu hy id ig is it ja jv ka kab kik kk km kn ko ku ky la
    lb lg lij ln lo lt ltg lv mg mk ml mn mr ms mt my ne nl no nso oc om or pa pcm pl ps pt qu ro ru rw sa sdh se si
    sk sl sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk ur uz uzs vec vi vo wa xh yo zh zu
""")
_MADE_BY = {  # what each filter is, and the libraries that it asks
    "secrets": ("secrets@2", ("kingfisher-secret-scanner",)),
    "personal_data": ("personal-data@4", ("phonenumbers", "python-stdnum")),
    "languages": ("languages@2", ("py3langid",)),
    "length": ("length@2", ()),
}


class Secrets(Section):
    """Keys, tokens and passwords in addresses, by the forms that their issuers give them."""

    least_confidence: Annotated[
        Confidence, Field(description="How sure the rule must be; at `low`, `user:password@localhost` counts.")
    ] = "medium"


class PersonalData(Section):
    """What names a person or an account; names and addresses are not looked for."""

    kinds: Annotated[tuple[PersonalKind, ...], Field(min_length=1, description="What is looked for.")] = (
        "email",
        "phone",
        "payment-card",
        "iban",
    )
    phone_regions: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")], ...],
        Field(description="Countries (ISO 3166) whose numbers count also without +, where digits stand in groups."),
    ] = ()


class Languages(Section):
    """Languages of the prose; code and very short texts have none."""

    allowed: Annotated[tuple[str, ...], Field(min_length=1, description="ISO 639 codes of what may stay.")]
    least_confidence: Annotated[
        float, Field(ge=0.5, lt=1.0, description="How sure it must be that a text is in none of them.")
    ] = 0.9

    @field_validator("allowed")
    @classmethod
    def _known(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        for code in codes:
            if code not in LANGUAGES:
                near = difflib.get_close_matches(code, LANGUAGES, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise ValueError(f"{code!r} is no language that can be told apart{hint} Expected ISO 639, such as 'en'")
        return codes


class Length(Section):
    """How long texts may be, in characters: by bounds, and as compared with the others of the run."""

    least_prompt: Characters = 0
    most_prompt: Bound | None = None
    least_answer: Characters = 0
    most_answer: Bound | None = None
    outliers: Annotated[
        float | None,
        Field(
            ge=2.0,
            description="Modified z-score of the log of the length beyond which a text of the run is an outlier.",
        ),
    ] = 3.5

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for side, least, most in (
            ("prompt", self.least_prompt, self.most_prompt),
            ("answer", self.least_answer, self.most_answer),
        ):
            if most is not None and most < least:
                raise ValueError(f"least_{side} is {least} and most_{side} is {most}, so that no {side} may stay")
        return self


class Filters(Section):
    """What each prompt and each answer must pass by itself."""

    secrets: Secrets | None = None
    personal_data: PersonalData | None = None
    languages: Languages | None = None
    length: Length | None = None


def filter_methods(filters: Filters | None) -> dict[str, str]:
    """By name of the filters that are on, ``name@version`` and its libraries: another one finds something else."""
    names = [name for name in _MADE_BY if getattr(filters, name, None) is not None]
    return {name: _method(*_MADE_BY[name]) for name in names}


def _method(name: str, libraries: tuple[str, ...]) -> str:
    return " ".join([name, *(f"{library}=={version(library)}" for library in libraries)])

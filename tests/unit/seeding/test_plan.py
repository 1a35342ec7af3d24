"""What a round asks is drawn the same at every call, and of everything that may be shown."""

from dataclasses import replace
from pathlib import Path

from stillroom.capabilities import find_capability
from stillroom.recipe import Seeding
from stillroom.records import Origin
from stillroom.seeding.plan import Round, draw
from tests.fakes.prompts import prompt

CODE = find_capability("code")
SEEDS = tuple(prompt(number) for number in range(8))
WRITTEN = tuple(prompt(100 + number, origin=Origin.WRITTEN) for number in range(4))
SEEDING = Seeding(seeds=Path("seeds.jsonl"), few_shot={"seeds": 2, "generated": 1})
ROUND = Round(run_id="tiny-r1", opened="2026-01-01T00:00:00", number=1, requests=12, pool=(*SEEDS, *WRITTEN))


def test_draw_is_the_same_at_every_call_and_differs_by_run_round_and_request() -> None:
    drawn = draw(ROUND, 3, SEEDING, CODE)
    others = [
        draw(ROUND, 4, SEEDING, CODE),
        draw(replace(ROUND, number=2), 3, SEEDING, CODE),
        draw(replace(ROUND, run_id="tiny-r2"), 3, SEEDING, CODE),
    ]

    assert drawn == draw(ROUND, 3, SEEDING, CODE)
    assert all(other != drawn for other in others)


def test_draw_mixes_seeds_and_generated_tasks() -> None:
    for position in range(20):
        origins = [one.origin for one in draw(ROUND, position, SEEDING, CODE).examples]
        assert (origins.count(Origin.SEED), origins.count(Origin.WRITTEN)) == (2, 1)


def test_draw_shows_seeds_alone_while_nothing_was_written() -> None:
    assert len(draw(replace(ROUND, pool=SEEDS), 0, SEEDING, CODE).examples) == 2


def test_draws_ask_for_every_difficulty_form_and_many_topics() -> None:
    drafts = [draw(ROUND, position, SEEDING, CODE) for position in range(200)]

    assert {draft.difficulty for draft in drafts} == set(CODE.difficulties)
    assert {draft.form for draft in drafts} == set(CODE.forms)
    assert len({draft.topic for draft in drafts}) == len(CODE.topics)


def test_what_is_withheld_is_not_shown() -> None:
    withheld = {one.prompt_id for one in SEEDS[:6]}
    round_ = replace(ROUND, withheld=frozenset(withheld))

    shown = {one.prompt_id for position in range(20) for one in draw(round_, position, SEEDING, CODE).examples}

    assert shown == {one.prompt_id for one in (*SEEDS[6:], *WRITTEN)}

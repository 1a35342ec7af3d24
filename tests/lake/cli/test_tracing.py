import json

import pytest

from stillroom.cli.ancestry import follow
from stillroom.lake import Lake
from stillroom.lake.reading import opened
from tests.lake.cli.conftest import RUN, prompt, row


def test_lineage_goes_back_to_seeds(answer):
    found = answer("lineage", "ee99")
    assert found["prompt"]["prompt_id"] == "written-c"
    assert [(prompt["prompt_id"], prompt["origin"]) for prompt in found["ancestors"]] == [
        ("seed-a", "seed"),
        ("seed-b", "seed"),
    ]
    assert found["prompt"]["nearest"]["prompt_id"] == "seed-a"
    assert found["prompt"]["writing"]["request_text"] == "Write a task."


def test_what_is_most_similar_is_shown_though_nothing_leads_to_it(answer, lake_root):
    like_it = prompt("twin", parents=["seed-a"])
    written = prompt("written-d", parents=["written-c", "written-c"], nearest_prompt_id="twin", nearest_score=0.4)
    lake = Lake.open(lake_root)
    lake.commit("twin", {"prompts": [like_it, written]}, run_id=RUN)
    example = row("examples", example_id="ee01", sample_id="aa11", prompt_id="written-d", messages=[], shard=0)
    lake.commit("one more", {"examples": [example]}, run_id=RUN)
    lake.close()

    found = answer("lineage", "ee01")

    assert found["prompt"]["nearest"]["prompt_id"] == "twin"
    assert [one["prompt_id"] for one in found["ancestors"]] == ["written-c", "seed-a", "seed-b"]


def test_the_ancestry_of_a_prompt_ends_at_seeds_in_sql_too(answer):
    found = answer("sql", "select prompt_id, origin from ancestry('written-c') join prompts using (prompt_id)")
    assert {(row["prompt_id"], row["origin"]) for row in found} == {
        ("written-c", "written"),
        ("seed-a", "seed"),
        ("seed-b", "seed"),
    }


def test_lineage_has_the_exact_request_and_parameters(answer):
    sample = answer("lineage", "ee99")["sample"]
    assert sample["request_text"] == "<user>written-c\n<assistant>"
    assert sample["parameters"]["temperature"] == 0.8


def test_lineage_names_run_commit_teacher_and_verdict(answer):
    found = answer("lineage", "ee99")
    assert found["run"]["run_id"] == "functions-r1"
    assert found["commit"]["key"] == "shard:functions-r1:0"
    assert found["teacher"]["revision"] == "abc"
    assert [verdict["outcome"] for verdict in found["verdicts"]] == ["pass"]


def test_lineage_is_the_same_asked_from_two_sides_at_once_and_one_after_another(answer, lake_root):
    answer("lineage", "ee99")  # the lake is there
    with opened(lake_root) as still:
        at_once = follow(still, "ee99")
    lake = Lake.open(lake_root)
    in_turn = follow(lake, "ee99")
    lake.close()
    assert at_once == in_turn
    assert at_once.ancestors
    assert at_once.verdicts


def test_lineage_has_scores_cluster_and_cost(answer, stillroom, lake_root):
    lake = Lake.open(lake_root)
    lake.commit("scores", {"scores": [row("scores", sample_id="aa11", scorer="brevity@1", value=0.25)]}, run_id=RUN)
    priced = row("teachers", teacher_id="qwen@abc", output_price_per_million=2.0, currency="EUR")
    lake.commit("price", {"teachers": [priced]}, run_id=RUN)
    lake.close()

    found = answer("lineage", "ee99")

    (viewed,) = answer("sql", "select scores, stands_for, gate, money, currency from lineage where example_id = 'ee99'")
    assert viewed["scores"] == {"brevity@1": 0.25}
    assert (viewed["stands_for"], viewed["gate"], viewed["currency"]) == (["aa22"], "kept", "EUR")
    assert viewed["money"] == pytest.approx(0.00024)
    assert found["scores"] == [{"scorer": "brevity@1", "value": 0.25}]
    assert [(one["sample_id"], one["similarity"]) for one in found["displaced"]] == [("aa22", 0.95)]
    assert found["cost"]["completion_tokens"] == 120
    assert found["cost"]["money"] == pytest.approx(0.00024)
    printed = stillroom("lineage", "ee99").stdout
    assert "score 0.25 by brevity@1" in printed
    assert "stands for sample aa22 too (near-duplicate, similarity 0.95)" in printed
    assert "cost: " in printed


def test_the_tree_shows_texts_as_they_are(stillroom):
    printed = stillroom("lineage", "ee").stdout
    assert 'Say "hallo" [bold]twice[/bold].' in printed
    assert "parent seed-a (seed, numbers, easy)" in printed
    assert "ROUGE-L 0.310" in printed


def test_a_sample_id_is_sent_to_why(stillroom):
    result = stillroom("lineage", "bb33")
    assert result.exit_code == 2
    assert "stillroom why bb33" in result.stderr


def test_lineage_says_how_strong_the_tests_are(answer, stillroom):
    strength = answer("lineage", "ee99")["prompt"]["test_strength"]
    assert (strength["strength"], strength["killed"], strength["set_aside"]) == (0.9, 9, 2)
    printed = stillroom("lineage", "ee99").stdout
    assert "strength 0.90 (9 of 12 mutants fail them, 2 set aside as equivalent; mutants of reference)" in printed


@pytest.mark.parametrize(
    ("table", "said"),
    [
        pytest.param(
            "samples",
            "sample aa11 (not in this lake; `stillroom verify-snapshot functions@1` says what is missing)",
            id="sample",
        ),
        pytest.param("prompts", "prompt written-c (not in this lake)", id="prompt"),
        pytest.param("verdicts", "verdict of the verifier that passed it, tests-1 (not in this lake; ", id="verdict"),
    ],
)
def test_lineage_tells_what_there_is_where_a_row_behind_the_example_is_lost(stillroom, lake_root, table, said):
    lake = Lake.open(lake_root)
    key = "prompt_id = 'written-c'" if table == "prompts" else "sample_id = 'aa11'"
    lake._connection.execute(f"DELETE FROM lake.{table} WHERE {key}")  # as nobody should
    lake.close()

    shown, as_json = stillroom("lineage", "ee99"), stillroom("lineage", "ee99", "--json")

    assert said in " ".join(shown.stdout.split())
    assert "teacher qwen@abc" in shown.stdout
    assert "run functions-r1" in shown.stdout
    assert shown.exit_code == as_json.exit_code == bool(said)
    found = json.loads(as_json.stdout)
    assert (found["sample"] is None) is (table == "samples")
    assert found["example"]["example_id"] == "ee99"

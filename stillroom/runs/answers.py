"""The answers of a run as they would be trained on, read from the lake some at a time: never all in memory."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stillroom.capabilities import find_capability
from stillroom.lake import Lake
from stillroom.records import Prompt

_AT_A_TIME = 2_048  # rows: those that DuckDB itself has in hand

_ANSWERS = "SELECT sample_id, prompt_id, answer, response FROM lake.samples WHERE run_id = $run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Some answers of a run.

    Attributes:
        lake: where they are.
        run_id: whose.
        sample_ids: which.
        prompts: theirs, by id.
    """

    lake: Lake
    run_id: str
    sample_ids: Collection[str]
    prompts: Mapping[str, Prompt]

    def batches(self) -> Iterator[dict[str, str]]:
        """By sample, some at a time, in no order, read anew each time."""
        for batch in self.lake.batches(_ANSWERS, {"run": self.run_id}, rows=_AT_A_TIME):
            yield {
                row["sample_id"]: trained_on(row, self.prompts)
                for row in batch.iter_rows(named=True)
                if row["sample_id"] in self.sample_ids
            }


def trained_on(row: Mapping[str, Any], prompts: Mapping[str, Prompt]) -> str:
    """An answer as it would be trained on: the turns of the assistant. ``row`` has prompt_id, answer and response."""
    prompt = prompts[row["prompt_id"]]
    example = find_capability(prompt.capability).example(prompt, row["answer"], row["response"])
    return "\n".join(content for role, content in example.messages if role == "assistant")

"""What the tags of flow runs say, and what is passed over."""

from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun

from tasks.flow_runs import shard_of, shard_tag


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param([shard_tag(12)], 12, id="its own"),
        pytest.param(["run:tiny-r1"], None, id="none"),
        pytest.param(["shard:abc"], None, id="a word that a person wrote"),
        pytest.param(["shard:\u00b2", "shard:", "shard:-1", f"shard:{'9' * 5000}"], None, id="no number of a shard"),
        pytest.param(["shard:slow", shard_tag(0)], 0, id="both"),
    ],
)
def test_a_shard_is_told_by_its_own_tag_alone(tags: list[str], expected: int | None) -> None:
    assert shard_of(FlowRun(flow_id=uuid4(), tags=tags)) == expected

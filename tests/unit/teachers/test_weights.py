"""A model in several files is whole when all that its index names are there."""

import json
from pathlib import Path

import pytest

from stillroom.teachers.weights import INDEX, lacking_weights

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
BOTH = json.dumps({"metadata": {"total_size": 2}, "weight_map": {"embed": FIRST, "layer.0": SECOND, "layer.1": SECOND}})


@pytest.mark.parametrize(
    ("files", "index", "lacks"),
    [
        pytest.param((), None, "holds no safetensors weights", id="nothing"),
        pytest.param((), BOTH, "holds no safetensors weights", id="an index alone"),
        pytest.param(("model.safetensors",), None, "", id="one file"),
        pytest.param((FIRST, SECOND), BOTH, "", id="all that the index names"),
        pytest.param(
            (FIRST,), BOTH, f"lacks 1 of 2 weight files, such as {SECOND}", id="one that it names is not there"
        ),
        pytest.param(("consolidated.safetensors",), BOTH, f"lacks 2 of 2 weight files, such as {FIRST}", id="others"),
        pytest.param(("consolidated.safetensors", FIRST, SECOND), BOTH, "", id="one more than it names"),
        pytest.param((SECOND,), None, f"lacks 1 of 2 weight files, such as {FIRST}", id="no index yet"),
        pytest.param((FIRST, SECOND), None, "", id="all without an index"),
        pytest.param((FIRST, SECOND), BOTH[:-9], f"has a {INDEX} that cannot be read", id="torn index"),
        pytest.param((FIRST, SECOND), "[]", f"has a {INDEX} that cannot be read", id="no index of weights"),
    ],
)
def test_what_keeps_weights_from_being_whole_is_said(
    tmp_path: Path, files: tuple[str, ...], index: str | None, lacks: str
) -> None:
    for file in files:
        (tmp_path / file).write_bytes(b"")
    if index is not None:
        (tmp_path / INDEX).write_text(index)

    assert lacking_weights(tmp_path) == lacks


def test_a_link_to_what_the_hubs_cache_no_longer_has_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").symlink_to(tmp_path / "blobs" / "gone")
    assert lacking_weights(tmp_path) == "holds no safetensors weights"

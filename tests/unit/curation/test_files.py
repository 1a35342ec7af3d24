"""What a search puts on disk comes back as it was: keys, ids, texts and frames, a part at a time."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stillroom.curation.band_files import GROUP_BANDS, BandFiles
from stillroom.curation.frame_files import FrameFiles
from stillroom.curation.id_file import IdFile
from stillroom.curation.text_file import TextFile

TEXTS = ["plain", "", "é問\n", "x" * 10_000, "last"]


@pytest.mark.parametrize("bands", [1, 5, 8, 19])
def test_keys_are_read_by_band_and_by_group_of_bands(tmp_path: Path, bands: int):
    keys = np.arange(7 * bands, dtype=np.uint32).reshape(7, bands)
    files = BandFiles(tmp_path, bands)
    files.add(iter([keys[:3]]))
    files.add(iter([keys[3:4], keys[4:]]))
    assert [files.band(band).tolist() for band in range(bands)] == keys.T.tolist()
    groups = [files.group(number) for number in range(len(files.groups))]
    assert np.concatenate(groups, axis=1).tolist() == keys.tolist()
    assert all(group.shape[1] == GROUP_BANDS for group in groups[:-1])


def test_no_documents_have_no_keys(tmp_path: Path):
    files = BandFiles(tmp_path, 9)
    files.add(iter([]))
    assert files.band(8).tolist() == []
    assert files.group(0).shape == (0, 8)


def test_ids_are_read_by_place(tmp_path: Path):
    ids = IdFile(tmp_path / "ids")
    ids.add([pl.Series("id", TEXTS[:2]), pl.Series("id", [], pl.String())])
    ids.add([pl.Series("id", TEXTS[2:])])
    places = np.array([4, 1, 2, 2, 0])
    assert ids.read(places).to_list() == [TEXTS[place] for place in places]
    assert ids.read(places[:0]).to_list() == []


def test_texts_are_read_by_position_in_whatever_order_they_came(tmp_path: Path):
    arrivals, positions = np.array([10, 20, 30, 40, 50]), np.array([3, 0, 4, 1, 2])
    batches = [
        pl.DataFrame({"arrival": [40, 10], "text": [TEXTS[1], TEXTS[3]]}),
        pl.DataFrame({"arrival": [50, 20, 30], "text": [TEXTS[2], TEXTS[0], TEXTS[4]]}),
    ]
    file = TextFile(tmp_path / "texts", arrivals, positions, batches)
    assert file.characters.tolist() == [len(text) for text in TEXTS]
    assert file.read(np.array([4, 0, 3, 2, 1])).to_list() == [TEXTS[place] for place in (4, 0, 3, 2, 1)]


def test_a_frame_is_the_rows_of_all_its_parts(tmp_path: Path):
    (folder := tmp_path / "[odd]*").mkdir()
    part = pl.DataFrame({"id": ["a", "b"]})
    assert FrameFiles(folder, "none", part.schema).scan().collect().equals(part.clear())
    files = FrameFiles(folder, "some", part.schema).write_all([part, part.head(1)])
    assert files.scan().collect()["id"].to_list() == ["a", "b", "a"]

"""What a search puts on disk comes back as it was: keys, ids, texts and frames, a part at a time."""

from pathlib import Path

import numpy as np
import polars as pl

from stillroom.curation.band_files import BandFiles
from stillroom.curation.frame_files import FrameFiles
from stillroom.curation.id_file import IdFile
from stillroom.curation.text_file import TextFile

TEXTS = ["plain", "", "é問\n", "x" * 10_000, "last"]


def test_keys_are_read_by_band_and_by_place(tmp_path: Path):
    keys = np.arange(35, dtype=np.uint32).reshape(7, 5)
    files = BandFiles(tmp_path, 5)
    files.add(iter([keys[:3]]))
    files.add(iter([keys[3:4], keys[4:]]))
    assert [files.band(band).tolist() for band in range(5)] == keys.T.tolist()
    places = np.array([6, 0, 6, 3], np.int32)
    assert files.of(places, 5).tolist() == keys[places].tolist()
    assert files.of(places, 2).tolist() == keys[places, :2].tolist()
    assert files.at(3, places).tolist() == keys[places, 3].tolist()
    assert files.of(places[:0], 5).shape == (0, 5)


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

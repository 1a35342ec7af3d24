"""Where a lake is: two settings, remembered without secrets, and refused where they say something else later."""

import json
from pathlib import Path

import pytest

from stillroom.errors import LakeError, RequestError
from stillroom.lake import Lake
from stillroom.lake.location import locate
from stillroom.lake.variables import CATALOGUE_VARIABLE, DATA_VARIABLE, JOURNAL_VARIABLE
from tests.fakes.rows import row


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CATALOGUE_VARIABLE, raising=False)
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    monkeypatch.delenv(JOURNAL_VARIABLE, raising=False)


def test_all_is_in_the_folder_by_default_and_nothing_needs_to_be_remembered(tmp_path: Path) -> None:
    location = locate(tmp_path)
    location.remember()

    assert (location.catalogue, location.data) == (tmp_path / "catalogue.sqlite", tmp_path / "data")
    assert list(tmp_path.iterdir()) == []


def test_settings_are_remembered_so_that_the_folder_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(CATALOGUE_VARIABLE, "postgresql://me@db.example:5433/lake?sslmode=require")
        patch.setenv(DATA_VARIABLE, "s3://bucket/some/prefix/")
        made = locate(tmp_path)
        made.remember()

    assert locate(tmp_path) == made
    assert made.data == "s3://bucket/some/prefix"
    remembered = json.loads((tmp_path / "lake.json").read_text())
    assert remembered["catalogue"] == "user=me dbname=lake host=db.example port=5433 sslmode=require"


def test_folder_for_the_data_is_remembered_with_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setenv(DATA_VARIABLE, "elsewhere")
        (tmp_path / "lake").mkdir()
        locate(tmp_path / "lake").remember()

    assert locate(tmp_path / "lake").data == tmp_path / "elsewhere"
    assert locate(tmp_path / "lake").catalogue == tmp_path / "lake" / "catalogue.sqlite"


@pytest.mark.parametrize(
    ("data", "relation"),
    [
        pytest.param("lake", "which is the lake's folder itself", id="the lake's folder"),
        pytest.param("lake/", "which is the lake's folder itself", id="with a slash"),
        pytest.param(".", "which is above the lake's folder", id="its parent"),
        pytest.param("/", "which is above the lake's folder", id="the root"),
        pytest.param("lake/snapshots", "which is inside the lake's folder", id="inside"),
        pytest.param("lake/data/more", "which is inside the lake's folder", id="below its data"),
        pytest.param("linked/snapshots", "which is inside the lake's folder", id="inside, by a link"),
    ],
)
def test_data_amid_the_lakes_other_files_are_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str, relation: str
) -> None:
    (tmp_path / "linked").symlink_to(tmp_path / "lake")
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / data))

    with pytest.raises(RequestError, match=f"{relation}.*Unset {DATA_VARIABLE}"):
        Lake.open(tmp_path / "lake", create=True)

    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize("data", ["lake/data", "lake-data", "beside"])
def test_data_in_the_lakes_own_place_or_beside_the_lake_are_none_of_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str
) -> None:
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path / data))

    location = locate(tmp_path / "lake")

    assert location.data == tmp_path / data
    assert location.has_data_elsewhere == (data != "lake/data")


def test_same_database_in_other_words_by_another_role_is_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lake.json").write_text('{"catalogue": "host=db dbname=lake user=writer", "data": null}')
    monkeypatch.setenv(CATALOGUE_VARIABLE, "postgresql://reader@db/lake")

    assert locate(tmp_path).catalogue == "user=reader dbname=lake host=db"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param(CATALOGUE_VARIABLE, "postgresql://me@db/another", id="another database"),
        pytest.param(CATALOGUE_VARIABLE, "postgresql://me@db2/lake", id="another server"),
        pytest.param(DATA_VARIABLE, "s3://bucket/other", id="another prefix"),
        pytest.param(DATA_VARIABLE, "/another/folder", id="a folder"),
    ],
)
def test_setting_that_says_another_place_is_refused_with_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    (tmp_path / "lake.json").write_text('{"catalogue": "host=db dbname=lake user=me", "data": "s3://bucket/one"}')
    monkeypatch.setenv(variable, value)

    with pytest.raises(
        RequestError, match=rf"(dbname=lake user=me|s3://bucket/one), but {variable} says .*Unset {variable}"
    ):
        locate(tmp_path)


def test_lake_that_is_in_its_folder_refuses_a_setting_that_would_make_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "catalogue.sqlite").touch()
    monkeypatch.setenv(CATALOGUE_VARIABLE, "postgresql://me@db/lake")

    with pytest.raises(RequestError, match=r"has its catalogue at .*catalogue.sqlite, but STILLROOM_CATALOGUE says"):
        locate(tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        pytest.param(CATALOGUE_VARIABLE, "postgresql://me:secret@db/lake", "PGPASSWORD", id="password"),
        pytest.param(CATALOGUE_VARIABLE, "host=db password=secret", "PGPASSWORD", id="password as keyword"),
        pytest.param(CATALOGUE_VARIABLE, "/var/lib/lake", "PostgreSQL database", id="no connection string"),
        pytest.param(DATA_VARIABLE, "gs://bucket/x", "s3://bucket/prefix", id="other storage"),
        pytest.param(DATA_VARIABLE, "s3://", "s3://bucket/prefix", id="no bucket"),
        pytest.param(JOURNAL_VARIABLE, "postgres", "catalogue or folder", id="no place of journals"),
        pytest.param(JOURNAL_VARIABLE, "catalogue", "the catalogue is a file", id="journals without a database"),
    ],
)
def test_setting_that_makes_no_sense_is_refused_and_shows_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(RequestError, match=said) as caught:
        locate(tmp_path)

    assert "secret" not in str(caught.value)


def test_journals_in_the_catalogue_are_remembered_and_others_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv(CATALOGUE_VARIABLE, "postgresql://me@db/lake")
        patch.setenv(JOURNAL_VARIABLE, "catalogue")
        locate(tmp_path).remember()

    assert locate(tmp_path).journals_in_catalogue
    monkeypatch.setenv(JOURNAL_VARIABLE, "folder")
    with pytest.raises(RequestError, match="has its journals at its catalogue, but STILLROOM_JOURNAL says folder"):
        locate(tmp_path)
    (tmp_path / "lake.json").write_text('{"catalogue": "host=db dbname=lake user=me", "data": null}')
    assert not locate(tmp_path).journals_in_catalogue
    monkeypatch.setenv(JOURNAL_VARIABLE, "catalogue")
    with pytest.raises(RequestError, match="has its journals at its folder"):
        locate(tmp_path)


@pytest.mark.parametrize("text", ["{torn", "[]"])
def test_memory_that_cannot_be_read_is_named_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "lake.json").write_text(text)

    with pytest.raises(LakeError, match=r"lake.json says where the lake is.*Write it again"):
        locate(tmp_path)


def test_lake_in_a_file_may_have_its_data_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STILLROOM_DATA", str(tmp_path / "elsewhere"))
    lake = Lake.open(tmp_path / "lake", create=True)
    lake.commit("k", {"scores": [row("scores", sample_id="a")]}, run_id="r")
    lake.close()
    monkeypatch.delenv("STILLROOM_DATA")

    again = Lake.open(tmp_path / "lake")

    assert again.rows("SELECT sample_id FROM lake.scores") == [{"sample_id": "a"}]
    assert list((tmp_path / "elsewhere").rglob("*.parquet"))
    again.close()

"""The embedder behind an endpoint, against a real HTTP server that misbehaves."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from stillroom.embedding import BLANK_AXIS, open_embedder
from stillroom.embedding.endpoint import EndpointEmbedder
from stillroom.errors import TeacherBusy, TeacherLost, TeacherMismatch, TeacherRefused
from stillroom.recipe import Embedding
from tests.fakes.embeddings import DIMS, FakeEmbeddings, vector


@pytest.fixture
def server() -> Iterator[FakeEmbeddings]:
    with FakeEmbeddings() as running:
        yield running


def settings(server: FakeEmbeddings, **changes: Any) -> Embedding:
    return Embedding(**{"url": server.url, "model": "org/tiny-embedder", "patience_seconds": 1.5, **changes})


def expected(texts: list[str]) -> np.ndarray:
    rows = np.array([vector(text) for text in texts])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def embed(server: FakeEmbeddings, texts: list[str], **changes: Any) -> np.ndarray:
    with open_embedder(settings(server, **changes)) as embedder:
        return embedder.embed(texts)


def test_vectors_come_in_the_order_of_the_texts_at_unit_length(server: FakeEmbeddings) -> None:
    texts = [f"text {number}" for number in range(25)]

    rows = embed(server, texts, batch_size=4, in_flight=3)

    np.testing.assert_allclose(rows, expected(texts), atol=1e-6)
    assert rows.dtype == np.float32
    batches = [request["input"] for request in server.requests[1:]]
    assert max(map(len, batches)) == 4
    assert sorted(text for batch in batches for text in batch) == sorted(texts)


def test_several_requests_are_in_flight_and_no_more_than_asked_for(server: FakeEmbeddings) -> None:
    server.delay_seconds = 0.1

    embed(server, [f"text {number}" for number in range(12)], batch_size=1, in_flight=3)

    assert server.peak_in_flight == 3


def test_identity_is_the_model_and_the_servers_revision(server: FakeEmbeddings) -> None:
    with open_embedder(settings(server, most_characters=500)) as embedder:
        assert isinstance(embedder, EndpointEmbedder)
        assert (embedder.name, embedder.dims) == ("org/tiny-embedder@f00d/500", DIMS)


def test_blank_texts_are_not_sent(server: FakeEmbeddings) -> None:
    rows = embed(server, ["", "a", " \n"])

    assert rows[[0, 2], BLANK_AXIS].tolist() == [1.0, 1.0]
    assert server.requests[-1]["input"] == ["a"]
    assert embed(server, []).shape == (0, DIMS)


def test_long_texts_are_sent_in_part(server: FakeEmbeddings) -> None:
    server.most_characters = 100

    np.testing.assert_allclose(embed(server, ["x" * 300], most_characters=100), expected(["x" * 100]), atol=1e-6)
    assert len(server.requests) == 2  # with the probe


def test_a_text_that_is_refused_for_its_length_is_halved_and_those_beside_it_are_not(server: FakeEmbeddings) -> None:
    server.most_characters = 100
    texts = ["a", "x" * 300, "y" * 90, "z" * 1_000, "b"]

    rows = embed(server, texts, most_characters=400)

    np.testing.assert_allclose(rows, expected(["a", "x" * 100, "y" * 90, "z" * 100, "b"]), atol=1e-6)
    np.testing.assert_allclose(embed(server, texts[1:2], most_characters=400), rows[1:2])


def test_a_text_that_is_refused_however_short_is_an_error(server: FakeEmbeddings) -> None:
    server.most_characters = 40  # more than the probe has

    with pytest.raises(TeacherRefused, match=r"embedding model org/tiny-embedder at .* refuses the request \(400\)"):
        embed(server, ["a", "x" * 300])


def test_texts_are_cut_to_what_the_model_reads_and_its_name_says_so(server: FakeEmbeddings) -> None:
    server.most_tokens = 32

    with open_embedder(settings(server, most_characters=8_000)) as embedder:
        assert embedder.name == "org/tiny-embedder@f00d/8000/32-tokens"
        np.testing.assert_allclose(embedder.embed(["x" * 300]), expected(["x" * 128]), atol=1e-6)


@pytest.mark.parametrize("kind", ["busy", "error", "drop", "none"])
def test_faults_that_pass_are_waited_for(server: FakeEmbeddings, kind: str) -> None:
    server.fail(kind, times=1, after=1)

    np.testing.assert_allclose(embed(server, ["a", "b"]), expected(["a", "b"]), atol=1e-6)


@pytest.mark.parametrize("odd", ["short", "ragged", "zeros", "garbage"])
def test_replies_that_are_no_vectors_are_asked_for_again(server: FakeEmbeddings, odd: str) -> None:
    with open_embedder(settings(server)) as embedder:
        server.odd = [odd]
        np.testing.assert_allclose(embedder.embed(["a", "b"]), expected(["a", "b"]), atol=1e-6)
    with open_embedder(settings(server, patience_seconds=0.1)) as embedder:
        server.odd = [odd] * 100
        with pytest.raises(TeacherLost, match="sent"):
            embedder.embed(["a", "b"])


def test_patience_ends(server: FakeEmbeddings) -> None:
    server.fail("busy", times=100, after=1)

    with pytest.raises(TeacherBusy, match=r"embedding model .* is busy \(503\)"):
        embed(server, ["a"], patience_seconds=0.1)


def test_server_that_is_not_there_is_named() -> None:
    with (
        pytest.raises(TeacherLost, match=r"http://127.0.0.1:9 is gone: .*correct `curation.embedding.url`"),
        open_embedder(Embedding(url="http://127.0.0.1:9", model="m", revision="r", patience_seconds=0.2)),
    ):
        pass


def test_another_model_another_revision_and_a_teacher_are_refused(server: FakeEmbeddings) -> None:
    with pytest.raises(TeacherMismatch, match=r"serves org/tiny-embedder, but `curation\.embedding\.model` is org/oth"):
        embed(server, [], model="org/other")
    with pytest.raises(TeacherMismatch, match="serves revision f00d, but the recipe asks for beef"):
        embed(server, [], revision="beef")
    server.weight_version = "default"
    with pytest.raises(TeacherMismatch, match="does not say which revision"):
        embed(server, [])
    assert embed(server, [], revision="beef").shape == (0, DIMS)
    server.is_generation = True
    with pytest.raises(TeacherMismatch, match="Start its server with `--is-embedding`"):
        embed(server, [], revision="beef")


@pytest.mark.parametrize("url", ["http://me:secret@host", "http://host?api_key=secret"])
def test_credentials_in_the_address_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValidationError, match="has credentials") as caught:
        Embedding(url=url, model="m")
    assert "secret" not in str(caught.value)

"""A fake embedding model: a real HTTP server that speaks SGLang's ``/v1/embeddings``, with the fake teacher's faults.

Further kinds of faults, each for one request: ``short`` sends one vector too few, ``ragged`` vectors of two lengths,
``zeros`` a vector of zeros, ``garbage`` no JSON.
"""

import asyncio
import json
import random
from typing import Any

from tests.fakes.teacher import AT_ONCE, FakeTeacher

DIMS = 8


class FakeEmbeddings(FakeTeacher):
    """Vectors that hang on the text alone, sent in reverse order, as the form allows."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"model": "org/tiny-embedder", **options})
        self.is_generation = False
        self.odd: list[str] = []
        self.most_characters = 1_000_000
        self.most_tokens: int | None = None  # what it says of itself

    async def handle(self, method: str, path: str, body: bytes, connection: Any) -> None:
        if path == "/v1/models" and self.most_tokens is not None:
            connection.reply(200, {"object": "list", "data": [{"id": self.model, "max_model_len": self.most_tokens}]})
            return
        if path != "/v1/embeddings":
            await super().handle(method, path, body, connection)
            return
        request = json.loads(body)
        self.requests.append(request)
        texts: list[str] = request["input"]
        fault = self._next_fault()
        if any(len(text) > self.most_characters for text in texts):
            fault = fault or "refuse"
        if fault in AT_ONCE:
            await self._fail_at_once(fault, connection)
            return
        self._in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self._in_flight)
        await asyncio.sleep(self.delay_seconds)
        self._in_flight -= 1
        odd = self.odd.pop() if self.odd else ""
        if odd == "garbage":
            connection.reply(200, b"<html>")
            return
        rows = [vector(text) for text in texts]
        if odd == "zeros":
            rows[0] = [0.0] * DIMS
        if odd == "ragged":
            rows[-1] = rows[-1][1:]
        if odd == "short":
            rows.pop()
        data = [{"object": "embedding", "embedding": row, "index": index} for index, row in enumerate(rows)]
        connection.reply(200, {"object": "list", "data": data[::-1], "model": self.model})


def vector(text: str) -> list[float]:
    """Not of unit length: some models do not normalise."""
    draw = random.Random(text)
    return [draw.gauss(0.0, 3.0) for _ in range(DIMS)]

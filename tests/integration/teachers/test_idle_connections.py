"""A connection that the server is about to close for being idle is not used again."""

import asyncio
import contextlib

from stillroom.teachers.http import IDLE_SECONDS, open_client

SERVER_IDLE_SECONDS = 5.0  # uvicorn's, and so SGLang's
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


async def test_a_request_after_a_pause_gets_a_connection_of_its_own() -> None:
    served: list[asyncio.Event] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_over = asyncio.Event()
        served.append(is_over)
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(ANSWER)
        writer.close()
        await writer.wait_closed()
        is_over.set()

    assert IDLE_SECONDS < SERVER_IDLE_SECONDS / 2
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with open_client() as client:
            await client.get(url)
            await client.get(url)
            assert len(served) == 1
            await asyncio.sleep(IDLE_SECONDS + 0.1)
            await client.get(url)
            assert len(served) == 2
        for is_over in served:  # a connection that outlives the loop is told of in some later test
            await is_over.wait()

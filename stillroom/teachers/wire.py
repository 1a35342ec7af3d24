"""SGLang's ``/generate`` on the wire: the body of a request, the shape of a reply, and what its status means."""

from typing import Any

import httpx2
import msgspec

from stillroom.errors import TeacherBusy, TeacherLost, TeacherRefused
from stillroom.records import FinishReason, SamplingParams

MAX_ERROR_CHARACTERS = 300  # of a server's own words in our messages
REFUSED_STATUS = (400, 413, 422)  # about this request; a 401 or 404 is about the endpoint and may be mended
BUSY_STATUS = (408, 425, 429, 503)


class Meta(msgspec.Struct):
    """What it cost and how it ended."""

    finish_reason: dict[str, Any] | None
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    weight_version: str = ""


class Reply(msgspec.Struct):
    """One sample."""

    text: str
    meta_info: Meta


Replies = list[Reply] | Reply  # n = 1 comes back bare


def request_body(text: str, params: SamplingParams, n: int) -> bytes:
    """The body of a ``/generate`` request: the text and every sampling parameter, nothing left to defaults."""
    return msgspec.json.encode({"text": text, "sampling_params": {**_parameters(params), "n": n}})


def _parameters(params: SamplingParams) -> dict[str, object]:
    plain = params.plain()
    schema = plain.pop("json_schema")
    return {**plain, "skip_special_tokens": False, **({"json_schema": schema} if schema else {})}


def is_whole(reply: Reply) -> bool:
    """An aborted answer comes with 200 and partial text, and is no sample."""
    finish = reply.meta_info.finish_reason
    return finish is not None and finish.get("type") in set(FinishReason)


def raise_for(reply: httpx2.Response, who: str) -> None:
    """Let a success pass.

    Args:
        reply: of a server.
        who: it is, for a person.

    Raises:
        TeacherBusy: it asks for patience.
        TeacherRefused: it will never answer this request.
        TeacherLost: any other status.
    """
    if reply.is_success:
        return
    words = reply.text[:MAX_ERROR_CHARACTERS]
    if reply.status_code in BUSY_STATUS:
        raise TeacherBusy(f"{who} is busy ({reply.status_code}): {words}")
    if reply.status_code in REFUSED_STATUS:
        raise TeacherRefused(f"{who} refuses the request ({reply.status_code}): {words}")
    raise TeacherLost(f"{who} failed ({reply.status_code}): {words}")

"""Attention on the CPU for a batch at a time, in place of SGLang's loop over requests.

SGLang's torch-native backend copies each request's keys and values out of the pool, repeats them for every query
head of a group, and computes rows for the cached prefix only to throw them away. Here requests of similar length
share one gather and one call, the query heads that share a key head become rows of one small matrix, and only new
tokens are computed. Measured at 32 requests of 200 tokens: 2.2 instead of 16.5 ms a layer; one new token after 1092
cached ones: 0.3 instead of 54 ms. The results differ in the last bit of bfloat16 at most (``check_plugin.py``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

MAX_GATHERED_TOKENS = 8192  # a call's keys and values stay near the cache: 2 x 2 MB for a 0.5B model
MAX_LENGTH_RATIO = 1.5  # of the longest to the shortest request in one call: the shorter are padded
PLAN = "_stillroom_decode_plan"


@dataclass(frozen=True, slots=True)
class Group:
    """Requests that are attended to in one call.

    Attributes:
        rows: which requests of the batch; None for all of them in order.
        slots: (requests * longest,) places in the pool of keys and values; 0 where a request is shorter.
        bias: (requests, 1, 1, longest), minus infinity where a request is shorter; None if none is.
    """

    rows: Tensor | None
    slots: Tensor
    bias: Tensor | None


@dataclass(frozen=True, slots=True)
class DecodePlan:
    """What is the same in all layers of one forward pass."""

    seq_lens: Tensor
    groups: list[Group]


def plan_decode(req_to_token: Tensor, req_pool_indices: Tensor, seq_lens: Tensor, dtype: torch.dtype) -> DecodePlan:
    """Sorts the requests by length and cuts them into groups of similar length."""
    lengths = seq_lens.tolist()
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)
    groups: list[Group] = []
    while order:
        longest = lengths[order[0]]
        take = 1
        while (
            take < len(order)
            and lengths[order[take]] * MAX_LENGTH_RATIO >= longest
            and (take + 1) * longest <= MAX_GATHERED_TOKENS
        ):
            take += 1
        chosen, order = order[:take], order[take:]
        rows = torch.tensor(chosen)
        slots = req_to_token[req_pool_indices[rows], :longest].long()
        bias = None
        if lengths[chosen[-1]] < longest:
            beyond = torch.arange(longest) >= seq_lens[rows].unsqueeze(1)
            slots = slots.masked_fill(beyond, 0)
            bias = torch.zeros(beyond.shape, dtype=dtype).masked_fill(beyond, float("-inf"))[:, None, None, :]
        groups.append(Group(rows=rows, slots=slots.reshape(-1), bias=bias))
    return DecodePlan(seq_lens, groups)


def forget_plan(original: Callable[..., Any], backend: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
    """Around ``init_forward_metadata``: a new pass needs a new plan."""
    setattr(backend, PLAN, None)
    return original(backend, *args, **kwargs)


def decode(
    original: Callable[..., Tensor],
    backend: Any,  # noqa: ANN401
    query: Tensor,
    output: Tensor,
    k_cache: Tensor,
    v_cache: Tensor,
    req_to_token: Tensor,
    req_pool_indices: Tensor,
    seq_lens: Tensor,
    encoder_lens: Tensor | None = None,
    scaling: float | None = None,
    enable_gqa: bool = False,
    causal: bool = False,
    is_cross_attn: bool = False,
    sliding_window_size: int | None = None,
) -> Tensor:
    """Around ``_run_sdpa_forward_decode``: one query token a request, shapes as there."""
    if not _is_plain(query, k_cache, v_cache, encoder_lens, is_cross_attn, sliding_window_size):
        return original(
            backend,
            query,
            output,
            k_cache,
            v_cache,
            req_to_token,
            req_pool_indices,
            seq_lens,
            encoder_lens,
            scaling=scaling,
            enable_gqa=enable_gqa,
            causal=causal,
            is_cross_attn=is_cross_attn,
            sliding_window_size=sliding_window_size,
        )
    plan: DecodePlan | None = getattr(backend, PLAN, None)
    if plan is None or plan.seq_lens is not seq_lens:
        plan = plan_decode(req_to_token, req_pool_indices, seq_lens, query.dtype)
        setattr(backend, PLAN, plan)
    heads, kv_heads, size = query.shape[1], k_cache.shape[1], query.shape[2]
    for group in plan.groups:
        count = len(group.rows)
        keys = k_cache.index_select(0, group.slots).view(count, -1, kv_heads, size).transpose(1, 2)
        values = v_cache.index_select(0, group.slots).view(count, -1, kv_heads, v_cache.shape[2]).transpose(1, 2)
        queries = query[group.rows].view(count, kv_heads, heads // kv_heads, size)
        attended = scaled_dot_product_attention(queries, keys, values, attn_mask=group.bias, scale=scaling)
        output[group.rows] = attended.reshape(count, heads, -1)
    return output


def extend(
    original: Callable[..., Tensor],
    backend: Any,  # noqa: ANN401
    query: Tensor,
    output: Tensor,
    k_cache: Tensor,
    v_cache: Tensor,
    req_to_token: Tensor,
    req_pool_indices: Tensor,
    seq_lens: Tensor,
    extend_prefix_lens: Tensor,
    extend_seq_lens: Tensor,
    encoder_lens: Tensor | None = None,
    scaling: float | None = None,
    enable_gqa: bool = False,
    causal: bool = False,
    is_cross_attn: bool = False,
    sliding_window_size: int | None = None,
) -> Tensor:
    """Around ``_run_sdpa_forward_extend``: the new tokens of each request, shapes as there."""
    if not causal or not _is_plain(query, k_cache, v_cache, encoder_lens, is_cross_attn, sliding_window_size):
        return original(
            backend,
            query,
            output,
            k_cache,
            v_cache,
            req_to_token,
            req_pool_indices,
            seq_lens,
            extend_prefix_lens,
            extend_seq_lens,
            encoder_lens,
            scaling=scaling,
            enable_gqa=enable_gqa,
            causal=causal,
            is_cross_attn=is_cross_attn,
            sliding_window_size=sliding_window_size,
        )
    start = 0
    lengths = zip(req_pool_indices.tolist(), extend_prefix_lens.tolist(), extend_seq_lens.tolist(), strict=True)
    for request, prefix, new in lengths:
        slots = req_to_token[request, : prefix + new]
        keys = k_cache.index_select(0, slots).transpose(0, 1).unsqueeze(0)
        values = v_cache.index_select(0, slots).transpose(0, 1).unsqueeze(0)
        output[start : start + new] = _attend(query[start : start + new], keys, values, prefix, scaling)
        start += new
    return output


def _attend(query: Tensor, keys: Tensor, values: Tensor, prefix: int, scaling: float | None) -> Tensor:
    """(new, heads, size) queries over (1, kv heads, prefix + new, size) keys, each seeing what came before it."""
    new, heads, size = query.shape
    kv_heads = keys.shape[1]
    group = heads // kv_heads
    if prefix == 0:
        keys, values = keys.repeat_interleave(group, 1), values.repeat_interleave(group, 1)
        queries = query.transpose(0, 1).unsqueeze(0)
        attended = scaled_dot_product_attention(queries, keys, values, is_causal=True, scale=scaling)
        return attended.squeeze(0).transpose(0, 1)
    later = torch.arange(prefix + new) > torch.arange(prefix, prefix + new).unsqueeze(1)
    bias = torch.zeros(later.shape, dtype=query.dtype).masked_fill(later, float("-inf")).repeat(group, 1)
    queries = query.view(new, kv_heads, group, size).permute(1, 2, 0, 3).reshape(1, kv_heads, group * new, size)
    attended = scaled_dot_product_attention(queries, keys, values, attn_mask=bias, scale=scaling)
    return attended.view(kv_heads, group, new, -1).permute(2, 0, 1, 3).reshape(new, heads, -1)


def _is_plain(
    query: Tensor,
    k_cache: Tensor,
    v_cache: Tensor,
    encoder_lens: Tensor | None,
    is_cross_attn: bool,
    sliding_window_size: int | None,
) -> bool:
    """Whether this is the common case; all others are left to SGLang."""
    windowed = sliding_window_size is not None and sliding_window_size > -1
    same_types = query.dtype == k_cache.dtype == v_cache.dtype
    return same_types and not windowed and not is_cross_attn and encoder_lens is None

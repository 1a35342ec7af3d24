"""Sampling from a large vocabulary on the CPU, in place of a sort and a random number for every token in it.

SGLang's PyTorch path draws 152k exponential variates a request and step, or, once any request of the batch has a
top-k or top-p, sorts all probabilities of all requests. Measured at 32 requests: 123 and 530 ms a step; here 1 and 12.
The distribution is the same: one uniform variate is looked up in the cumulated probabilities (inverse transform
sampling), first over blocks, then inside one block; and only as many tokens are sorted as top-k and top-p can keep,
with SGLang's own code for a request where those do not suffice.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

BLOCK = 512  # near the square root of the vocabulary: both look-ups are short
CANDIDATES = 256


def sample(
    original: Callable[..., Tensor],
    probs: Tensor,
    sampling_seed: Tensor | None = None,
    positions: Tensor | None = None,
) -> Tensor:
    """Around ``sampling_from_probs_torch``: (requests, vocabulary) probabilities to (requests,) token ids."""
    if sampling_seed is not None:
        return original(probs, sampling_seed, positions)
    return _draw_in_blocks(probs).to(torch.int32)


def sample_filtered(
    original: Callable[..., Any],
    probs: Tensor,
    top_ks: Tensor,
    top_ps: Tensor,
    min_ps: Tensor,
    need_min_p_sampling: bool,
    sampling_seed: Tensor | None,
    positions: Tensor,
    *,
    return_filtered_probs: bool = False,
    max_top_k: int | None = None,
) -> Any:  # noqa: ANN401
    """Around ``top_k_top_p_min_p_sampling_from_probs_torch``, arguments as there."""
    vocabulary = probs.shape[-1]
    if sampling_seed is not None or return_filtered_probs or vocabulary <= CANDIDATES:
        return original(
            probs,
            top_ks,
            top_ps,
            min_ps,
            need_min_p_sampling,
            sampling_seed,
            positions,
            return_filtered_probs=return_filtered_probs,
            max_top_k=max_top_k,
        )
    top, tokens = torch.topk(probs, CANDIDATES, dim=-1, sorted=True)
    mass_before = torch.cumsum(top, dim=-1) - top
    kept = (torch.arange(CANDIDATES) < top_ks.view(-1, 1)) & (mass_before <= top_ps.view(-1, 1))
    if need_min_p_sampling:
        kept &= top >= top[:, :1] * min_ps.view(-1, 1)
    drawn = tokens.gather(1, _draw(top.masked_fill(~kept, 0.0))).view(-1).to(torch.int32)
    # What is kept is a run from the most probable token on. If the last candidate is kept, there may be more.
    if (open_ended := kept[:, -1]).any():
        unfiltered = open_ended & (top_ks.view(-1) >= vocabulary) & (top_ps.view(-1) >= 1.0)
        if need_min_p_sampling:
            unfiltered &= min_ps.view(-1) <= 0.0
        if unfiltered.any():
            drawn[unfiltered] = _draw_in_blocks(probs[unfiltered]).to(torch.int32)
        if (rest := open_ended & ~unfiltered).any():
            chosen = (top_ks[rest], top_ps[rest], min_ps[rest], need_min_p_sampling, None, positions[rest])
            drawn[rest] = original(probs[rest], *chosen, max_top_k=max_top_k).to(torch.int32)
    return drawn


def _draw(weights: Tensor) -> Tensor:
    """(rows, 1) columns, each with a chance in proportion to its weight, which need not add up to 1."""
    return _look_up(weights, torch.rand(len(weights), 1, dtype=torch.float64), scale_by_total=True)


def _draw_in_blocks(weights: Tensor) -> Tensor:
    """``_draw`` as (rows,) for many columns: first which block, then where in it."""
    rows, columns = weights.shape
    whole = columns // BLOCK * BLOCK
    sums = weights[:, :whole].view(rows, -1, BLOCK).sum(-1, dtype=torch.float32)
    if whole < columns:
        sums = torch.cat([sums, weights[:, whole:].sum(-1, keepdim=True, dtype=torch.float32)], dim=1)
    ends = sums.double().cumsum(-1)
    target = _below(torch.rand(rows, 1, dtype=torch.float64) * ends[:, -1:], ends[:, -1:])
    block = torch.searchsorted(ends, target, right=True).clamp_(max=sums.shape[1] - 1)
    offset = target - torch.where(block > 0, ends.gather(1, (block - 1).clamp(min=0)), 0.0)
    positions = block * BLOCK + torch.arange(BLOCK)
    inside = torch.where(positions < columns, weights.gather(1, positions.clamp(max=columns - 1)), 0.0)
    return (block * BLOCK + _look_up(inside, offset, scale_by_total=False)).view(-1)


def _look_up(weights: Tensor, target: Tensor, *, scale_by_total: bool) -> Tensor:
    """The first column at which the cumulated weights exceed ``target``; never one of weight 0."""
    ends = weights.double().cumsum(-1)
    total = ends[:, -1:]
    target = _below(target * total if scale_by_total else target, total)
    return torch.searchsorted(ends, target, right=True).clamp_(max=weights.shape[1] - 1)


def _below(target: Tensor, total: Tensor) -> Tensor:
    """Keeps rounding from pushing a target past the last column of positive weight."""
    return torch.minimum(target, torch.nextafter(total, torch.zeros_like(total)))

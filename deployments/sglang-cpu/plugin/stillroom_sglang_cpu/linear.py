"""Linear layers for CPUs without instructions for bfloat16: weights packed as float16, sums in float32.

Without such instructions PyTorch multiplies bfloat16 matrices at a third of the speed of float32, whose weights are
twice as large to read. FBGEMM reads float16 weights and computes in float32. One step of a 0.5B model's layers on two
cores with AVX2, 1, 8 and 32 requests: 36, 66 and 232 ms; in bfloat16 37, 350 and 1097 ms; in float32 140, 273 and
483 ms. A bfloat16 weight from 6e-5 to 65,504 is the same number in float16, and sums are rounded once: over 121 tokens
the predictions' mean divergence from float32's (Kullback-Leibler) is 0.0003, and 0.0005 of plain bfloat16's.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

PACKED = "_stillroom_packed"
LARGEST = 65_504.0  # of float16
NATIVE_BFLOAT16 = {"avx512_bf16", "amx_bf16"}


def is_wanted(cpuinfo: str | None = None) -> bool:
    """Whether this CPU is better off: one that FBGEMM has code for, without instructions for bfloat16.

    Args:
        cpuinfo: the text of /proc/cpuinfo; None reads it.
    """
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8") if cpuinfo is None else cpuinfo
    flags = {flag for line in text.splitlines() if line.startswith("flags") for flag in line.split()}
    return "avx2" in flags and not flags & NATIVE_BFLOAT16 and "fbgemm" in torch.backends.quantized.supported_engines


def pack_after_loading(original: Callable[..., None], method: object, layer: Any) -> None:  # noqa: ANN401
    """After SGLang has loaded a layer: packs its weights and lets the others go."""
    original(method, layer)
    if is_packable(layer.weight):
        setattr(layer, PACKED, pack(layer.weight))
        layer.weight.data = layer.weight.data.new_empty(0)


def apply(original: Callable[..., Tensor], method: object, layer: Any, x: Tensor, bias: Tensor | None = None) -> Tensor:  # noqa: ANN401
    """The layer's output for ``x``, (..., inputs)."""
    packed = getattr(layer, PACKED, None)
    return original(method, layer, x, bias) if packed is None else multiply(x, packed, bias)


def logits(
    original: Callable[..., Tensor],
    processor: Any,  # noqa: ANN401
    hidden_states: Tensor,
    lm_head: Any,  # noqa: ANN401
    embedding_bias: Tensor | None = None,
    **options: object,
) -> Tensor:
    """The output layer, whose weights may be the embedding's too: they are packed at the first call and both kept."""
    packed = getattr(lm_head, PACKED, None)
    if packed is None and _is_plain(processor, lm_head, embedding_bias):
        packed = pack(lm_head.weight)
        setattr(lm_head, PACKED, packed)
    if packed is None:
        return original(processor, hidden_states, lm_head, embedding_bias, **options)
    return multiply(hidden_states, packed, None)


def is_packable(weight: Tensor) -> bool:
    """Whether a weight is a matrix of numbers that float16 can hold."""
    is_matrix = weight.ndim == 2 and weight.is_floating_point() and weight.device.type == "cpu"
    return is_matrix and float(weight.abs().max()) <= LARGEST


def pack(weight: Tensor) -> Any:  # noqa: ANN401
    """``weight``, (outputs, inputs), in FBGEMM's own order."""
    return torch.ops.quantized.linear_prepack_fp16(weight.detach().float(), None)


def multiply(x: Tensor, packed: Any, bias: Tensor | None) -> Tensor:  # noqa: ANN401
    """``x`` times packed weights, in the type of ``x``."""
    result = torch.ops.quantized.linear_dynamic_fp16(x.float(), packed)
    if bias is not None:
        result += bias
    return result.to(x.dtype)


def _is_plain(processor: Any, lm_head: Any, embedding_bias: Tensor | None) -> bool:  # noqa: ANN401
    """Whether SGLang itself would take the plain product of the hidden states and the weights."""
    changes = (processor.use_fp32_lm_head, processor.use_fp32_lm_head_output, processor.rl_on_policy_target)
    is_plain = type(getattr(lm_head, "quant_method", None)).__name__.startswith("Unquantized")
    is_plain = is_plain and hasattr(lm_head, "weight") and not hasattr(lm_head, "set_lora")
    return embedding_bias is None and not any(changes) and is_plain and is_packable(lm_head.weight)

"""Holds the plugin's attention, sampling and linear layers against SGLang's own; run by the environment's Python."""

import sys
from types import SimpleNamespace

import torch
from stillroom_sglang_cpu import attention, linear, make_torchvision_importable, sampling

make_torchvision_importable()

from sglang.srt.layers.attention.torch_native_backend import TorchNativeAttnBackend  # noqa: E402
from sglang.srt.layers.logits_processor import LogitsProcessor  # noqa: E402
from sglang.srt.layers.quantization.unquant import UnquantizedEmbeddingMethod, UnquantizedLinearMethod  # noqa: E402
from sglang.srt.layers.sampler import (  # noqa: E402
    sampling_from_probs_torch,
    top_k_top_p_min_p_sampling_from_probs_torch,
)

HEADS, KV_HEADS, SIZE, POOL = 14, 2, 64, 4096
BFLOAT16_STEP = 2**-7  # of values up to 2
DRAWS = 200_000
VOCABULARY = 1500  # not a multiple of a block


def pool() -> tuple[torch.Tensor, torch.Tensor]:
    """Keys and values of every slot."""
    keys = torch.randn(POOL, KV_HEADS, SIZE, dtype=torch.bfloat16)
    return keys, torch.randn_like(keys)


def check_decode(lengths: list[int]) -> None:
    """One new token for each of several requests."""
    requests, longest = len(lengths), max(lengths)
    query = torch.randn(requests, HEADS, SIZE, dtype=torch.bfloat16)
    table = torch.randint(1, POOL, (requests + 3, longest + 5), dtype=torch.int32)
    rows = torch.randperm(requests + 3)[:requests]
    keys, values = pool()
    original = TorchNativeAttnBackend._run_sdpa_forward_decode
    shared = (keys, values, table, rows, torch.tensor(lengths))
    options = {"scaling": SIZE**-0.5, "enable_gqa": True}
    backend = object.__new__(TorchNativeAttnBackend)
    expected = original(backend, query, torch.empty_like(query), *shared, **options)
    for _ in ("first layer plans", "next layer reuses the plan"):
        found = attention.decode(original, backend, query, torch.empty_like(query), *shared, **options)
        torch.testing.assert_close(found, expected, atol=BFLOAT16_STEP, rtol=BFLOAT16_STEP)


def check_extend(prefixes: list[int], news: list[int]) -> None:
    """Several new tokens after a cached prefix."""
    requests, tokens = len(news), sum(news)
    query = torch.randn(tokens, HEADS, SIZE, dtype=torch.bfloat16)
    lengths = [prefix + new for prefix, new in zip(prefixes, news, strict=True)]
    table = torch.randint(1, POOL, (requests, max(lengths)), dtype=torch.int32)
    keys, values = pool()
    original = TorchNativeAttnBackend._run_sdpa_forward_extend
    shared = (keys, values, table, torch.arange(requests), *map(torch.tensor, (lengths, prefixes, news)))
    options = {"scaling": SIZE**-0.5, "enable_gqa": True, "causal": True}
    backend = object.__new__(TorchNativeAttnBackend)
    expected = original(backend, query, torch.empty_like(query), *shared, **options)
    found = attention.extend(original, backend, query, torch.empty_like(query), *shared, **options)
    torch.testing.assert_close(found, expected, atol=BFLOAT16_STEP, rtol=BFLOAT16_STEP)


def check_counts(drawn: torch.Tensor, weights: torch.Tensor, what: str) -> None:
    """Pearson's chi-squared, tokens expected fewer than 20 times taken together, within 5 standard deviations."""
    counts = torch.bincount(drawn.long(), minlength=len(weights)).double()
    if counts[weights == 0].sum():
        sys.exit(f"{what}: a token of weight 0 was drawn")
    expected = weights.double() / weights.double().sum() * len(drawn)
    common = expected >= 20
    counts = torch.cat([counts[common], counts[~common].sum().view(1)])
    expected = torch.cat([expected[common], expected[~common].sum().view(1)])
    counts, expected = counts[expected > 0], expected[expected > 0]
    statistic, freedom = float(((counts - expected) ** 2 / expected).sum()), len(counts) - 1
    if statistic > freedom + 5 * (2 * freedom) ** 0.5 + 5:
        sys.exit(f"{what}: chi-squared is {statistic:.0f} with {freedom} degrees of freedom")


def kept(probs: torch.Tensor, top_k: int, top_p: float, min_p: float) -> torch.Tensor:
    """The weights that remain, written down from the definitions."""
    ranked, tokens = probs.sort(descending=True)
    keep = (torch.arange(len(probs)) < top_k) & (ranked.cumsum(0) - ranked <= top_p) & (ranked >= ranked[0] * min_p)
    return torch.zeros_like(probs).index_copy(0, tokens[keep], ranked[keep])


def check_sampling() -> None:
    """Without filters, and with requests of different filters in one batch."""
    for spread in (0.5, 4.0):
        probs = torch.softmax(torch.randn(VOCABULARY) * spread, 0)
        many = probs.expand(DRAWS // 100, -1)
        drawn = torch.cat([sampling.sample(sampling_from_probs_torch, many) for _ in range(100)])
        check_counts(drawn, probs, f"plain, spread {spread}")
        mixed = [(VOCABULARY * 9, 1.0, 0.0), (20, 1.0, 0.0), (VOCABULARY * 9, 0.9, 0.0), (1, 1.0, 0.0), (50, 0.5, 0.1)]
        ks, ps, ms = (torch.tensor(column).repeat(400) for column in zip(*mixed, strict=True))
        many = probs.expand(len(ks), -1)
        drawn = torch.stack(
            [
                sampling.sample_filtered(
                    top_k_top_p_min_p_sampling_from_probs_torch, many, ks, ps, ms, True, None, torch.zeros(len(ks))
                )
                for _ in range(50)
            ]
        )
        for number, (top_k, top_p, min_p) in enumerate(mixed):
            mine = drawn[:, number :: len(mixed)].reshape(-1)
            check_counts(mine, kept(probs, top_k, top_p, min_p), f"spread {spread}, {mixed[number]}")


def check_linear(rows: int) -> None:
    """A layer before and after it is packed, with and without a bias; one with a weight that float16 cannot hold."""
    method, x = UnquantizedLinearMethod(), torch.randn(rows, 96, dtype=torch.bfloat16)
    for bias in (None, torch.randn(200, dtype=torch.bfloat16)):
        layer = SimpleNamespace(
            weight=torch.nn.Parameter(torch.randn(200, 96, dtype=torch.bfloat16), requires_grad=False)
        )
        expected = UnquantizedLinearMethod.apply(method, layer, x, bias)
        linear.pack_after_loading(UnquantizedLinearMethod.process_weights_after_loading, method, layer)
        if layer.weight.numel():
            sys.exit("the weights of a packed layer are kept twice")
        found = linear.apply(UnquantizedLinearMethod.apply, method, layer, x, bias)
        torch.testing.assert_close(found, expected, atol=0.25, rtol=BFLOAT16_STEP)  # sums of 96 products
    large = SimpleNamespace(weight=torch.nn.Parameter(torch.full((200, 96), 1e5, dtype=torch.bfloat16)))
    linear.pack_after_loading(UnquantizedLinearMethod.process_weights_after_loading, method, large)
    found = linear.apply(UnquantizedLinearMethod.apply, method, large, x)
    torch.testing.assert_close(found, UnquantizedLinearMethod.apply(method, large, x))


def check_logits() -> None:
    """The output layer, plain and where SGLang is asked to compute it otherwise."""
    hidden = torch.randn(5, 96, dtype=torch.bfloat16)
    for fp32 in (False, True):
        processor = object.__new__(LogitsProcessor)
        processor.__dict__.update(use_fp32_lm_head=fp32, use_fp32_lm_head_output=False, rl_on_policy_target=None)
        head = SimpleNamespace(
            weight=torch.randn(VOCABULARY, 96, dtype=torch.bfloat16), quant_method=UnquantizedEmbeddingMethod()
        )
        expected = LogitsProcessor._compute_lm_head(processor, hidden, head)
        for _ in ("packs", "is packed"):
            found = linear.logits(LogitsProcessor._compute_lm_head, processor, hidden, head)
            torch.testing.assert_close(found, expected, atol=0.25, rtol=BFLOAT16_STEP)
        if hasattr(head, linear.PACKED) is fp32:
            sys.exit(f"an output layer in float32 ({fp32}) was taken for a plain one, or a plain one for one of these")


def check_choice() -> None:
    """Packing is for CPUs with AVX2 and without instructions for bfloat16."""
    for flags, wanted in (
        ("fma avx2", True),
        ("avx2 avx512f avx512_bf16", False),
        ("avx2 amx_bf16", False),
        ("sse2", False),
    ):
        if linear.is_wanted(f"processor\t: 0\nflags\t\t: fpu {flags} sha_ni\n") is not wanted:
            sys.exit(f"a CPU with {flags}: packing should be {wanted}")


if __name__ == "__main__":
    torch.manual_seed(7)
    check_decode([1])
    check_decode([200, 3, 150, 140, 139, 1, 77])
    check_decode([300] * 40)
    check_extend([0], [60])
    check_extend([0, 40, 200, 1], [5, 30, 1, 1])
    check_sampling()
    if "fbgemm" in torch.backends.quantized.supported_engines:  # where it is not, nothing is packed
        for rows in (1, 7, 64):
            check_linear(rows)
        check_logits()
        check_choice()
    print("the plugin agrees with SGLang")

"""Lets a stock SGLang server run on a machine without a GPU.

SGLang asks the entry-point group ``sglang.srt.platforms`` which platform it is on. ``activate`` answers with
the class in ``platform.py``, or with None where CUDA is available, so the package may be installed anywhere.
From the group ``sglang.srt.plugins`` it calls ``speed_up``, which puts faster code for the CPU around some of its
functions; each falls back to SGLang's own in every case it was not written for.
"""

import gc
import multiprocessing
from importlib.util import find_spec
from pathlib import Path

import torch

from stillroom_sglang_cpu.memory import give_back_regularly

_declared: list[torch.library.Library] = []  # a library's schemas live as long as it does


def activate() -> str | None:
    """The CPU platform's class path, or None where a CUDA device is to be used instead."""
    if torch.cuda.is_available():
        return None
    make_torchvision_importable()
    return "stillroom_sglang_cpu.platform:StillroomCpuPlatform"


def speed_up() -> None:
    """Registers the hooks in ``attention.py``, ``sampling.py`` and, where they help, ``linear.py``.

    Does nothing where CUDA is available.
    """
    if torch.cuda.is_available():
        return
    from sglang.srt.plugins.hook_registry import HookRegistry, HookType

    from stillroom_sglang_cpu import attention, linear, sampling

    backend = "sglang.srt.layers.attention.torch_native_backend.TorchNativeAttnBackend"
    HookRegistry.register("sglang.srt.entrypoints.engine._set_envs_and_config", fork_workers, HookType.AFTER)
    unquantized = "sglang.srt.layers.quantization.unquant.UnquantizedLinearMethod"
    packing = (
        (f"{unquantized}.process_weights_after_loading", linear.pack_after_loading),
        (f"{unquantized}.apply", linear.apply),
        ("sglang.srt.layers.logits_processor.LogitsProcessor._compute_lm_head", linear.logits),
    )
    for target, hook in (
        (f"{backend}.init_forward_metadata", attention.forget_plan),
        (f"{backend}._run_sdpa_forward_decode", attention.decode),
        (f"{backend}._run_sdpa_forward_extend", attention.extend),
        ("sglang.srt.layers.sampler.sampling_from_probs_torch", sampling.sample),
        ("sglang.srt.layers.sampler.top_k_top_p_min_p_sampling_from_probs_torch", sampling.sample_filtered),
        *(packing if linear.is_wanted() else ()),
    ):
        HookRegistry.register(target, hook, HookType.AROUND)


def fork_workers(result: None, *args: object, **kwargs: object) -> None:
    """After SGLang's own set-up: lets its two workers be forked where it would have them import everything again.

    An import costs 20 CPU-seconds and 0.7 GB in each. SGLang asks for "spawn" because a CUDA context does not survive
    a fork; there is none here, and at this point the process has computed nothing: its only other threads are the idle
    one of numpy's BLAS, which is made to be forked, and the one started here, which sleeps.
    """
    give_back_regularly()
    gc.freeze()  # a collection would write to every object, and so copy the pages that the workers share
    multiprocessing.set_start_method("fork", force=True)


def make_torchvision_importable() -> None:
    """Declares the two operators without which ``import torchvision`` stops.

    The package index serves torchvision's CUDA build. Beside a CPU build of torch its operators do not load, and
    its Python code then raises "operator torchvision::nms does not exist". A text model never calls them.
    """
    if _declared or _operators_load():
        return
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _declared.append(library)


def _operators_load() -> bool:
    spec = find_spec("torchvision")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for library in Path(folder).glob("_C*.so"):
            try:
                torch.ops.load_library(str(library))
            except OSError:
                return False
            return True
    return False

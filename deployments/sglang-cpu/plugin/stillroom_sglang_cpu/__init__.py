"""Lets a stock SGLang server run on a machine without a GPU.

SGLang asks the entry-point group ``sglang.srt.platforms`` which platform it is on. ``activate`` answers with
the class in ``platform.py``, or with None where CUDA is available, so the package may be installed anywhere.
"""

from importlib.util import find_spec
from pathlib import Path

import torch

_declared: list[torch.library.Library] = []  # a library's schemas live as long as it does


def activate() -> str | None:
    """The CPU platform's class path, or None where a CUDA device is to be used instead."""
    if torch.cuda.is_available():
        return None
    make_torchvision_importable()
    return "stillroom_sglang_cpu.platform:StillroomCpuPlatform"


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

"""Turns a GGUF file into a folder that SGLang and ``transformers`` load: ``python -m ... GGUF FOLDER``.

The weights are dequantised to bfloat16 (without that, saving fails), and the tokenizer and chat template that
the GGUF carries are written beside them.
"""

import sys
from pathlib import Path

from stillroom_sglang_cpu import make_torchvision_importable


def convert(gguf: Path, folder: Path) -> None:
    """Writes ``config.json``, ``model.safetensors``, the tokenizer and the chat template into ``folder``."""
    make_torchvision_importable()  # transformers imports torchvision where it is installed
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(folder)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))

"""A tokenizer folder that ``transformers`` loads, for recipes whose teacher is the fake one."""

import json
from pathlib import Path

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def make_tokenizer(folder: Path, *, template: str | None = TEMPLATE) -> Path:
    """Write a tokenizer of five words with a chat template; gives the folder, to put under ``model:``."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["<unk>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {word: i for i, word in enumerate(words)}, "unk_token": "<unk>"},
    }
    about = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "<unk>"}
    if template is not None:
        about["chat_template"] = template
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(about), encoding="utf-8")
    return folder

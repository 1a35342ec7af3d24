"""What of a text is natural language: not code, formulas, addresses, or lines of symbols."""

import re

MOST_CHARS = 1 << 16  # that are looked at of each end of a giant text
_FENCED = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n.*?(?:^[ \t]*\1|\Z)", re.DOTALL | re.MULTILINE)
# Between dollars stands a formula where no blank is beside them within and no digit after them, as Pandoc reads
# Markdown, nor one before them: else what stands between two prices would be one.
_FORMULA = r"\$\$[^$\n]{1,500}\$\$|(?<![\\\d$])\$(?!\s)(?:[^$\\\n]|\\[^\n]){1,500}+(?<!\s)\$(?!\d)"
_INLINE = re.compile(rf"`[^`\n]{{0,2000}}`|{_FORMULA}|[a-z]{{2,10}}://\S{{1,2000}}|<[^<>\n]{{1,500}}>")
_INDENTED = ("    ", "\t")  # code, to Markdown and in a program without a fence
_NO_LETTER = re.compile(r"[\x00-@\[-`{-\x7f]+")  # of ASCII: elsewhere letters have marks that are none
_SYMBOL = re.compile(r"[\x00-\x1f!-@\[-`{-\x7f]+")
_MOST_SYMBOLS = 0.2  # of a line's characters, if it is prose
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U000323af]"
)


def prose(text: str) -> str:
    """The lines of a text that are mostly words, without code in them."""
    shown = text if len(text) <= 2 * MOST_CHARS else f"{text[:MOST_CHARS]}\n{text[-MOST_CHARS:]}"
    lines = _INLINE.sub(" ", _FENCED.sub("\n", shown)).split("\n")
    return "\n".join(line.strip() for line in lines if _is_prose(line))


def letters(text: str) -> int:
    """How many letters and marks there are, where one that is a syllable or a word by itself counts as three."""
    return len(_NO_LETTER.sub("", text)) + 2 * len(_UNSPACED.findall(text))


def _is_prose(line: str) -> bool:
    symbols = len(line) - len(_SYMBOL.sub("", line))
    return bool(line.strip()) and not line.startswith(_INDENTED) and symbols <= _MOST_SYMBOLS * len(line)

r"""Reads text without what typesetting puts between its words, or within them.

`1,000` and `1{,}000` are `1000`; a word that a line's end parts (`chil-` and `dren`) or that is bold in part
(`chil**dren**`) is one; the address behind a link of Markdown and the number of a note (`dog[1]`, `dog¹`) are not read.
"""

import re

_ADDRESS = re.compile(
    r"\]\((?=[^()\s]{0,2000}[/.#:])[^()\s]{0,2000}+(?:\([^()\s]{0,2000}+\)[^()\s]{0,2000}+)?(?:\s\"[^\"\n]{0,500}+\")?\)"
)
_IN_BOLD = re.compile(r"\*\*(?:(?<=\w\*\*)(\w+)\*\*|(\w+)\*\*(?=\w))")
OTHER_HYPHENS = "\u2010\u00ad"
_LINE_END = re.compile(  # after a hyphen of any kind; quotations and comments begin lines with marks of their own
    rf"[-{OTHER_HYPHENS}](?<=[^\W\d_].)[ \t]*(?:\r\n?|[\n\u2028])[ \t>#*/;]*(?=[^\W\d_])"
)
_NUMBER = r"\[\^?[1-9][0-9]{0,2}\]"
_GO_ON = r"(?: [^\W\d_]+ [^\W\d_]+ |[.,;!?](?: [^\W\d_]+ |\s*\Z)|\s*\Z)"
_NOTES = re.compile(  # a number in brackets after a word is an index in code, unless words go on or the sentence ends
    rf"\[(?:(?<=\w\[)\^[1-9][0-9]{{0,2}}\]|(?<=[^\W\d_][.,;:!?\"”]\[)[1-9][0-9]{{0,2}}\](?=[ .,;:!?\[]|\s*\Z)"
    rf"|(?<=[^\W\d_]{{3}}\[)[1-9][0-9]{{0,2}}\](?=(?:{_NUMBER})*{_GO_ON}))(?:{_NUMBER})*"
)
RAISED_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED_NOTE = re.compile(  # after three letters or a sentence's end: shorter words are names in formulas, or units
    rf"[{RAISED_DIGITS}](?:(?<=[^\W\d_]{{3}}.)|(?<=[^\W\d_][.,;:!?\"”].))[{RAISED_DIGITS}]{{0,2}}(?![\w{RAISED_DIGITS}])"
)
OTHER_SEPARATORS = "\uff0c\u066c\u00a0\u2007\u2009\u202f"
_OF_THOUSANDS = "(?=[0-9]{3}(?![0-9]))"
_SEPARATORS = (  # of thousands, each found by what it begins with; a plain blank parts two numbers
    re.compile(rf"\\(?<=[0-9,]\\)\\*[,;:! ]{_OF_THOUSANDS}"),  # `12\,000`, and `12,\!000` but for its comma
    re.compile(rf",(?<=[0-9],)(?<![0-9]{{4}},){_OF_THOUSANDS}"),
    re.compile(rf"\{{,\}}(?<=[0-9]...){_OF_THOUSANDS}"),
)
_OTHER_SEPARATOR = re.compile(rf"[{OTHER_SEPARATORS}](?<=[0-9].)(?<![0-9]{{4}}.){_OF_THOUSANDS}")


def without_typesetting(text: str) -> str:
    """A text as it would be read aloud; itself where nothing is between or within its words."""
    plain = _IN_BOLD.sub(r"\1\2", _ADDRESS.sub("]", text))
    plain = _NOTES.sub("", _LINE_END.sub("", plain))
    for separator in _SEPARATORS:
        plain = separator.sub("", plain)
    return plain if plain.isascii() else _OTHER_SEPARATOR.sub("", _RAISED_NOTE.sub("", plain))

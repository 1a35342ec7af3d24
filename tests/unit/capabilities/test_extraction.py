"""Extraction: the code in a completion, or the one reason why there is none."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillroom.capabilities import find_capability
from stillroom.capabilities.python_code.extraction import MAX_RESPONSE_CHARACTERS, extract_code
from stillroom.records import Answer, Check, Completion, FinishReason
from tests.fakes.clients import completion
from tests.fakes.prompts import prompt

CODE = "def add(a, b):\n    return a + b"
OTHER = "def helper():\n    return 1"


def extract(text: str, entry_point: str = "add") -> Answer:
    return extract_code(completion(text), entry_point)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"```python\n{CODE}\n```", id="tagged"),
        pytest.param(f"```\n{CODE}\n```", id="untagged"),
        pytest.param(f"```py\n{CODE}\n```", id="py"),
        pytest.param(f"```Python\n{CODE}\n```", id="capital"),
        pytest.param(f"Here it is:\n\n``` python \n{CODE}\n```\nIt adds.", id="words around"),
        pytest.param(f"```python\n{CODE}", id="unclosed last block"),
        pytest.param(
            f"```python\n{OTHER}\n```\nthen\n```python\n{CODE}\n```", id="the block that defines the function"
        ),
        pytest.param(f"```text\nadd(1, 2)\n```\n```python\n{CODE}\n```", id="a block that is no Python before"),
        pytest.param(f"```python\n{CODE}\n```\n```python\nadd(1, 2)\n```", id="usage after"),
        pytest.param(f"```python\n{CODE}\n```\n```bash\npip install x\n```", id="shell after"),
        pytest.param(CODE, id="nothing but code"),
        pytest.param(f"\n\n{CODE}\n", id="nothing but code and empty lines"),
        pytest.param(f"```python\r\n{CODE}\r\n```", id="Windows line ends"),
        pytest.param(f'```python title="add.py"\n{CODE}\n```', id="words behind the tag"),
        pytest.param(f"```Python   linenos\n{CODE}\n```", id="more words behind a capital tag"),
        pytest.param(f"````python\n{CODE}\n````", id="a longer fence"),
        pytest.param(f"~~~python\n{CODE}\n~~~", id="a fence of tildes"),
        pytest.param("1. Add:\n\n   ```python\n   def add(a, b):\n       return a + b\n   ```\n", id="in a list"),
        pytest.param("- Add:\n\t```python\n\tdef add(a, b):\n\t    return a + b\n\t```", id="in a list, by a tab"),
        pytest.param(f"<think>\n```python\ndef add(a, b): ...\n```\n</think>\n```python\n{CODE}\n```", id="thoughts"),
        pytest.param(
            f"First\n```python\ndef add(a, b): ...\n```\n</think>\n\n```python\n{CODE}\n```",
            id="thoughts that the prompt opened",
        ),
        pytest.param(f"<think></think>\n{CODE}", id="no thoughts, and nothing but code"),
        pytest.param(f"```python add(1, 2)``` adds:\n```python\n{CODE}\n```", id="code within a line opens no block"),
    ],
)
def test_code_is_found(text: str) -> None:
    assert extract(text) == Answer(text=CODE)


def test_a_byte_order_mark_before_an_answer_is_none_of_it() -> None:
    assert extract("\ufeffdef add(a, b):\n    return a + b\n", "add").text == "def add(a, b):\n    return a + b"
    assert (
        extract("\ufeff```python\ndef add(a, b):\n    return a + b\n```", "add").text
        == extract("def add(a, b):\n    return a + b\n", "add").text
    )


def test_first_block_counts_where_none_defines_the_function() -> None:
    assert extract(f"```python\n{OTHER}\n```\n```python\nx = 1\n```") == Answer(text=OTHER)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Helper:\n```python\n{helper}\n```\nThen:\n```python\n{main}\n```", id="before"),
        pytest.param("```python\n{main}\n```\nwith\n```python\n{helper}\n```", id="after"),
        pytest.param("```\nx = 1\n```\n```\n{helper}\nprint(helper())\n```\n```\n{main}\n```", id="among others"),
    ],
)
def test_a_block_that_defines_what_the_chosen_one_reads_belongs_to_it(text: str) -> None:
    main = "def add(a, b):\n    return a + b * helper()"
    found = extract(text.format(helper=OTHER, main=main)).text
    assert found == f"{OTHER}\n\n\n{main}"


def test_what_a_needed_block_needs_and_imports_come_as_well_and_no_other_answer() -> None:
    blocks = (
        "import math",
        "def add(a, b):\n    return helper(a) + b",
        "def helper(x):\n    return math.floor(x)",
        "def add(a, b):\n    return 0\n\ndef helper(x):\n    return 0",
        "unused = helper(1)",
    )
    found = extract("\n".join(f"```python\n{one}\n```" for one in blocks)).text
    assert found == "\n\n\n".join((blocks[0], blocks[2], blocks[1]))


@pytest.mark.parametrize(
    "code",
    [
        'def add(a, b):\n    return f"<think>{a}</think>{b}"',
        'def add(a, b):\n    """Removes parts.\n\n    They end with\n    </think>\n    """\n    return a + b',
        'def add(a, b):\n    return """\n~~~\n"""',
    ],
)
def test_marks_within_code_are_code(code: str) -> None:
    assert extract(f"Here:\n```python\n{code}\n```").text == code


@pytest.mark.parametrize(
    "code",
    [
        'def add(a, b):\n    """Adds.\n\n    ```python\n    add(1, 2)\n    ```\n    """\n    return a + b',
        'def add(a, b):\n    """Adds.\n\n    ```\n    add(1, 2)\n    ```\n    """\n    return a + b',
        'PROMPT = """Answer so:\n```json\n{"sum": 3}\n```\n"""\n\ndef add(a, b):\n    return a + b',
        'PROMPT = """\n```\n{"sum": 3}\n```\n~~~\n"""\n\ndef add(a, b):\n    return a + b',
    ],
)
@pytest.mark.parametrize("end", ["\n```", "\n```\n\nIt adds:\n```\nadd(1, 2)\n```\n", "\n  ```  \nDone.", ""])
def test_a_fence_within_code_is_code(code: str, end: str) -> None:
    assert extract(f"Here:\n```python\n{code}{end}").text == code
    within = "\n".join(f"   {line}" for line in f"```python\n{code}{end}".split("\n"))
    assert extract(f"1. Here:\n\n{within}").text == code


def test_words_behind_a_closing_fence_do_not_keep_it_from_closing() -> None:
    assert extract(f"```python\n{CODE}\n```This adds.\n\nIt is done.") == Answer(text=CODE)
    assert extract(f"```bash\npip install x\n``` and\n```python\n{CODE}\n```") == Answer(text=CODE)


def test_fences_without_end_are_read_in_no_time() -> None:
    begun = time.process_time()
    extract("```py\n" * (MAX_RESPONSE_CHARACTERS // 6))
    extract("```\n" * (MAX_RESPONSE_CHARACTERS // 4))
    extract("```\n(\n" * (MAX_RESPONSE_CHARACTERS // 6))
    assert time.process_time() - begun < 20


@pytest.mark.parametrize("info", ["python:add.py", "python{1,2}", "{.python}", "python3 -i", "py,ignore"])
def test_a_tag_with_something_at_it_is_a_tag(info: str) -> None:
    assert extract(f"```{info}\n{CODE}\n```") == Answer(text=CODE)


def test_blocks_of_words_take_nothing_from_the_tries_of_code() -> None:
    code = 'def add(a, b):\n    """Adds.\n\n    ```\n    add(1, 2)\n    ```\n    """\n    return a + b'
    words = "```\nInput: two numbers\nOutput: their sum\n```\n"
    assert extract(f"{words * 8}```python\n{code}\n```\n{words * 4}").text == code


@pytest.mark.parametrize("tag", ["python", "", "text"])
def test_a_draft_whose_fence_is_not_closed_ends_with_the_thoughts(tag: str) -> None:
    draft = f"I try\n```{tag}\ndef add(a, b): return a\nno wait, that is wrong."
    assert extract(f"{draft}\n</think>\n\n```python\n{CODE}\n```") == Answer(text=CODE)


def test_code_is_not_mended() -> None:
    broken = "def add(a, b)\n    return a + b"

    assert extract(f"```python\n{broken}\n```").text == broken


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("", "harness:no-code", id="empty"),
        pytest.param("   \n", "harness:no-code", id="white space"),
        pytest.param("Add the two numbers and return them.", "harness:no-code", id="prose"),
        pytest.param("add", "harness:no-code", id="a name is no code"),
        pytest.param("x = 1", "harness:no-code", id="an assignment is no function"),
        pytest.param("```json\n{}\n```", "harness:no-code", id="another language"),
        pytest.param("I'm sorry, but I can't help with that.", "refusal", id="sorry"),
        pytest.param("  I cannot write this function.", "refusal", id="cannot"),
        pytest.param("I\u2019m sorry, I can\u2019t do that.", "refusal", id="sorry, as a printer writes it"),
        pytest.param("As an AI language model, I do not run code.", "refusal", id="as an AI"),
        pytest.param("(" * 5000, "harness:no-code", id="too deep for the parser"),
        pytest.param("def f():\n\x00", "harness:no-code", id="null byte"),
    ],
)
def test_reason_why_there_is_no_code(text: str, problem: str) -> None:
    assert extract(text) == Answer(text="", problem=problem)


def test_refusal_with_code_is_an_answer() -> None:
    assert extract(f"I'm sorry for the delay:\n```python\n{CODE}\n```").text == CODE


def test_cut_answer_is_truncated_though_it_holds_code() -> None:
    cut = completion(f"```python\n{CODE}\n```\nand", finish="length")

    assert extract_code(cut, "add") == Answer(text="", problem="truncated")


def test_huge_answer_is_cut_before_it_is_parsed() -> None:
    answer = extract(f"```python\n{CODE}\n" + "# filler\n" * MAX_RESPONSE_CHARACTERS + "```")

    assert len(answer.text) < MAX_RESPONSE_CHARACTERS
    assert answer.text.startswith(CODE)


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("`\n "), max_size=300))
def test_no_text_is_an_error(text: str) -> None:
    answer = extract(text)

    assert bool(answer.text) != bool(answer.problem) or "```" in text


def test_a_program_is_asked_for_and_keeps_its_top_level() -> None:
    capability, script = find_capability("code"), "n = int(input())\nprint(2 * n)"
    asked = prompt(1, check=Check(tests='[{"stdin": "2", "stdout": "4"}]'))
    completion = Completion(
        text=f"```python\n{script}\n```",
        finish_reason=FinishReason.STOP,
        prompt_tokens=1,
        completion_tokens=1,
        cached_tokens=0,
        latency_seconds=0.0,
    )

    assert "complete Python program" in capability.question(asked)
    assert "complete Python function" in capability.question(prompt(1))
    assert capability.extract(asked, completion) == Answer(text=script)


def test_example_teaches_the_verified_code_and_nothing_around_it() -> None:
    capability = find_capability("code")
    example = capability.example(prompt(1), CODE, f"Trust me, this is wrong:\n```python\n{CODE}\n```")

    assert [role for role, _ in example.messages] == ["user", "assistant"]
    assert example.messages[0][1] == capability.question(prompt(1))
    assert example.messages[1][1] == f"```python\n{CODE}\n```"
    assert example.answer == CODE


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0c", "\x0b", "\x1c", "\x1e"])
def test_only_a_line_feed_ends_a_line_of_code(end: str) -> None:
    code = f"def ends(text):\n    return text.split('{end}')"

    assert extract(f"```python\n{code}\n```\n", "ends").text == code
    assert extract(f"```python\n{code}\n\nprint(ends('a{end}b'))\n```", "ends").text == code
    assert extract(code, "ends").text == code


@pytest.mark.parametrize(
    "setup",
    [
        pytest.param("MEMO.update({0: 0, 1: 1})", id="a table is filled"),
        pytest.param("sys.setrecursionlimit(10**5)", id="the interpreter is set up"),
        pytest.param("MEMO.update({2: add(1, 1)})", id="a table is filled by the function"),
        pytest.param("add.seen.append(0)", id="an attribute of the function"),
        pytest.param("fill(MEMO)", id="a helper"),
        pytest.param("for n in range(9):\n    MEMO[n] = n", id="a loop"),
        pytest.param('"""What the table is for."""', id="a text"),
    ],
)
def test_what_sets_the_solution_up_stays_with_it(setup: str) -> None:
    code = (
        "import sys\n\nMEMO = {}\n\ndef fill(table):\n    table[0] = 0\n\n"
        f"def add(a, b):\n    return MEMO.get(a, a) + b\n\nadd.seen = []\n{setup}"
    )

    assert extract(f"```python\n{code}\n```").text == code
    assert extract(f"```python\n{code}\nprint(add(1, 2))\n```").text == code


def test_an_object_of_the_class_that_is_asked_for_is_not_used_in_the_answer() -> None:
    code = "class Stack:\n    def push(self, one):\n        pass\n\nstack = Stack()"

    assert extract(f"```python\n{code}\nstack.push(1)\nStack().push(2)\n```", "Stack").text == code


def test_where_the_function_that_is_asked_for_is_not_named_calls_of_any_are_examples() -> None:
    assert extract(f"```python\nimport sys\n{CODE}\nsys.setrecursionlimit(99)\nadd(1)\n```", "").text == (
        f"import sys\n{CODE}\nsys.setrecursionlimit(99)"
    )


def test_a_long_expression_below_the_function_is_no_error() -> None:
    sums = " + ".join(["add(1, 2)"] * 800)

    assert extract(f"```python\n{CODE}\n{sums}\n```").text == CODE


@pytest.mark.parametrize(
    "example",
    [
        pytest.param("print(add(1, 2))", id="print"),
        pytest.param("print('done')", id="print of something else"),
        pytest.param("add(1, 2) == 4", id="comparison"),
        pytest.param("sorted(add([1], [2]))", id="argument of another function"),
        pytest.param("' '.join(add(1, 2))", id="argument of a method of a text"),
        pytest.param("assert add(1, 2) == 4", id="wrong assert"),
        pytest.param("if __name__ == '__main__':\n    add(1)\n    add(2)", id="main block"),
        pytest.param("# Example\nadd(\n    1,\n    2,\n)", id="call over several lines"),
    ],
)
def test_usage_examples_are_not_part_of_the_answer(example: str) -> None:
    code = "import math\n\nLIMIT = 3\n\ndef add(a, b):\n    print(a)\n    assert b\n    return a + b"
    answer = extract(f"```python\n{code}\n\n{example}\n```")

    assert answer.text.replace("# Example", "").rstrip() == code


@pytest.mark.parametrize(
    ("stays", "goes"),
    [
        pytest.param("def main():\n    print(add(input(), 2))", "main()", id="a function that calls it"),
        pytest.param("def check():\n    main()\n\ndef main():\n    add(1, 2)", "check()", id="one that calls that"),
        pytest.param("import doctest", "doctest.testmod()", id="doctest"),
        pytest.param("from time import sleep", "sleep(add(1, 2))", id="an argument of what was imported"),
    ],
)
def test_what_only_leads_to_the_function_is_an_example_too(stays: str, goes: str) -> None:
    assert extract(f"```python\n{CODE}\n\n{stays}\n\n{goes}\n```").text == f"{CODE}\n\n{stays}"


@pytest.mark.parametrize(
    "example",
    [
        pytest.param('n = int(input("n: "))\nprint(add(n, 1))', id="a number"),
        pytest.param(
            "n = int(input())\nm: int = int(input())\ntotal = add(n, m)\nprint(total)", id="what is made of it"
        ),
        pytest.param("a, b = map(int, input().split())\nprint(add(a, b))", id="two numbers"),
        pytest.param("result = add(int(input()), 2)", id="nothing printed"),
    ],
)
def test_what_somebody_is_to_type_is_of_an_example(example: str) -> None:
    assert extract(f"```python\n{CODE}\n\n{example}\n```").text == CODE


def test_what_the_function_reads_of_what_is_typed_stays() -> None:
    code = "limit = int(input())\nmost = limit * 2\n\ndef add(a, b):\n    return min(a + b, most)"
    assert extract(f"```python\n{code}\nn = int(input())\nprint(add(n, 2))\n```").text == code


@pytest.mark.parametrize(
    ("before", "code"),
    [
        pytest.param("pip install x", "add = lambda a, b: a + b", id="assignment after a command"),
        pytest.param("import x", "from operator import add", id="import after an import"),
        pytest.param("$ python", "def other(a, b): return a + b", id="another name after a command"),
        pytest.param("add(1, 2)", "def add(a, b)\n    return a + b", id="function with a slip after its use"),
    ],
)
def test_the_block_that_gives_the_name_counts_before_the_first(before: str, code: str) -> None:
    assert extract(f"```\n{before}\n```\n\nThen:\n\n```\n{code}\n```").text == code


def test_two_statements_on_one_line_stay_together() -> None:
    assert "x = 1" in extract("```python\ndef add(a, b):\n    return a + b\nx = 1; print(x)\n```").text

"""The capability ``code`` as one object: writing, asking, extracting and the form of an example."""

from collections.abc import Mapping, Sequence

from stillroom.capabilities.base import Draft, Example, Proposal, Rejection, Submission
from stillroom.capabilities.python_code import submissions, trivial, writing
from stillroom.capabilities.python_code.extraction import extract_code
from stillroom.capabilities.python_code.row_tests import are_pairs, read_check, read_tests
from stillroom.capabilities.python_code.trivial_scripts import trivial_scripts
from stillroom.records import Answer, Completion, Prompt

INSTRUCTION = "Reply with the complete Python function in one code block, without explanation."
SCRIPT_INSTRUCTION = (
    "Reply with the complete Python program in one code block, without explanation. It reads from standard input and "
    "prints to standard output."
)


class PythonCode:
    """Python functions with tests, and programs with what they must print."""

    name = "code"
    verifier_names: Sequence[str] = ("python-tests",)
    topics: Sequence[str] = (
        "strings",
        "lists",
        "numbers",
        "dictionaries",
        "sorting",
        "dates and times",
        "parsing text",
        "sets",
        "recursion",
        "grids and matrices",
        "validation of input",
        "formatting of text",
        "counting things",
        "intervals",
        "simulation of a simple process",
        "bits and binary numbers",
        "money and prices",
        "games and scores",
        "measurements and units",
        "queues and stacks",
    )
    difficulties: Sequence[str] = ("easy", "medium", "hard")
    forms: Sequence[str] = ("function", "function-with-examples", "story")

    answer_keys: Sequence[str] = (*submissions.ANSWERS, "finish_reason")

    # What follows the first closed block is talk: it would be paid for and thrown away.
    stop_texts: Sequence[str] = ("\n```\n",)

    def writing_request(self, draft: Draft) -> str:
        """As ``Capability.writing_request``."""
        return writing.writing_request(draft)

    def writing_schema(self) -> str:
        """As ``Capability.writing_schema``."""
        return writing.WRITING_SCHEMA

    def read_proposal(self, reply: str, *, min_checks: int) -> Proposal | Rejection:
        """As ``Capability.read_proposal``."""
        return writing.read_proposal(reply, min_checks=min_checks)

    def read_row(self, row: Mapping[str, object]) -> Proposal:
        """As ``Capability.read_row``; tests may be one text, a list of asserts, or pairs of stdin and stdout."""
        tests = read_tests(row.get("tests"))
        is_named = row.get("entry_point") is not None or not are_pairs(tests)
        return Proposal(
            task=_text(row, "task"),
            check=read_check(tests, _text(row, "entry_point") if is_named else ""),
            reference=_text(row, "solution") if row.get("solution") is not None else "",
        )

    def read_submission(self, row: Mapping[str, object]) -> Submission:
        """As ``Capability.read_submission``."""
        return submissions.read_submission(row)

    def question(self, prompt: Prompt) -> str:
        """As ``Capability.question``."""
        return f"{prompt.task}\n\n{SCRIPT_INSTRUCTION if are_pairs(prompt.check.tests) else INSTRUCTION}"

    def extract(self, prompt: Prompt, completion: Completion) -> Answer:
        """As ``Capability.extract``."""
        keep_examples = are_pairs(prompt.check.tests)
        return extract_code(completion, prompt.check.entry_point, keep_examples=keep_examples)

    def reference_answer(self, prompt: Prompt) -> Answer:
        """As ``Capability.reference_answer``."""
        return Answer(text=prompt.reference)

    def trivial_answers(self, prompt: Prompt) -> Sequence[Answer]:
        """Constants, echoes of what is given, and a table of the examples that the task shows.

        Functions where tests call one by its name, programs where tests are pairs, and nothing where no name is known.
        """
        if are_pairs(prompt.check.tests):
            return [Answer(text=source) for source in trivial_scripts(prompt.task, prompt.check.tests)]
        return trivial.trivial_answers(prompt)

    def example(self, prompt: Prompt, answer: str, response: str) -> Example:
        """The verified code alone: text around it in the response was not checked, so it is not taught."""
        content = f"```python\n{answer.strip()}\n```"
        return Example(messages=(("user", self.question(prompt)), ("assistant", content)), answer=answer)


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"`{key}` must be a text that is not empty, found {value!r}")
    return value

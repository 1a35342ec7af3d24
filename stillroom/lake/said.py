"""What a database itself said of a failure, without the statement that DuckDB repeats before it.

The statement of a commit holds the least and greatest values of every column, so texts of users: tasks, tests, answers.
What is to be done about a failure must not hang on their words.
"""

import re

_STATEMENT = 'execute query "'
_END = '": '
_WORDS = re.compile(
    r'": (?=error: |fatal: |panic: |server closed|ssl |could not |no connection|connection |consuming input|unexpected'
    r"|timeout|terminating|out of memory|database |disk i/o|attempt to write)"
)
"""Where a statement ends and words of PostgreSQL, libpq or SQLite begin."""


def said(error: BaseException) -> str:
    """The database's own words, in lower case; of an error of ours those of its cause.

    A statement may hold quotes and colons, and so may the words. It ends at the last quote after which words begin as a
    database's do; where none does, at the last that a colon follows.
    """
    text = str(error.__cause__ or error).lower()
    begin, rest = text.partition(_STATEMENT)[::2]
    ends = [found.end() for found in _WORDS.finditer(rest)] or [rest.rfind(_END) + len(_END)]
    return f"{begin}{rest[ends[-1] :]}" if _END in rest else begin


def is_of_rollback(error: BaseException) -> bool:
    """Whether it was a rollback that failed: the transaction was lost with its connection."""
    return str(error.__cause__ or error).lower().partition(_STATEMENT)[2].startswith("rollback")

"""Which solutions are right where nobody knows: those that agree, among themselves and with the most tests.

CodeT (Chen et al. 2022, arXiv:2207.10397): run N solutions against M tests. Solutions that pass the same tests behave
alike and form a cluster, whose score is the number of its solutions times the number of tests they pass: right
solutions agree with one another, wrong ones are wrong in different ways. The solutions of the best cluster are
accepted, and of the tests those that it passes.

One test alone cannot tell a wrong test from wrong solutions: the few that share its mistake would be the best cluster,
since all others pass nothing. So there most solutions must pass it.

A teacher that misunderstands a task writes the same mistake into its solution and into its tests. So where two teachers
are at work, whoever wrote what, a solution counts only the tests that its own teacher did not write.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.errors import Unjudgeable
from stillroom.records import Answer, Check, Judgement, Outcome, Verifier
from stillroom.unjudged import judge_one

PassedTests = frozenset[int]  # of one solution, the positions of the tests that it passes


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A solution, or one test, and the teacher that wrote it."""

    text: str
    teacher: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Solutions that pass the same tests, by position, and what their agreement is worth."""

    solutions: tuple[int, ...]
    tests: PassedTests
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The verdict of the solutions and tests on one another.

    Attributes:
        clusters: best first.
        least_score: of a cluster that may be believed.
    """

    clusters: tuple[Cluster, ...]
    least_score: int = 1

    @property
    def best(self) -> Cluster | None:
        """The cluster that is believed; None where too little that counts agrees, or two are worth the same."""
        first, *others = self.clusters or (Cluster(solutions=(), tests=frozenset(), score=0),)
        if first.score < self.least_score or (others and others[0].score == first.score):
            return None
        return first

    def outcome(self, solution: int) -> Outcome:
        """The verdict on a solution: pass in the best cluster, abstain where there is none, else fail.

        Abstain as well where the solution is in no cluster, since nothing is known of it.
        """
        if self.best is None or all(solution not in one.solutions for one in self.clusters):
            return Outcome.ABSTAIN
        return Outcome.PASS if solution in self.best.solutions else Outcome.FAIL


async def passed_tests(
    verifier: Verifier, solutions: Sequence[Written], tests: Sequence[Written], entry_point: str
) -> list[PassedTests | None]:
    """The N by M matrix: for each solution the tests that it passes, each run alone; None where one cannot be judged.

    Raises:
        SandboxError: nothing is known about the solutions.
    """
    return list(await asyncio.gather(*(_passed(verifier, one.text, tests, entry_point) for one in solutions)))


async def agree(
    verifier: Verifier, solutions: Sequence[Written], tests: Sequence[Written], entry_point: str
) -> Agreement:
    """Run solutions and tests against one another and cluster what comes of it, but for solutions that have no verdict.

    Raises:
        SandboxError: nothing is known about the solutions.
    """
    passed = await passed_tests(verifier, solutions, tests, entry_point)
    return cluster(passed, [one.teacher for one in solutions], [one.teacher for one in tests])


def cluster(
    passed: Sequence[PassedTests | None], solution_teachers: Sequence[str], test_teachers: Sequence[str]
) -> Agreement:
    """Cluster solutions by the tests that they pass.

    A cluster's score is the sum, over its solutions, of the tests passed that count for the solution: where one teacher
    wrote everything, all of them, so that it is the product of their numbers; else those of another teacher than the
    solution's. Of equal scores the cluster with more tests is listed first.

    Args:
        passed: one set of tests for each solution; None for one that nothing is known of, and that has no part.
        solution_teachers: who wrote each solution.
        test_teachers: who wrote each test.
    """
    members: dict[PassedTests, list[int]] = {}
    for position, tests in enumerate(passed):
        if tests is not None:
            members.setdefault(tests, []).append(position)
    several = len({*solution_teachers, *test_teachers}) > 1

    def counted(solution: int, tests: PassedTests) -> int:
        teacher = solution_teachers[solution]
        return sum(not several or test_teachers[test] != teacher for test in tests)

    found = [
        Cluster(solutions=tuple(group), tests=tests, score=sum(counted(solution, tests) for solution in group))
        for tests, group in members.items()
    ]
    found.sort(key=lambda one: (-one.score, -len(one.tests), one.solutions))
    if len(test_teachers) != 1:
        return Agreement(clusters=tuple(found))
    known = [solution for solution, tests in enumerate(passed) if tests is not None]
    who_counts = sum(counted(solution, frozenset({0})) for solution in known)
    return Agreement(clusters=tuple(found), least_score=who_counts // 2 + 1)


def disowned(passed: Sequence[PassedTests], solution_teachers: Sequence[str], test_teachers: Sequence[str]) -> set[int]:
    """The tests that their own author's best solutions all fail: they cannot be what the author meant.

    An author's best solutions are those that pass the most tests. Tests of an author without solutions stay.
    """
    best: dict[str, list[PassedTests]] = {}
    for tests, teacher in zip(passed, solution_teachers, strict=True):
        rivals = best.setdefault(teacher, [])
        if not rivals or len(tests) > len(rivals[0]):
            best[teacher] = [tests]
        elif len(tests) == len(rivals[0]):
            rivals.append(tests)
    return {
        test
        for test, author in enumerate(test_teachers)
        if author in best and not any(test in tests for tests in best[author])
    }


async def _passed(verifier: Verifier, solution: str, tests: Sequence[Written], entry_point: str) -> PassedTests | None:
    async def judged(test: Written) -> Judgement | None:
        try:
            return await judge_one(verifier, Check(tests=test.text, entry_point=entry_point), Answer(text=solution))
        except Unjudgeable:
            return None

    judgements = await asyncio.gather(*(judged(test) for test in tests))
    if None in judgements:
        return None
    return frozenset(place for place, one in enumerate(judgements) if one and one.outcome is Outcome.PASS)

"""Which samples a prompt still owes: a pure function of the outcomes so far.

Because the answer depends on nothing but the outcomes of indices 0..m-1 in order, replaying a journal
asks for exactly the samples that are missing, whatever was killed when.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stillroom.records import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Waves of ``wave`` samples until ``keep`` have passed or ``samples`` are spent.

    Attributes:
        samples: N, the most samples a prompt gets.
        wave: samples asked for together.
        keep: passing samples after which an adaptive policy stops.
        adaptive: False asks for all N whatever comes.
    """

    samples: int
    wave: int
    keep: int
    adaptive: bool

    def owed(self, outcomes: Sequence[Outcome]) -> range:
        """Indices to ask for next, given the outcomes of indices 0..len(outcomes)-1; empty means stop.

        The end of a wave is a multiple of ``wave``, so a wave that was cut in half by a kill is completed,
        not followed by a full one.
        """
        done = len(outcomes)
        whole_waves = done // self.wave * self.wave
        passed = sum(outcome is Outcome.PASS for outcome in outcomes[:whole_waves])
        enough = self.adaptive and passed >= self.keep and done == whole_waves
        if done >= self.samples or enough:
            return range(0)
        return range(done, min(whole_waves + self.wave, self.samples))

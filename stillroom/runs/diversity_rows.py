"""Names of the rows of ``metrics`` that say what the gate of diversity did, and what was not measured."""

RISK = "monoculture"
WANTED, STAYED = "gate_wanted", "gate_kept"  # how many of a run's samples the gate was to keep, and kept
UNKNOWN = "gate_unknown"  # how many of those asked about have no value that a quota, the slice, counts
UNMEASURED = "examples_without_vectors"  # where the endpoint could not be asked

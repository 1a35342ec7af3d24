"""The environment variables that say where the parts of a lake are, when it is made."""

CATALOGUE_VARIABLE = "STILLROOM_CATALOGUE"
DATA_VARIABLE = "STILLROOM_DATA"
JOURNAL_VARIABLE = "STILLROOM_JOURNAL"

"""Stillroom turns the capability of teacher models into verified training data."""

__version__ = "0.1.0"
LAKE_VARIABLE = "STILLROOM_LAKE"  # names the folder of the lake, where no option does

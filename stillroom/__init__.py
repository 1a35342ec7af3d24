"""Stillroom turns the capability of teacher models into verified training data."""

__version__ = "0.1.0"

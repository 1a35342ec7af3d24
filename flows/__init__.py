"""Prefect flows: a person reads the way of a build here."""

"""Runs inside the container: plain files of the standard library alone, shipped as data of this package."""

"""Verifiers: what judges a sample, and the sandbox that runs code for them."""

"""What a build that goes on by itself is known by, also to who does not wait for Prefect to be imported."""

WENT_ON = "stillroom.went-on"
"""Label of a build: when it went on with its run last."""
MOST_ATTEMPTS = 10
"""Of a build that crashes again, or whose lake is away again; beyond, a person is asked for."""

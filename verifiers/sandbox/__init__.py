"""Runs untrusted Python in a locked Docker container: the only place that knows Docker."""

from verifiers.sandbox.configured import ConfiguredExecutor
from verifiers.sandbox.daemon import ensure_docker
from verifiers.sandbox.executor import DockerExecutor
from verifiers.sandbox.image import Image, ensure_image

__all__ = ["ConfiguredExecutor", "DockerExecutor", "Image", "ensure_docker", "ensure_image"]

"""An executor by what a recipe, a command or this machine's environment says of the sandbox."""

from docker import DockerClient

from stillroom.records.libraries import Libraries
from verifiers.sandbox.executor import DockerExecutor
from verifiers.sandbox.image import Image, ensure_image
from verifiers.sandbox.runtimes import machine_memory, machine_runtime, refuse_unknown_runtime


class ConfiguredExecutor(DockerExecutor):
    """A ``DockerExecutor`` whose container keeps its runtime and its libraries, also when it is replaced.

    Args:
        runtime: a runtime that Docker knows, such as ``runsc``; "" for what ``STILLROOM_SANDBOX_RUNTIME`` says, else
            Docker's default.
        libraries: what programs may import beside the standard library.
    """

    def __init__(self, *, runtime: str = "", libraries: Libraries = ()) -> None:
        super().__init__(runtime=runtime or machine_runtime(), memory_bytes=machine_memory())
        self._libraries = libraries

    def _image_of(self, client: DockerClient) -> Image:
        """The image with the libraries.

        Raises:
            NoSuchSandbox: Docker knows no such runtime, or the libraries cannot be had.
            SandboxError: Docker does not answer.
        """
        refuse_unknown_runtime(client, self.runtime)
        return ensure_image(self._libraries, client=client)

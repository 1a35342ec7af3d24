"""An executor by what a recipe, a command or this machine's environment says of the sandbox."""

from stillroom.records.libraries import Libraries
from verifiers.sandbox.container import Box
from verifiers.sandbox.daemon import ensure_docker
from verifiers.sandbox.executor import DockerExecutor
from verifiers.sandbox.image import Image, ensure_image
from verifiers.sandbox.runtimes import machine_runtime, refuse_unknown_runtime


class ConfiguredExecutor(DockerExecutor):
    """A ``DockerExecutor`` whose container keeps its runtime and its libraries, also when it is replaced.

    Args:
        runtime: a runtime that Docker knows, such as ``runsc``; "" for what ``STILLROOM_SANDBOX_RUNTIME`` says, else
            Docker's default.
        libraries: what programs may import beside the standard library.
    """

    _image: Image | None

    def __init__(self, *, runtime: str = "", libraries: Libraries = ()) -> None:
        super().__init__(runtime=runtime or machine_runtime())
        self._libraries = libraries

    @property
    def image_digest(self) -> str:
        """Digest of the image that programs run in.

        Raises:
            SandboxError: when Docker does not answer and the image is not known yet.
        """
        if self._image is None:
            self._image = self._ensured()
        return self._image.digest

    def _create(self, first: bool) -> Box:
        """A container of the image with the libraries, which is made again where it has gone.

        Raises:
            RequestError: Docker knows no such runtime.
            SandboxError: Docker does not answer, or refuses.
        """
        self._image = self._ensured()
        return super()._create(first=True)  # of a later container, it would take the image without libraries

    def _ensured(self) -> Image:
        client = ensure_docker()
        try:
            refuse_unknown_runtime(client, self.runtime)
            return ensure_image(self._libraries, client=client)
        finally:
            client.close()

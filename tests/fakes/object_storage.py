"""S3-compatible storage of one's own for tests: moto's server, which keeps its objects in memory."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.fakes.postgres import free_port

START_SECONDS = 120.0
BUCKET = "lakes"


@dataclass(frozen=True, slots=True)
class ObjectStorage:
    """A running server with one bucket, at ``url``."""

    url: str

    def environment(self) -> dict[str, str]:
        """The variables by which AWS's clients reach it."""
        keys = {"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": "it's secret"}
        return {**keys, "AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": self.url}

    def objects(self, prefix: str) -> list[str]:
        """The keys that begin with ``prefix``."""
        with urllib.request.urlopen(f"{self.url}/{BUCKET}?list-type=2&prefix={prefix}") as reply:  # noqa: S310
            found = ET.parse(reply).iter()  # noqa: S314
        return [element.text or "" for element in found if element.tag.endswith("}Key")]

    def remove(self, key: str) -> None:
        """Remove an object, as another client would; moto refuses that to whoever gives no name."""
        address, someone = f"{self.url}/{BUCKET}/{key}", {"Authorization": "AWS someone:unchecked"}
        asked = urllib.request.Request(address, method="DELETE", headers=someone)  # noqa: S310 - our own server
        urllib.request.urlopen(asked).close()  # noqa: S310

    def put(self, key: str, content: bytes) -> None:
        """Write an object, as another client would."""
        address, kind = f"{self.url}/{BUCKET}/{key}", {"Content-Type": "application/octet-stream"}
        asked = urllib.request.Request(address, method="PUT", data=content, headers=kind)  # noqa: S310 - our own server
        urllib.request.urlopen(asked).close()  # noqa: S310


@contextmanager
def object_storage() -> Iterator[ObjectStorage]:
    """A server for the length of the block."""
    port = free_port()
    storage = ObjectStorage(f"http://127.0.0.1:{port}")
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _make_bucket(storage, process)
            yield storage
        finally:
            process.kill()


def _make_bucket(storage: ObjectStorage, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    asked = urllib.request.Request(f"{storage.url}/{BUCKET}", method="PUT")  # noqa: S310 - our own server
    while True:
        try:
            urllib.request.urlopen(asked).close()  # noqa: S310
        except urllib.error.URLError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"moto's server did not start: {error}") from error
            time.sleep(0.2)
        else:
            return

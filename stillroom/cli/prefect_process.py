"""The process of a build's own Prefect server: ``python -P prefect_process.py HOST PORT``.

It does what ``uvicorn --factory`` would, but answers sooner: the imports make objects that all stay, and looking
through them for garbage takes more than a second of six (5.6-6.4 s with the collector, 4.6-4.7 s without).
"""

import gc
import sys


def main(host: str, port: int) -> None:
    """Serve until told to end."""
    gc.disable()
    import uvicorn
    from prefect.server.api.server import create_app

    gc.freeze()
    gc.enable()
    uvicorn.run(create_app(), host=host, port=port, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

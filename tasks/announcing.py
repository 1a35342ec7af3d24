"""Shows a deployed build in Prefect's UI (shards, funnel, snapshot), and tells others by events.

Automations listen to the events: a failed shard, a new snapshot.
"""

import re
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactCollectionFilter, ArtifactCollectionFilterKey
from prefect.events import emit_event

from stillroom.fingerprint import fingerprint
from stillroom.lake import Lake
from stillroom.publication import Snapshot, snapshots
from stillroom.publication.sealing import SUMMARY_FILE
from stillroom.runs import funnel, shards_of_run

SHARD_FAILED = "stillroom.shard.failed"
SNAPSHOT_PUBLISHED = "stillroom.snapshot.published"
MOST_SHOWN = 20_000  # characters of a summary
_STEPS = ("prompts", "samples", "passed", "kept", "published")


def artifact_key(*parts: object) -> str:
    """A key that Prefect accepts: lower-case letters, digits and dashes.

    Where others had to be replaced a digest follows, so that `a.b` and `a-b` have keys of their own.
    """
    text = "-".join(str(part) for part in parts)
    key = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in text.lower())
    return key if key == text else f"{key}-{fingerprint(text, length=8)}"


async def show_standing(lake: Lake, run_id: str) -> None:
    """Show the run's shards as a table and its funnel as a page."""
    await acreate_table_artifact(
        table=shards_of_run(lake, run_id),
        key=artifact_key(run_id, "shards"),
        description=f"The shards of {run_id}: what they have, owe at most, and cost",
    )
    await acreate_markdown_artifact(
        markdown=funnel_page(run_id, funnel(lake, run_id)),
        key=artifact_key(run_id, "funnel"),
        description=f"What became of the prompts of {run_id}",
    )


def funnel_page(run_id: str, counts: dict[str, int]) -> str:
    """The funnel as Markdown, each step with its share of the one before it."""
    lines = [f"# {run_id}", "", "| step | count | of the step before |", "|---|---:|---:|"]
    before: int | None = None
    for step in _STEPS:
        share = f"{counts[step] / before:.2f}" if before else ""
        lines.append(f"| {step} | {counts[step]:,} | {share} |")
        before = counts[step]
    return "\n".join(lines)


async def announce_snapshot(lake: Lake, dataset: str, label: str, run_id: str) -> None:
    """Emit the event of the snapshot's publication, each time with one id, under which Prefect keeps it once."""
    snapshot = _snapshot(lake, dataset, label)
    folder = lake.root / snapshot.path
    emit_event(
        SNAPSHOT_PUBLISHED,
        resource={"prefect.resource.id": f"stillroom.snapshot.{label}", "stillroom.dataset": dataset},
        payload={"run_id": run_id, "rows": snapshot.rows, "new_rows": snapshot.new_rows, "path": str(folder)},
        id=uuid5(NAMESPACE_URL, f"{folder.absolute().as_uri()}#{snapshot.curation_id}:{snapshot.content_hash}"),
    )


async def show_snapshot(lake: Lake, dataset: str, label: str, run_id: str) -> None:
    """Show the snapshot's summary and where it is. Once this is shown others count as told, so tell them before."""
    snapshot = _snapshot(lake, dataset, label)
    folder = lake.root / snapshot.path
    await acreate_markdown_artifact(
        markdown=snapshot_page(snapshot, folder),
        key=_page_key(run_id),
        description=f"{label}: `stillroom show {label}` tells more",
    )


async def is_shown(lake: Lake, dataset: str, label: str, run_id: str) -> bool:
    """Whether the snapshot is the one that is shown of its run."""
    snapshot = _snapshot(lake, dataset, label)
    async with get_client() as client:
        found = await client.read_latest_artifacts(
            artifact_filter=ArtifactCollectionFilter(key=ArtifactCollectionFilterKey(any_=[_page_key(run_id)]))
        )
    return any(one.data == snapshot_page(snapshot, lake.root / snapshot.path) for one in found)


def _snapshot(lake: Lake, dataset: str, label: str) -> Snapshot:
    return next(one for one in snapshots(lake, dataset) if one.label == label)


def _page_key(run_id: str) -> str:
    return artifact_key(run_id, "snapshot")


def snapshot_page(snapshot: Snapshot, folder: Path) -> str:
    """What a snapshot holds, where its frozen copy is, and its summary.

    No link: a browser follows none from a page of a server to a file. The summary quotes what models wrote, so it
    stands as it is, in a fence that is longer than any in it.
    """
    lines = [
        f"# {snapshot.label}",
        "",
        f"{snapshot.rows:,} examples, {snapshot.new_rows:,} of them new. The frozen copy is in",
        "",
        *_fenced(str(folder)),
    ]
    try:
        summary = (folder / SUMMARY_FILE).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return "\n".join([*lines, "", f"Its summary cannot be read here ({error.strerror})."])
    cut = "" if len(summary) <= MOST_SHOWN else f", its first {MOST_SHOWN:,} characters"
    return "\n".join([*lines, "", f"`{SUMMARY_FILE}`{cut}:", "", *_fenced(summary[:MOST_SHOWN])])


def _fenced(text: str) -> list[str]:
    """The text as Markdown that shows it letter by letter."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text.rstrip("\n"), fence]


def announce_failed_shard(run_id: str, shard: int, reason: str) -> None:
    """Emit the event of a shard that failed."""
    about = {"prefect.resource.id": f"stillroom.shard.{run_id}.{shard}", "stillroom.run": run_id}
    emit_event(SHARD_FAILED, resource=about, payload={"run_id": run_id, "shard": shard, "reason": reason})

"""The one-page summary of a snapshot, in Markdown, from its manifest alone."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stillroom.judging import warning_by_teacher
from stillroom.publication.diverse import in_short, in_words
from stillroom.recipe import why_nothing
from stillroom.runs import never_looked_for

MAX_REASONS = 12


def summary(manifest: Mapping[str, Any], folder: Path) -> str:
    """One page of Markdown: what the snapshot holds, how it came about and how to read it."""
    run = manifest["run"]
    label = f"{manifest['name']}@{manifest['version']}"
    samples, passed = run["samples"]["answered"], run["samples"]["passed"]
    parts = [
        f"# {label}",
        f"{manifest['rows']} examples, {manifest['new_rows']} of them new in this version. {_parent(manifest)}"
        f"Run `{manifest['run_id']}`, Stillroom {manifest['code_version']}.",
        "## What it holds",
        _table(("origin of the prompt", "examples", "prompts"), _rows(manifest["members_by_origin"])),
        _table(
            ("teacher", "model", "revision from", "licence"),
            ([row["teacher_id"], row["model"], row["revision_source"], row["licence"]] for row in manifest["teachers"]),
        ),
        *_taken_out(manifest),
        "## How the run went",
        f"{sum(row['prompts'] for row in run['prompts'])} prompts were answered with {samples} samples; "
        f"{passed} passed ({_share(passed, samples)}). {_cost(manifest)}",
        _table(("what became of a sample", "why", "samples"), [*_rows(run["selections"][:MAX_REASONS]), *_others(run)]),
    ]
    if run["proposals"]:
        parts += [
            "## What became of the tasks the teacher wrote",
            _table(
                ("ruling", "replies"),
                (["admitted" if row["admitted"] else row["reason"], row["replies"]] for row in run["proposals"]),
            ),
        ]
    if run["test_strengths"]:
        parts += ["## How good the tests are", _strengths(run["test_strengths"], manifest["recipe"]["verification"])]
    parts += _checked(manifest)
    parts += _compared(manifest)
    parts += _diversity(manifest)
    parts += [
        "## What to know before training on it",
        "\n".join(f"- {line}" for line in _caveats(manifest)),
        "## Reading it",
        "```python\nfrom datasets import load_dataset\n\n"
        f'rows = load_dataset("parquet", data_files="{folder}/examples.parquet")\n```',
        f"Content hash `{manifest['content_hash']}`; everything above and more is in `manifest.json`.",
    ]
    return "\n\n".join(parts) + "\n"


def _parent(manifest: Mapping[str, Any]) -> str:
    parent = manifest["parent_version"]
    return f"It continues {manifest['name']}@{parent}. " if parent else ""


def _taken_out(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A section on what versions before hold and this one took out."""
    if manifest["retracted"]:
        yield "## What was retracted"
        yield "What depends on any of these was taken out, and will not be published again."
        yield _table(("kind", "id", "rows", "held by"), map(_taken, manifest["retracted"]))
    if manifest["no_longer_passing"]:
        yield "## What no longer passes"
        yield "Verified again, these rows did not pass and were taken out."
        yield _table(("verifier", "reason", "rows", "held by"), map(_taken, manifest["no_longer_passing"]))


def _taken(row: Mapping[str, Any]) -> Sequence[object]:
    *about, held_by = row.values()
    return [*about, ", ".join(held_by)]


def _cost(manifest: Mapping[str, Any]) -> str:
    """What an example cost: the run is paid for as a whole, so its cost is shared by all that it has published."""
    run, new = manifest["run"], manifest["new_rows"]
    if not new:
        return "Nothing was asked of a teacher for this version."
    costs, published = run["costs"], run["examples"]
    whose = "A new example" if published == new else f"Each of the {published} examples that its run has published"
    tokens = sum(row["completion_tokens"] for row in costs)
    seconds = sum(row["seconds"] for row in costs if row["stage"] != "verification")
    adopted = run["adopted_samples"]
    also = f" {adopted} of the samples are not in that: another run had paid for them." if adopted else ""
    return (
        f"{whose} cost {tokens / published:,.0f} completion tokens and {seconds / published:,.1f} seconds of request "
        f"time, failed attempts and writing included.{also}"
    )


def _others(run: Mapping[str, Any]) -> Iterable[Sequence[object]]:
    """One line for the reasons that are too rare to be listed."""
    rest = run["selections"][MAX_REASONS:]
    if rest:
        yield [f"{len(rest)} more", "see `manifest.json`", sum(row["samples"] for row in rest)]


def _strengths(rows: Sequence[Mapping[str, Any]], verification: Mapping[str, Any]) -> str:
    minimum = verification["min_test_strength"]
    mutants, aside = (sum(row[name] for row in rows) for name in ("mutants", "set_aside"))
    table = _table(
        ("origin of the prompt", "prompts measured", "mean share of mutants killed", "least", f"at least {minimum}"),
        (
            [row["origin"], row["prompts"], row["mean_strength"], row["least_strength"], row["strong_enough"]]
            for row in rows
        ),
    )
    return (
        f"{mutants} mutants of accepted solutions were put to the tests; {aside} of them ({_share(aside, mutants)}) "
        "were set aside as equivalent, since they do what the solution does on at least 200 generated inputs."
        f"\n\n{table}"
    )


def _caveats(manifest: Mapping[str, Any]) -> Iterable[str]:
    lacks = manifest["run"]["missing"]
    if lacks["shards"]:
        listed = ", ".join(map(str, lacks["shards"]))
        yield (
            f"It lacks {lacks['prompts']} of the {lacks['of_prompts']} prompts of its run: shards {listed} had failed "
            "when it was published, which the recipe allows. If they come later, the next version holds them."
        )
    if warning := warning_by_teacher(manifest["run"]["samples_by_teacher"]):
        yield warning
    for row in manifest["verifiers"]:
        digest = row["image_digest"][:19]
        yield f"Answers were judged by `{row['verifier']}` in the sandbox image `{digest}`."
    for row in manifest["calibrations"]:
        yield _rates(row)
    if not manifest["calibrated"]:
        yield "A verifier was not calibrated: its rates of true and false passes were not measured, or are too bad."
    yield from in_words(manifest.get("diversity", []))
    if not manifest["contamination_checked_against"]:
        why = why_nothing(is_off=manifest["contamination_check_is_off"])
        yield f"It was checked for contamination against nothing: {why}"
    yield from never_looked_for(manifest["contamination_checked_against"])
    yield from _unchecked(manifest["contamination_checked_against"], of_rows=manifest["rows"])
    if any(row["revision_source"] == "declared" for row in manifest["teachers"]):
        yield "A teacher's revision is declared by the recipe only; its server does not say what it serves."
    if any(row["origin"] == "written" for row in manifest["members_by_origin"]):
        yield (
            "Tests of written tasks come from the teacher; its own solution passes them, and no trivial answer does."
        )


def _unchecked(checks: Sequence[Mapping[str, Any]], *, of_rows: int) -> Iterable[str]:
    """What was not checked, by benchmark: a row counts as checked against whichever content its curation found."""
    for benchmark in dict.fromkeys(row["benchmark"] for row in checks):
        methods: dict[
            tuple[tuple[str, int], ...], list[str]
        ] = {}  # by the contents that they looked into, and the rows
        for method in dict.fromkeys(row["method"] for row in checks if row["benchmark"] == benchmark):
            of_method = [row for row in checks if (row["benchmark"], row["method"]) == (benchmark, method)]
            contents = tuple((row["sha256"][:12], row["rows"]) for row in of_method)
            methods.setdefault(contents, []).append(f"`{method}`")
        for contents, names in methods.items():
            by, shas = ", ".join(names), " or ".join(f"sha256 `{sha256}`" for sha256, _ in contents)
            if unchecked := of_rows - sum(rows for _, rows in contents):
                yield f"{unchecked:,} of its rows were not checked against `{benchmark}` ({shas}) by {by}."
            if len(contents) > 1:
                rows = ", ".join(f"{rows:,} against sha256 `{sha256}`" for sha256, rows in contents)
                yield f"`{benchmark}` was not the same for all of its rows, by {by}: {rows}."


def _checked(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A section on what prompts and answers were held against, in which ways, and what that could not see."""
    if manifest["contamination_checked_against"]:
        yield "## What it was checked for contamination against"
        yield (
            "Rows are those of this version whose prompt and answer were checked; overlapping ones share text with the "
            "benchmark. They were published while it was not checked against, and stay: `contamination_hits` has the "
            "text. Code is looked for but for its names (`renamed-code`) where it is Python; of other languages the "
            "words are looked for, as of any text."
        )
        header = ("benchmark", "sha256", "method", "items", "looked for", "too short", "rows", "overlapping rows")
        yield _table(header, _rows(manifest["contamination_checked_against"]))


def _compared(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A section on the tables that no row of this version duplicates; manifests of before there were any lack it."""
    if compared := manifest.get("duplicates_compared_with"):
        yield "## What its rows were compared with"
        yield "Beside what the dataset had published. No row that was kept so duplicates a row of these tables."
        yield _table(("table", "sha256", "of", "rows of the table", "rows of this version"), _rows(compared))


def _diversity(manifest: Mapping[str, Any]) -> Iterable[str]:
    """A section on how varied the version is; manifests of before it was measured lack it."""
    if figures := in_short(manifest.get("diversity", [])):
        yield "## How diverse it is"
        yield (
            "Only figures of equal draws compare with those of another version. What further samples would bring is "
            "told of each teacher, by all its samples of the dataset that passed, with the prompt as the unit. All "
            "figures are in `manifest.json`."
        )
        yield _table(tuple(figures[0]), _rows(figures))


def _rates(row: Mapping[str, Any]) -> str:
    """How often the verifier was right, with 95 % intervals (Wilson)."""
    parts = [
        f"{row[f'{kind}_passed']} of {row[f'{kind}_cases']} {what} answers ({low:.2%} to {high:.2%})"
        for kind, what, low, high in (
            ("good", "right", row["true_pass_low"], row["true_pass_high"]),
            ("bad", "wrong", row["false_pass_low"], row["false_pass_high"]),
        )
        if row[f"{kind}_cases"]
    ]
    measured = f"Calibration `{row['calibration_id']}`: of the cases `{row['case_set']}`, `{row['verifier']}` passes"
    return f"{measured} {' and '.join(parts)}, with 95 % intervals of the rates."


def _rows(rows: Iterable[Mapping[str, Any]]) -> Iterable[Sequence[object]]:
    return (list(row.values()) for row in rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: object) -> str:
    """Untrusted text stays inside its cell."""
    return str(value).replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "none"

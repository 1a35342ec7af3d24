"""``lineage``: an example's ancestry as a tree."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillroom.cli.naming import DatasetOption, find_id
from stillroom.cli.output import JsonOption, console, first_line, print_json, shown
from stillroom.cli.session import reading

if TYPE_CHECKING:
    from rich.tree import Tree

    from stillroom.cli.ancestry import Ancestry

PARAMETERS = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "max_new_tokens", "stop")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(lineage)


def lineage(
    ctx: typer.Context,
    example_id: Annotated[str, typer.Argument(help="An example's id, or enough of its first digits.")],
    *,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show where an example comes from, back to the hand-written seeds.

    Exit code: 1 where the lake has lost its sample, its prompt, or the verdict by which it was published.
    """
    from stillroom.cli.ancestry import follow

    with reading(ctx, askers=2) as lake:
        found = follow(lake, find_id(lake, "example", example_id), dataset)
    if as_json:
        print_json(_as_json(found))
    else:
        console().print(draw(found))
    if not (found.sample and found.prompt) or found.lost_verdict:
        raise typer.Exit(1)


def draw(found: "Ancestry") -> "Tree":
    """The ancestry as a tree for the terminal."""
    from rich.text import Text
    from rich.tree import Tree

    example = found.example
    tree = Tree(Text(f"example {example['example_id']} in {', '.join(found.snapshots) or 'no snapshot'}", style="bold"))
    _block(tree.add("answer"), example["answer"])
    selection = found.selection
    gate = f"{selection.get('gate', 'unknown')} {_with(selection, 'reason')}"
    selected = tree.add(Text(f"selection {gate}by curation {example['curation_id']}"))
    for score in found.scores:
        selected.add(Text(f"score {score['value']:.4g} by {score['scorer']}"))
    checked = ", ".join(f"{one['benchmark']}@{one['sha256'][:12]}" for one in found.checked_against)
    selected.add(Text(f"checked for contamination against {checked or 'nothing'}"))
    for other in found.displaced:
        about = f"{other['gate']}, similarity {other['similarity']:.2f}"
        selected.add(Text(f"stands for sample {other['sample_id']} too ({about})"))
    tree.add(Text(_cost(found.cost)))
    _add_sample(tree, found)
    _add_prompt(tree, found, example["prompt_id"], label="prompt", drawn=set())
    run = found.run
    node = tree.add(Text(f"run {example['run_id']} of {run.get('dataset', '?')} ({run.get('state', 'unknown')})"))
    node.add(Text(f"code version {run.get('code_version', '?')}, opened with stages {run.get('stages', '{}')}"))
    commit = found.commit
    when, key, code = (shown(commit.get(name)) or "?" for name in ("created_at", "key", "code_version"))
    node.add(Text(f"committed {when} UTC as {key}, code version {code}"))
    return tree


def _add_sample(tree: "Tree", found: "Ancestry") -> None:
    from rich.text import Text

    node = tree.add(Text(f"sample {found.example['sample_id']}{_index(found)}", style="bold"))
    if found.sample:
        _add_answer(node, found)
    for verdict in found.verdicts:
        tests = f", {verdict['tests_passed']} of {verdict['tests_total']} tests" if verdict["tests_total"] else ""
        line = f"verdict {verdict['outcome']} {_with(verdict, 'reason')}by {verdict['verifier']}{tests}"
        judged = node.add(Text(line))
        judged.add(Text(f"check {verdict['check_id']}, verifier {verdict['verifier_id']}"))
        if verdict["image_digest"]:
            judged.add(Text(f"sandbox image {verdict['image_digest']}"))
    if found.lost_verdict:
        node.add(Text(f"verdict of the verifier that passed it, {found.lost_verdict}{_not_there(found)}"))
    teacher = found.teacher
    about = node.add(Text(f"teacher {found.example['teacher_id']}"))
    about.add(Text(", ".join(f"{key} {teacher[key]}" for key in ("model", "engine", "licence") if teacher.get(key))))
    about.add(Text(f"revision {teacher.get('revision', '?')} ({teacher.get('revision_source', 'unknown')})"))


def _index(found: "Ancestry") -> str:
    if found.sample:
        return f", index {found.sample['sample_index']}, epoch {found.sample['epoch']}"
    return _not_there(found)


def _not_there(found: "Ancestry") -> str:
    named = found.snapshots[-1] if found.snapshots else "NAME"
    return f" (not in this lake; `stillroom verify-snapshot {named}` says what is missing)"


def _add_answer(node: "Tree", found: "Ancestry") -> None:
    from rich.text import Text

    sample = found.sample
    node.add(Text("parameters " + ", ".join(f"{name}={shown(sample[name])}" for name in PARAMETERS)))
    tokens = f"{sample['prompt_tokens']} tokens read ({sample['cached_tokens']} cached)"
    took = f"{sample['completion_tokens']} written in {sample['latency_seconds']:.1f} s"
    node.add(Text(f"{tokens}, {took}, answered {shown(sample['answered_at'])} UTC"))
    if found.paid_by != found.example["run_id"]:
        node.add(Text(f"paid for by {found.paid_by}, and adopted from there"))
    _block(node.add("request text, exactly as sent"), sample["request_text"])
    _block(node.add(f"response ({sample['finish_reason']})"), sample["response"])


def _add_prompt(parent: "Tree", found: "Ancestry", prompt_id: str, *, label: str, drawn: set[str]) -> None:
    from rich.text import Text

    prompt = found.prompt if prompt_id == found.prompt.get("prompt_id") else found.ancestors.get(prompt_id)
    if prompt is None:
        parent.add(Text(f"{label} {prompt_id} (not in this lake)"))
        return
    about = ", ".join(prompt[key] for key in ("origin", "topic", "difficulty_asked", "form") if prompt[key])
    node = parent.add(Text(f"{label} {prompt_id} ({about})", style="bold"))
    if prompt_id in drawn:
        node.add("drawn above")
        return
    drawn.add(prompt_id)
    _block(node, prompt["task"])
    if prompt is found.prompt and found.strength:
        node.add(Text(_strength(found.strength)))
    if prompt["nearest_prompt_id"]:
        task = f": {first_line(found.nearest.get('task', ''), 70)}" if prompt is found.prompt else ""
        node.add(Text(f"nearest {prompt['nearest_prompt_id']}, ROUGE-L {prompt['nearest_score']:.3f}{task}"))
    if prompt["writer_teacher"]:
        where = f"in {prompt['run_id']}, round {prompt['writing_round']}, request {prompt['writing_request']}"
        how = f"{where}, shown {len(prompt['parents'])} tasks" if prompt["writing_round"] else "as its file says"
        node.add(Text(f"written by {prompt['writer_teacher']} {how}"))
    for one in prompt["parents"]:
        _add_prompt(node, found, one, label="parent", drawn=drawn)


def _cost(cost: dict[str, Any]) -> str:
    money = f", {cost['money']:.6f} {cost['currency']}" if cost["money"] else ""
    tokens = f"{cost['prompt_tokens']} tokens read, {cost['completion_tokens']} written"
    return f"cost: {tokens}, {cost['sandbox_cpu_seconds']:.3f} s of sandbox CPU{money}"


def _strength(row: dict[str, Any]) -> str:
    if row["problem"]:
        return f"tests: their strength could not be measured ({row['problem']})"
    counts = f"{row['killed']} of {row['mutants']} mutants fail them, {row['set_aside']} set aside as equivalent"
    trivial = f", {row['trivial_passes']} trivial solutions pass" if row["trivial_passes"] else ""
    return f"tests: strength {row['strength']:.2f} ({counts}{trivial}; mutants of {row['solution_from']})"


def _block(node: "Tree", text: str) -> None:
    from rich.text import Text

    node.add(Text(text.rstrip("\n")))


def _with(row: dict[str, Any], key: str) -> str:
    return f"({row[key]}) " if row.get(key) else ""


def _as_json(found: "Ancestry") -> dict[str, Any]:
    """The rows as they are, with the sampling parameters together and ancestors as a list, nearest first.

    A sample that the lake has lost is None.
    """
    rows = asdict(found)
    sample = rows["sample"]
    parameters = {name: sample.pop(name) for name in PARAMETERS if name in sample}
    rows["sample"] = {**sample, "parameters": parameters} if sample else None
    behind = {"writing": rows.pop("proposal"), "test_strength": rows.pop("strength"), "nearest": rows.pop("nearest")}
    rows["prompt"] |= {name: row or None for name, row in behind.items()}
    return {**rows, "ancestors": list(found.ancestors.values())}

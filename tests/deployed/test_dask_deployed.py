"""A deployed flow run, whose process is a fork, has worker processes of its own; their batches are in Prefect's UI."""

import pytest

from tests.deployed.conftest import Start
from tests.deployed.deployment import Deployment

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]


def test_stored_samples_of_a_deployed_build_are_judged_again_by_workers(
    deployment: Deployment, start_teacher: Start
) -> None:
    bench = deployment.bench
    text = bench.recipe.read_text(encoding="utf-8")
    bench.recipe.write_text(text.replace("execution: {", "execution: {dask: 2, "), encoding="utf-8")
    start_teacher()
    built = bench.build("--deployed", "--json")
    assert built.code == 0, built.err
    verdicts = (
        f"select sample_id, outcome, reason from verdicts where run_id = '{deployment.run_id}' order by sample_id"
    )
    before = bench.sql(verdicts)
    lost = bench.run("sql", "--write", f"delete from verdicts where run_id = '{deployment.run_id}'; select 1")
    assert lost.code == 0, lost.err

    known = deployment.ask("/deployments/name/reverify/reverify")
    about = {"parameters": {"dataset": bench.dataset}}
    run = deployment.ask(f"/deployments/{known['id']}/create_flow_run", about)
    deployment.wait(lambda: deployment.state(run) in ("Completed", "Failed", "Crashed"), what="the flow run's end")

    assert deployment.state(run) == "Completed", deployment.message(run)
    assert bench.sql(verdicts) == before != []
    tasks = deployment.ask("/task_runs/filter", {"task_runs": {"flow_run_id": {"any_": [run["id"]]}}})
    assert {"judge", "judge again"} <= {one["name"].rpartition("-")[0] for one in tasks}

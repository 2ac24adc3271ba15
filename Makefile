# `make help` lists what there is. Everything a target needs is installed by it, from PyPI alone
# unless its line says otherwise.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := .venv/bin
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export AIRFLOW__CORE__LOAD_EXAMPLES := False
export PATH := $(CURDIR)/$(BIN):$(PATH)

PACKAGES := pyproject.toml local_athena/pyproject.toml

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

## Environments ------------------------------------------------------------------------------------

.PHONY: setup
setup: .venv/.ready-test ## install everything that tests and lint need into .venv

.venv/.ready-%: requirements/%.txt $(PACKAGES) scripts/setup_env.py
	@$(PYTHON) scripts/setup_env.py $*

.PHONY: lock
lock: ## resolve the dependencies anew and write requirements/*.txt
	@./scripts/lock.sh $(ARGS)

## The product -------------------------------------------------------------------------------------

.PHONY: demo
demo: .venv/.ready-demo ## three business days, from the sources to reconciled curated tables
	@$(BIN)/lakehouse demo $(ARGS)

.PHONY: sources
sources: .venv/.ready-demo ## PostgreSQL, MariaDB, Kafka (fetches 43 MB once, Maven) and a payment service; ARGS="-- CMD" runs CMD on them
	@$(BIN)/lakehouse sources run $(ARGS)

.PHONY: airflow
airflow: .venv/.ready-airflow ## open Airflow on 127.0.0.1:8080 with the project's DAGs
	@$(BIN)/python -m lakehouse.orchestration.standalone

.PHONY: docs
docs: .venv/.ready-demo ## build the dbt docs site of the local lake into target/
	@$(BIN)/local-athena exec -- bash -ec '$(BIN)/lakehouse contracts apply --target local >/dev/null; $(BIN)/dbt docs generate --static'
	@echo "docs: target/static_index.html"

## Checks ------------------------------------------------------------------------------------------

.PHONY: test
test: .venv/.ready-test ## unit, property, integration and DAG tests
	@$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: e2e
e2e: .venv/.ready-test ## three bad days through Airflow from real servers (MariaDB; Java, fetches 43 MB once, Maven), ten days, bytes read (an hour)
	@$(BIN)/pytest tests/e2e $(ARGS)

.PHONY: long
long: .venv/.ready-test ## 60 days at scale 0.1 and two other seeds, reconciled; a full refresh has the same rows (45 minutes)
	@$(BIN)/pytest -s -m long tests/e2e/test_long_road.py $(ARGS)

.PHONY: mutants
mutants: .venv/.ready-test ## plant each fault of faults/*.yml and see which test catches it (ARGS=NAME…; about 30 s a fault)
	@$(BIN)/python -m faults.run $(ARGS)

.PHONY: lint
lint: .venv/.ready-test ## ruff, mypy --strict, import-linter, sqlfluff, yamllint, dbt-bouncer
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/yamllint --strict .
	@$(BIN)/sqlfluff lint --processes 2 models macros snapshots analyses tests/dbt
	@DBT_TARGET_PATH=target $(BIN)/dbt --quiet parse
	@$(BIN)/dbt-bouncer run --config-file dbt-bouncer.yml

.PHONY: check
check: .venv/.ready-test ## rendered files fresh, contracts valid, links alive, columns described
	@$(BIN)/lakehouse contracts check
	@$(BIN)/lakehouse contracts render --check
	@$(BIN)/python scripts/check_links.py
	@$(BIN)/python scripts/check_descriptions.py
	@$(BIN)/python scripts/functions_table.py --check
	@$(BIN)/python scripts/differences_page.py --check

.PHONY: format
format: .venv/.ready-test ## let ruff and sqlfluff put the layout right
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfluff fix --quiet models macros snapshots analyses tests/dbt

.PHONY: golden
golden: .venv/.ready-test ## agreement with a real Trino's recorded answers, by area
	@$(BIN)/python local_athena/tests/golden/harness.py $(ARGS)
	@LOCAL_ATHENA_TPC=all $(BIN)/pytest -q local_athena/tests/tpc

.PHONY: recipes
recipes: .venv/.ready-test ## the runbooks' recipes on a lake of their own: backfill, rollback, maintenance (two minutes)
	@$(BIN)/pytest -m recipes tests/python/operation $(ARGS)

.PHONY: network
network: .venv/.ready-test ## latency, resets, half-open lines before every source, by a fault proxy; needs Go, fetches 30 MB once (Go proxy)
	@$(BIN)/pytest -m network tests/python/network $(ARGS)

.PHONY: interop
interop: .venv/.ready-test ## Trino (Java 24), Spark (Java 17) and PyIceberg on the project's build; fetches 1.5 GB once (PyPI, Maven)
	@$(BIN)/pytest -m interop --durations=0 local_athena/tests/trino tests/python/interop $(ARGS)

.PHONY: conformance
conformance: .venv/.ready-test ## dbt-athena's own functional suite, unmodified, against local_athena
	@$(BIN)/python local_athena/conformance/run.py $(ARGS)

.PHONY: crash
crash: .venv/.ready-test ## kill local_athena 200 times under nine writers and look for what is lost
	@$(BIN)/python local_athena/torture/crash/run.py $(ARGS)

.PHONY: kills
kills: .venv/.ready-test ## kill landing 300 times, all kinds of sources, and compare raw with an undisturbed run (ARGS="--kills N --seed N"; 15 minutes)
	@$(BIN)/python -m tests.python.landing.kills $(ARGS)

.PHONY: topic-kills
topic-kills: .venv/.ready-test ## land a million records of a real topic while broker and loader are killed at random (ARGS="--records N --kills N --seed N"; Java; 10 minutes)
	@$(BIN)/python -m tests.python.landing.topic_kills $(ARGS)

.PHONY: fuzz
fuzz: .venv/.ready-test ## send local_athena 100,000 requests that no client would send
	@$(BIN)/python local_athena/torture/fuzz/run.py $(ARGS)

.PHONY: clients
clients: .venv/.ready-test ## the AWS CLI, SDKs (JavaScript, Go), dlt, SQLMesh, Airflow and the wheel against local_athena
	@$(BIN)/pytest -q local_athena/clients $(ARGS)

.PHONY: aws-verify
aws-verify: .venv/.ready-test ## the tests marked aws_verified on a real AWS account: LAKEHOUSE_ENV=dev, AWS_REGION, credentials
	@$(BIN)/python scripts/aws_verify.py $(ARGS)

.PHONY: bench
bench: .venv/.ready-test ## measure, as ratios against a peer in the same run
	@$(BIN)/python benchmarks/run.py $(ARGS)

.PHONY: cost
cost: .venv/.ready-demo ## what the last dbt build scanned on Athena, its price, and the build before
	@$(BIN)/lakehouse cost $(ARGS)

.PHONY: clean
clean: ## remove the local lake, the demonstration's sources and build folders (not .venv)
	@rm -rf .local-athena .lakehouse target logs .pytest_cache .mypy_cache .ruff_cache

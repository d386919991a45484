# The doors of this repository. `make demo` and `make test` need nothing done before them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test test-long setup images build peers check bench sqlx services clean-services

CARGO ?= cargo
# Queries are checked against .sqlx; only `make sqlx` looks at a database.
export SQLX_OFFLINE := true
services := docker/services

help: ## what stands here
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

demo: setup images build ## the whole story with real parts, then a browser chat to play in (DEMO=once: only the story)
	@$(services) with target/release/demo

test: setup images ## all tests; sets the machine up first
	@docker/setup tests
	@$(services) with docker/test

test-long: setup images ## the fault tests with their large counts
	@docker/setup tests
	@WAAS_TEST_LONG=1 PROPTEST_CASES=5000 $(services) with docker/test --profile long

setup: ## packages, toolchain, Docker engine; repeatable
	@docker/setup

images: setup ## base images for tenants, named in target/images.env
	@docker/images/build

build: ## target/release/hub, telegram-emulator and demo
	@$(CARGO) build --release --workspace --bins

check: ## formatting, lints, dialogues, templates, house rules: before a commit
	@$(CARGO) fmt --all --check
	@$(CARGO) clippy --quiet --workspace --all-targets -- -D warnings
	@$(CARGO) run --quiet --bin hub -- dialogue check
	@$(CARGO) run --quiet --bin hub -- template check
	@$(CARGO) test --quiet --test integration house::

peers: setup ## other bots that `make bench` measures the hub against, by their own lock files
	@docker/setup tests
	@docker/venv benches/peers/requirements.txt target/peers/python
	@cd benches/peers && $(CARGO) build --release --locked

bench: setup images build peers ## every figure of docs/performance.md, in one run
	@$(services) with target/release/bench

sqlx: setup ## writes .sqlx anew, after a change of a query or a migration
	@$(services) with docker/sqlx

services: setup ## private Postgres and Redis that stay, for work on the code (`make clean-services` ends them)
	@$(services) start && $(services) status

clean-services: ## stops them and removes their data
	@$(services) clean

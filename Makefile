# Copyright (c) 2026 The jp1.itdm authors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# 'make help' lists what there is. The first call makes everything that it needs; later ones find it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.SHELLFLAGS := -eu -o pipefail -c

# What a user may choose: make lab-tests PROCESSES=2 TESTS=tests/integration/wire
PYTHON ?= python3
PROCESSES ?= 3
TESTS ?= tests/integration
SYSTEMS ?= 1
FAULT_SYSTEMS ?= 4
FAULTS ?=
MODULES ?=
MOLECULE ?= *

BIN := .venv/bin
WITH_BIN := PATH="$(abspath $(BIN)):$$PATH"
LAB := $(BIN)/python tests/lab
PLUGINS := playbooks/collections/ansible_collections/jp1/itdm
ANSIBLE_TEST := $(BIN)/python -m tests.tools.run_ansible_test
# Beside the lab that it tells of; Molecule's own place in the home is the same for all checkouts whose folders have the same name.
MOLECULE_STATE := $(abspath .lab/molecule-state)
PYTEST := PYTHONPATH=playbooks/collections $(BIN)/python -m pytest

##@ Use
.PHONY: help demo demo-installed
help: ## List the targets
	@awk -F ' ?## ' '/^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {sub(/:.*/, "", $$1); printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/ready machine ## Upgrade a lab system at 10-00 to 10-10, and show what happened
	$(LAB) up
	$(BIN)/python tests/demo

demo-installed: .venv/ready machine ## The same with the collection built and installed elsewhere, as its users have it
	$(LAB) up
	$(BIN)/python tests/demo --installed

##@ Test
.PHONY: test unit unit-matrix coverage mutation lab-tests lab-tests-all matrix faults faults-subset fault-mutations molecule molecule-subset lint sanity package
PARTS := environments machine image lint unit lab-tests coverage faults-subset molecule-subset
test: ## All tests, except the slow ones of the lab and most of the fault matrix
	@code=0; for part in $(PARTS); do \
	    start=$$SECONDS; $(MAKE) --no-print-directory $$part || code=1; \
	    echo "part: $$part: $$((SECONDS - start)) s"; \
	done; exit $$code

unit: .venv/ready ## The tests that need no lab
	COVERAGE_FILE=.coverage-unit $(PYTEST) -n auto --cov --cov-report= tests/unit

unit-matrix: environments ## The plugins' unit tests on the oldest and on the newest ansible-core
	code=0; for core in oldest newest; do \
	    python=.venv-$$core/bin/python; echo "$$core: $$(.venv-$$core/bin/ansible --version | sed -n 1p), $$($$python --version)"; \
	    PYTHONPATH=playbooks/collections $$python -m pytest -n auto tests/unit/plugins || code=1; \
	done; exit $$code

lab-tests: environments machine ## Tests against lab hosts (PROCESSES=3 TESTS=tests/integration)
	$(LAB) up --systems $$(( $(PROCESSES) + 1 ))
	trap '$(LAB) down' EXIT; COVERAGE_FILE=.coverage-lab $(PYTEST) -n $(PROCESSES) --dist worksteal --durations 15 --cov --cov-report= -m "not slow" $(TESTS)

coverage: .venv/ready ## Which lines and branches of plugins/ the last 'make unit' and 'make lab-tests' have run; below 95 % it fails
	$(BIN)/coverage combine --keep --quiet --data-file=.coverage $(wildcard .coverage-unit .coverage-lab)
	$(BIN)/coverage report --fail-under=95

mutation: .venv-mutation/ready ## What of the pure rules' mutants the unit tests notice; below 85 % it fails (MODULES="_version _rollback")
	.venv-mutation/bin/python -m tests.tools.run_mutation $(MODULES)

lab-tests-all: environments machine ## The slow ones, too (more than an hour)
	$(LAB) up --systems $$(( $(PROCESSES) + 1 ))
	trap '$(LAB) down' EXIT; $(PYTEST) -n $(PROCESSES) --dist worksteal --durations 15 $(TESTS)

matrix: environments machine unit-matrix ## Unit tests, upgrade and rollback on the oldest and on the newest ansible-core
	$(LAB) up
	trap '$(LAB) down' EXIT; $(PYTEST) -s tests/integration/upgrade/test_cores.py

faults: environments machine ## Every step meets every fault (FAULT_SYSTEMS=4 FAULTS="--part 1/3"); goes on where a broken run was
	$(LAB) up --systems $(FAULT_SYSTEMS)
	trap '$(LAB) down' EXIT; code=0; \
	    $(BIN)/python -m tests.faults run $(FAULTS) || code=1; $(BIN)/python -m tests.faults table || code=1; exit $$code

faults-subset: environments machine ## A few of them, in a few minutes
	$(LAB) up --systems $(PROCESSES)
	trap '$(LAB) down' EXIT; $(BIN)/python -m tests.faults run --subset

fault-mutations: environments machine ## Remove each guard of the collection once; a case of the fault matrix has to fail
	$(LAB) up --systems $(FAULT_SYSTEMS)
	trap '$(LAB) down' EXIT; $(BIN)/python -m tests.faults mutations

molecule: .venv/ready machine ## The scenarios in extensions/molecule (MOLECULE=upgrade: one of them; MOLECULE="{upgrade,check_mode}")
	rm -rf $(MOLECULE_STATE)
	trap '$(LAB) down' EXIT; $(WITH_BIN) MOLECULE_EPHEMERAL_DIRECTORY=$(MOLECULE_STATE) \
	    molecule test --scenario-name "$(MOLECULE)" --report

molecule-subset: ## Two of them, in a few minutes
	$(MAKE) --no-print-directory molecule MOLECULE="{upgrade,preflight_blockers}"

lint: .venv/ready ## Formatting, types, licences, YAML, Ansible content, changelog and documentation
	@code=0; run() { echo "$$*"; PATH="$(abspath $(BIN)):$$PATH" "$$@" || code=1; }; \
	    run ruff check; \
	    run ruff format --check; \
	    run mypy $(PLUGINS)/plugins $(PLUGINS)/tests/unit/plugins; \
	    run mypy --exclude '^tests/unit/plugins/' tests; \
	    run reuse lint --lines; \
	    run yamllint --strict .; \
	    run ansible-lint --strict; \
	    run antsibull-changelog lint; \
	    run antsibull-docs lint-collection-docs . --plugin-docs --validate-collection-refs=all; \
	    exit $$code

sanity: .venv/ready ## ansible-test: its sanity tests and the plugins' unit tests, in a copy of the tree
	$(ANSIBLE_TEST) sanity --local
	$(ANSIBLE_TEST) units --venv

package: .venv/ready .venv-importer/ready ## Build dist/jp1-itdm-VERSION.tar.gz, and check it as Galaxy and as its users do
	$(PYTEST) tests/package

##@ Documentation
.PHONY: docs docs-pages changelog
DOCS := ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/playbooks/collections" PATH="$(CURDIR)/.venv-docs/bin:$$PATH"
docs: .venv-docs/ready ## The documentation site, in docs/site/html; a warning is an error
	rm -rf docs/site
	install -d -m 700 docs/site
	$(DOCS) antsibull-docs collection --use-current --squash-hierarchy --fail-on-error --dest-dir docs/site jp1.itdm
	$(DOCS) sphinx-build -q -W --keep-going -c docs -b html docs/site docs/site/html

docs-pages: .venv/ready ## Write its pages that are made of the code anew: failure codes, and fields of a profile
	PYTHONPATH=playbooks/collections $(BIN)/python -m tests.docs

changelog: .venv/ready ## Take new fragments into CHANGELOG.rst
	$(WITH_BIN) ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/playbooks/collections" antsibull-changelog release --update-existing

##@ Lab
.PHONY: lab-up lab-down
lab-up: .venv/ready machine ## Start a lab (SYSTEMS=1); see tests/lab/README.md
	$(LAB) up --systems $(SYSTEMS)

lab-down: .venv/ready ## Remove the lab
	$(LAB) down

##@ Set-up
.PHONY: environments machine image clean
environments: .venv/ready .venv-oldest/ready .venv-newest/ready ## Python environments: for all tools, and for the oldest and newest ansible-core

machine: ## Install what the lab needs on this machine (root on Debian), or name it
	@sh tests/lab/image/machine.sh

image: .venv/ready machine ## Make the image with the lab's Windows programs
	$(LAB) image

clean: ## Remove lab, images of this checkout, environments and caches
	if [ -e .venv/ready ]; then $(LAB) down --images; fi
	rm -rf .venv .venv-oldest .venv-newest .venv-docs .venv-importer .venv-mutation .venv-sanity docs/site dist \
	    .ansible .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/ready: requirements.txt tests/requirements.txt tests/unit/requirements.txt tests/lab/requirements.txt tests/tools/venv.sh
	tests/tools/venv.sh .venv "$(PYTHON)" $(patsubst %,-r %,$(filter %.txt,$^))

.venv-docs/ready: tests/tools/docs-requirements.txt tests/tools/venv.sh
	tests/tools/venv.sh .venv-docs "$(PYTHON)" -r tests/tools/docs-requirements.txt

.venv-oldest/ready: requirements.txt tests/unit/requirements.txt tests/tools/venv.sh
	tests/tools/venv.sh .venv-oldest "$$(tests/tools/python-between.sh 3.10 3.12)" $(patsubst %,-r %,$(filter %.txt,$^)) 'ansible-core==2.16.*'

.venv-newest/ready: requirements.txt tests/unit/requirements.txt tests/tools/venv.sh
	tests/tools/venv.sh .venv-newest "$$(tests/tools/python-between.sh 3.11 3.14)" $(patsubst %,-r %,$(filter %.txt,$^)) ansible-core

.venv-mutation/ready: requirements.txt tests/unit/requirements.txt tests/tools/mutation.txt tests/tools/venv.sh
	tests/tools/venv.sh .venv-mutation "$(PYTHON)" $(patsubst %,-r %,$(filter %.txt,$^))

.venv-importer/ready: tests/tools/importer.txt tests/tools/venv.sh
	tests/tools/venv.sh .venv-importer "$$(tests/tools/python-between.sh 3.11 3.13)" -r $<

# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

.DEFAULT_GOAL := help
# One thing at a time, but for what is started with TOGETHER.
ifndef TOGETHER
.NOTPARALLEL:
endif
.PHONY: help build new lint lint-artifact lint-sources unit integration pytest molecule verdict-matrix faults all-tests on-hosts beside-hosts scenarios-but-the-fleet fleet faults-after-it beside-scenarios beside-fleet fuzz bench scale cores pythons test docs pins clean

# Values of the command line reach the scripts through the environment, never through a shell line.
VARIABLES := GATEWAY PLUGIN PLUGIN_VERSION NAME PACKAGE SYMBOLS HOOKS ID REPO BINARY ALIGN CHECK SCENARIO EXCEPT HOST HOSTS FULL ONLY RUNS PYTHON
# What merely stands in the caller's environment under such a name is not meant for us.
$(foreach name,$(VARIABLES),$(if $(filter environment%,$(origin $(name))),$(eval unexport $(name))))
# What was given and nobody reads would be ignored without a word.
UNKNOWN := $(strip $(foreach name,$(filter-out $(VARIABLES) MAKEFLAGS MAKEOVERRIDES SHELL,$(.VARIABLES)),$(if $(filter command,$(origin $(name))),$(name))))
ifneq ($(UNKNOWN),)
$(error $(shell scripts/unknown '$(subst ','\'',$(UNKNOWN))' '$(VARIABLES)'))
endif

PYTEST = @scripts/run pytest
NOX = scripts/run nox
# A file's tests share what they build, so they run in one process; files in the order of their names.
SIDE_BY_SIDE = --numprocesses=auto --dist=loadfile --no-loadscope-reorder --durations=30 --durations-min=5

help:  ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo '  make build                                        the example plugins, for the small gateway of examples/'
	@echo '  make build GATEWAY=v5.3.6 PLUGIN=path/to/plugin   your plugin (folder or git URL), for that Tyk release'
	@echo '    PLUGIN_VERSION=v1.4.0                           its tag, branch or commit, if it is in git'
	@echo '    NAME=name PACKAGE=folder ID=auto                its name, the folder of its main package, a module path of its own'
	@echo '    SYMBOLS=AuthCheck,AddFooBarHeader               also look these symbols up when the gateway loads it'
	@echo '    HOOKS=AuthCheck=auth_check,AddHeader=pre        and check that they are hooks of these kinds'
	@echo '    REPO=url-or-path                                the git repository of the gateway'
	@echo '    BINARY=path                                     the gateway that runs; it decides everything'
	@echo '    ALIGN=apply                                     lower what the plugin raises above the gateway'
	@echo '    CHECK=1                                         only show what would be done'
	@echo '  make new NAME=enrich                              a new plugin in my-plugins/enrich, for Tyk v5.3.6'
	@echo '    HOOKS=pre,auth_check                            handlers for these kinds of hook, and tests for them'
	@echo '    GATEWAY=v5.8.5 REPO=url BINARY=path CHECK=1     as above; the Go version is that of this gateway'
	@echo '    PLUGIN=path                                     its folder'

build:  ## Build plugins and let the gateway load them
	@scripts/setup build
	@scripts/run python scripts/build.py

new:  ## Start a plugin: NAME=enrich (HOOKS=pre,response GATEWAY=v5.3.6 PLUGIN=folder)
	@scripts/setup build
	@scripts/run python scripts/new.py

lint:  ## Every static check, the sanity tests, the collection's artifact (ONLY=code for one session of noxfile.py)
	@scripts/setup test
	@$(if $(ONLY),$(NOX) --session $$ONLY,TOGETHER=1 $(MAKE) --no-print-directory --keep-going $(TWO_JOBS) lint-artifact lint-sources)

# Each of the two takes half of the time. Below a make that runs two things at once already, its jobs are shared.
TWO_JOBS = $(if $(findstring jobserver,$(MAKEFLAGS)),,--jobs=2)
lint-artifact:
	@$(NOX) --session artifact

lint-sources:
	@$(NOX) --session code lint docs-check extra-checks docs ansible-lint

unit:  ## Unit tests
	@scripts/setup test
	$(PYTEST) $(SIDE_BY_SIDE) tests/unit

integration:  ## The modules, run for real (FULL=1 for what takes long, too)
	@scripts/setup test
	$(PYTEST) $(SIDE_BY_SIDE) tests/integration

pytest:  ## Unit and integration tests (FULL=1 for what takes long, too)
	@scripts/setup test
	$(PYTEST) $(SIDE_BY_SIDE)

molecule:  ## Roles and playbooks on real test hosts (SCENARIO=name for one scenario, EXCEPT=name for all but that one, FULL=1 for all kills of the fleet; HOST=localhost, or a name that ssh knows, for an existing host)
	@scripts/setup test
	@scripts/run python scripts/molecule.py

fuzz:  ## Corrupted Go files against the reader (RUNS=1000000 of them, some 45 minutes on two processors)
	@scripts/setup fuzz
	@scripts/run python tests/fuzz/run.py

bench:  ## Time and memory of the verdict and time of the main job, as ratios, into docs/benchmarks.md (minutes, 3 GB; GATEWAY=v5.3.6 REPO=path for the main job of a real gateway)
	@scripts/setup bench
	@scripts/run python tests/bench/run.py

scale:  ## Time and memory of the controller for many hosts by a slow SSH, on which nothing has changed (HOSTS=10,50,200: numbers of hosts)
	@scripts/setup test
	@scripts/run python tests/scale/run.py

verdict-matrix:  ## The verdict against the gateway's own loader, pair by pair (FULL=1 for all pairs)
	@scripts/setup $(if $(and $(filter command,$(origin FULL)),$(filter 1,$(FULL))),matrix,test)
	@scripts/run python tests/matrix/run.py

faults:  ## What people, machines and hostile files do to the modules (FULL=1 for every trial; ONLY=name for one measure)
	@scripts/setup test
	@scripts/run python tests/faults/run.py

cores:  ## The collection with each ansible-core that it supports, and with galaxy-importer (ONLY=core-2.21 for one, ONLY=galaxy for the importer)
	@scripts/setup test
	@$(NOX) $(if $(ONLY),--session $$ONLY,--tags cores)

pythons:  ## The unit tests of module_utils with each Python that managed hosts may have (ONLY=3.8 for one)
	@scripts/setup test
	@$(NOX) --session module_utils $(if $(ONLY),--python $$ONLY)

# Two at a time: what needs test hosts, and the rest.
all-tests:
	@TOGETHER=1 $(MAKE) --no-print-directory --keep-going --jobs=2 on-hosts beside-hosts

# The fleet beside no other scenario, as its client counts requests.
on-hosts:
	@TOGETHER= $(MAKE) --no-print-directory --keep-going scenarios-but-the-fleet fleet faults-after-it

# The hosts of molecule wait for packages and for each other. What fills these gaps gives way to them: they have clocks, and gateways under load.
# The integration tests have clocks of their own: they give way less, and to the faults not at all.
beside-hosts:
	@TOGETHER= $(MAKE) --no-print-directory --keep-going beside-scenarios beside-fleet

scenarios-but-the-fleet:
	@$(MAKE) --no-print-directory molecule EXCEPT=fleet

fleet:
	@$(MAKE) --no-print-directory molecule SCENARIO=fleet

faults-after-it:
	@nice -n 10 $(MAKE) --no-print-directory faults

beside-scenarios:
	@nice -n 19 $(MAKE) --no-print-directory --keep-going lint unit verdict-matrix

beside-fleet:
	@nice -n 10 $(MAKE) --no-print-directory integration

# What test hosts have compiled serves the tests on this machine as well.
test: export GOCACHE := $(CURDIR)/.cache/hosts/go-build
test:  ## All tests, as CI runs them
	@rm -rf .cache/failed
	@$(MAKE) --no-print-directory all-tests || { cat .cache/failed/* 2>/dev/null; exit 1; }

docs:  ## All pages and the reference of the collection as a site, in .cache/site
	@scripts/setup test
	@$(NOX) --session docs

pins:  ## Pin the newest versions that requirements/*.in allow, with their hashes
	@scripts/setup test
	@$(NOX) --session pins

clean:  ## Remove everything that make created here
	rm -rf .venv .cache .build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Everything a fresh machine needs: Python 3.11 or 3.12, Node 20, make. No root, no database, no Docker.
#   make demo [PORT=8080] [DICOM=/some/folder] [HOST=0.0.0.0]   the whole product with examples
#   make test [ARGS=…]                           every check and test
#   make check | bench [NAME=receive] | install | screens

SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8080
VENV := .venv
PY := $(VENV)/bin/python
LOCK := $(if $(TEST),requirements-dev.lock,requirements.lock)
STAMP := $(VENV)/.$(basename $(LOCK)).stamp
export NUMBA_CACHE_DIR ?= $(CURDIR)/$(VENV)/numba
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_update_notifier := false

COMPILE := uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-header --no-annotate --python-version 3.11

WEB_SOURCES := $(shell find web/apps web/packages web/scripts -type f -not -path '*/node_modules/*' 2>/dev/null) \
	web/vite.config.ts web/tsconfig.json
KERNEL_SOURCES := $(shell find imaging -name '*.py')

.PHONY: help install demo test check format bench bench-viewer screens wheel lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

install: $(STAMP) bff/pages/.stamp $(VENV)/.kernels.stamp $(if $(TEST),miniprogram/node_modules/.stamp) ## environment, pages and compiled kernels

demo: install ## start everything with examples (PORT=, DICOM=, HOST=, DATA=, FAKE_WECHAT=1)
	@exec $(VENV)/bin/cloudfilm demo --port $(PORT) $(if $(HOST),--host "$(HOST)") $(if $(DATA),--data "$(DATA)") $(if $(DICOM),--dicom "$(DICOM)") $(if $(FAKE_WECHAT),--fake-wechat)

test: ## every check and test, on private servers (ARGS= goes to pytest)
	@exec tests/run.sh $(ARGS)

check: ## lint, formatting, types, import contracts
	@$(VENV)/bin/ruff check -q .
	@$(VENV)/bin/ruff format -q --check .
	@$(VENV)/bin/mypy
	@set -o pipefail; $(VENV)/bin/lint-imports --no-cache | tail -n 3
	@npm --prefix web run --silent typecheck
	@npm --prefix miniprogram run --silent typecheck

format: ## put imports and layout in order
	@$(VENV)/bin/ruff check -q --fix . ; $(VENV)/bin/ruff format -q .

bench: ## figures beside peers (NAME=receive)
	@$(MAKE) --no-print-directory install TEST=1
	@exec $(PY) -m bench $(NAME)

bench-viewer: ## the viewer beside Cornerstone3D, OHIF and dwv (QUICK=1: one round)
	@$(MAKE) --no-print-directory install TEST=1
	@exec $(PY) -m bench viewer $(if $(QUICK),--quick)

screens: ## the pictures in docs/screens, taken by the browser tests
	@$(MAKE) --no-print-directory install TEST=1
	@CLOUDFILM_SCREENS=docs/screens $(PY) -m pytest -q -m browser tests/flows tests/viewer

wheel: ## dist/*.whl with the built pages inside
	@$(MAKE) --no-print-directory install TEST=1
	@$(PY) -m pip wheel --quiet --no-deps --no-build-isolation -w dist .

lock: ## write the lock files anew (needs uv); the product gets the versions that the tests had
	@$(COMPILE) --group dev pyproject.toml -o requirements-dev.lock
	@$(COMPILE) -c requirements-dev.lock pyproject.toml -o requirements.lock

clean: ## remove what install made (never var/, the data)
	@rm -rf $(VENV) web/node_modules miniprogram/node_modules miniprogram/dist bff/pages dist

$(STAMP): $(LOCK) tools/environment.sh
	@tools/environment.sh $(VENV) $(LOCK)
	@touch $@

web/node_modules/.stamp: web/package-lock.json
	@tools/need_node.sh
	@echo "== 页面的依赖 / packages of the pages"
	@npm --prefix web ci --no-audit --no-fund --loglevel=error
	@touch $@

miniprogram/node_modules/.stamp: miniprogram/package-lock.json
	@tools/need_node.sh
	@echo "== 小程序的依赖 / packages of the mini-program"
	@npm --prefix miniprogram ci --no-audit --no-fund --loglevel=error
	@touch $@

bff/pages/.stamp: web/node_modules/.stamp $(WEB_SOURCES)
	@tools/need_node.sh
	@echo "== 构建页面 / building the pages"
	@npm --prefix web run --silent build
	@touch $@

$(VENV)/.kernels.stamp: $(STAMP) $(KERNEL_SOURCES)
	@echo "== 编译影像内核 / compiling the imaging kernels"
	@rm -rf "$(NUMBA_CACHE_DIR)" # numba does not see that an inlined callee has changed
	@$(VENV)/bin/cloudfilm warm
	@touch $@

# One command each. Every target builds the environment it needs inside this folder, once, and touches nothing else.
# ARGS=… is passed on; PYTHON=… names the Python to build with (3.11 or newer; found by itself otherwise).

ARGS ?=
PYTHON ?=
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast check bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: ## the whole story on this machine, in folders of its own
	@sh .ci/environment .venv-demo requirements.txt
	@.venv-demo/bin/offline-lrs demo $(ARGS)

test: test-environment ## every test
	@.venv-test/bin/python -m pytest $(ARGS)

test-fast: test-environment ## the tests that take milliseconds: under a minute in all
	@.venv-test/bin/python -m pytest -m "not slow" $(ARGS)

check: test-environment ## style, types, imports, spelling, dependencies
	.venv-test/bin/ruff check
	.venv-test/bin/ruff format --check
	.venv-test/bin/mypy
	.venv-test/bin/lint-imports --no-cache --no-logo
	.venv-test/bin/codespell
	.venv-test/bin/deptry .

bench: test-environment ## what it costs: figures of the hot paths
	@.venv-test/bin/python -m tests.bench $(ARGS)

# uv keeps the pins that still fit; ARGS=--upgrade takes the newest, ARGS="--upgrade-package NAME" one of them.
COMPILE = .venv-test/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock'
lock: test-environment ## write requirements*.txt anew from pyproject.toml
	$(COMPILE) pyproject.toml $(ARGS) --output-file requirements.txt
	$(COMPILE) pyproject.toml --all-extras --constraint requirements.txt $(ARGS) --output-file requirements-test.txt
	.venv-test/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(COMPILE) - $(ARGS) --output-file requirements-build.txt

clean: ## remove the environments and everything made by running
	rm -rf .venv-demo .venv-test build dist *.egg-info .*_cache .hypothesis .coverage .coverage.*
	find lrs launcher content_app tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: test-environment
test-environment:
	@sh .ci/environment .venv-test requirements-test.txt

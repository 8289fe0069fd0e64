# demo: a real application on the local cloud.  test: the whole suite.  lint: style, types.
# All of them make .venv themselves. `make demo-down` takes the demo away again.

PYTHON ?= python3
# Many tests wait for real processes: two workers a core keep the cores busy, and more only pay for clouds of their own.
WORKERS ?= $(shell expr 2 '*' $$(nproc 2>/dev/null || sysctl -n hw.ncpu))
VENV   := .venv
BIN    := $(VENV)/bin

# Tests start hundreds of Python processes: compiled once, not in each of them, whatever the environment says.
test: export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo demo-down test lint format clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.installed
	@$(BIN)/deployer demo

demo-down: $(VENV)/.installed
	@$(BIN)/deployer demo --down

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(PYTEST_FLAGS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: demo-down
	rm -rf $(VENV) .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "missing: Python 3.10 or newer.  Debian/Ubuntu: sudo apt-get install -y python3 python3-venv   macOS: brew install python"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "too old: $$($(PYTHON) --version), 3.10 or newer is needed; name another one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "missing: the venv module.  Debian/Ubuntu: sudo apt-get install -y python3-venv"; exit 1; }
	@echo "making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml $(VENV)/bin/python
	@echo "installing deployer into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/bin/python
	@echo "installing deployer and its test tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed

# The commands of the project. `make report` and `make test` need nothing but Python 3.11+ with pip (uv is used when it is there).
PYTHON ?= python3
MONTH ?= 2025-03
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
DBT_FILES := $(shell find dbt_project -type f -not -path '*/target/*' -not -path '*/logs/*' -not -name '.*' 2>/dev/null)

.PHONY: report test check format dev demo bench clean lock

report: $(VENV)/.ready  ## The statistics section of MONTH, from the embedded demo hall.
	@$(BIN)/yuebao report $(MONTH)

test: $(VENV)/.ready-dev  ## Every test.
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST)

check: $(VENV)/.ready-dev  ## Style, types, SQL style, and every test with coverage.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint dbt_project --disable-progress-bar
	@$(MAKE) --no-print-directory test PYTEST="--cov --cov-report=term"

format: $(VENV)/.ready-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/sqlfluff fix dbt_project --disable-progress-bar

dev: $(VENV)/.ready  ## Dagster's page on loopback.
	@$(BIN)/yuebao dev

demo: $(VENV)/.ready  ## The demo hall's systems, to look at by hand.
	@$(BIN)/yuebao demo

bench: $(VENV)/.ready-dev  ## Figures, as ratios measured in one run.
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.sql_pull

# State in var/ is never touched: what was landed or printed is kept.
clean:
	rm -rf $(VENV) .venv-bench dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock:  ## Resolve the dependencies anew (maintainers; needs uv).
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-strip-extras --universal --python-version 3.11 \
	  pyproject.toml --group build -o requirements.lock
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-strip-extras --universal --python-version 3.11 \
	  pyproject.toml --group build --group dev -c requirements.lock -o requirements-dev.lock

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	  || { echo "Yuebao needs Python 3.11, 3.12 or 3.13; $$($(PYTHON) --version) was found. Name another: make PYTHON=python3.11 ..."; exit 2; }
ifdef UV
	uv venv -q --python $(PYTHON) $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif

# $(1): the lock. Bytecode is compiled here, once, instead of at the first run.
ifdef UV
install = uv pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r $(1) && uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
else
install = $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1) && $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
endif

$(VENV)/.installed: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Setting up (once): installing locked packages ..."
	@$(call install,requirements.lock)
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "Setting up (once): installing the test tools ..."
	@$(call install,requirements-dev.lock)
	@touch $@

$(VENV)/.ready: $(VENV)/.installed $(DBT_FILES)
	@$(BIN)/python -m compileall -q orchestration expectations reports
	@$(BIN)/python -m orchestration.warehouse.dbt_manifest
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.installed-dev $(VENV)/.ready
	@touch $@

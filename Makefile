# The commands of the project. `make report` and `make test` need nothing but Python 3.11+ with pip.
PYTHON ?= python3
MONTH ?= 2025-03
# Of `make bench`: how often it measures; sites of its large hall, and of others for the curve; months that follow each
# other; and which of its parts it leaves out.
ROUNDS ?= 3
SITES ?= 205
SIZES ?= 20 1000 3200
MONTHS ?= 12
SKIP ?=
VENV := .venv
BIN := $(VENV)/bin
# A file's tests share what its fixtures built, so a file stays with one worker; the long ones begin (tests/conftest.py).
TEST := $(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder
DBT_FILES := $(shell find dbt_project -type f -not -path '*/target/*' -not -path '*/logs/*' -not -name '.*' 2>/dev/null)

.PHONY: report test proof mutants check format dev demo bench clean lock
# Two recipes at once would install into one environment.
.NOTPARALLEL:
# Containers often set it: every process would compile Dagster, dbt and Great Expectations anew.
unexport PYTHONDONTWRITEBYTECODE

# Where nobody has named an installation, the checkout is the demo hall's from now on, for other commands too.
ask_for_demo = test -n "$$YUEBAO_HALL$$YUEBAO_INSTALLATION" || test -e installation.toml || echo 'hall = "demo"' > installation.toml

report: $(VENV)/.ready  ## The statistics section of MONTH, from the embedded demo hall.
	@$(ask_for_demo)
	@$(BIN)/yuebao report $(MONTH)

test: $(VENV)/.ready-dev  ## Every test but the proofs.
	$(TEST) $(PYTEST)

proof: $(VENV)/.ready-dev  ## What takes too long for every change: long simulations, many kills and flips, big sizes.
	$(TEST) -m proof $(PYTEST)

mutants: $(VENV)/.ready-dev  ## Plants mistakes in the modules of tests/mutants/modules.toml; their tests have to notice nine of ten.
	@$(BIN)/python -m tests.mutants $(MODULES)

# Types take one core for two minutes, and tests wait now and then.
check: $(VENV)/.ready-dev  ## Style, types, import rules, SQL style, and every test with coverage.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/sqlfluff lint dbt_project --processes 2 --disable-progress-bar
	@$(BIN)/mypy & types=$$!; failed=; \
	  $(MAKE) --no-print-directory test PYTEST="--cov --cov-report=term" || failed="$$failed tests"; \
	  wait $$types || failed="$$failed types"; \
	  test -z "$$failed" || { echo "make check: failed:$$failed"; exit 1; }

format: $(VENV)/.ready-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/sqlfluff fix dbt_project --disable-progress-bar

dev: $(VENV)/.ready  ## Dagster's page on loopback.
	@$(ask_for_demo)
	@$(BIN)/yuebao dev

demo: $(VENV)/.ready  ## The demo hall's systems, to look at by hand.
	@$(BIN)/yuebao demo

bench: $(VENV)/.ready-dev  ## Figures, as ratios measured in one run: docs/bench.md and its plot.
	@$(BIN)/python -m tests.bench --rounds $(ROUNDS) --sites $(SITES) --sizes $(SIZES) --months $(MONTHS) --skip $(SKIP) --keep docs

# State in var/ is never touched: what was landed or printed is kept.
clean:
	rm -rf $(VENV) .venv-bench-* dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .mutants .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

compile_lock = $(BIN)/uv pip compile -q --generate-hashes --no-emit-index-url --no-header --no-strip-extras --universal --python-version 3.11
lock: $(VENV)/.uv  ## Resolve the dependencies anew (maintainers).
	$(compile_lock) --group set-up -o requirements-set-up.lock
	$(compile_lock) pyproject.toml --group build -o requirements.lock
	$(compile_lock) pyproject.toml --extra spark --group build -c requirements.lock -o requirements-spark.lock
	$(compile_lock) pyproject.toml --extra spark --group build --group dev -c requirements.lock -o requirements-dev.lock
	$(compile_lock) reports/semantic/requirements.in -c requirements-dev.lock -o reports/semantic/files/requirements.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
	  || { echo "Yuebao needs Python 3.11, 3.12 or 3.13; $$($(PYTHON) --version) was found. Name another: make PYTHON=python3.11 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

pip_install = $(BIN)/python -m pip install -q --disable-pip-version-check

# uv installs the same lock with a tenth of pip's work. Where no index has it, pip does.
$(VENV)/.uv: requirements-set-up.lock | $(VENV)/bin/python
	@$(pip_install) --require-hashes -r $< || echo "uv isn't to be had here; pip installs, which takes longer"
	@touch $@

# $(1): the lock; $(2): whether its bytecode is compiled now or when first imported. uv asks the index that pip would ask.
uv_install = test -x $(BIN)/uv && UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}}" \
  $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r $(1) $(if $(2),--compile-bytecode)
install = { $(call uv_install,$(1),$(2)) || $(pip_install) --require-hashes -r $(1) $(if $(2),,--no-compile); } \
  && $(pip_install) --no-deps --no-build-isolation -e .

$(VENV)/.installed: requirements.lock pyproject.toml $(VENV)/.uv
	@echo "Setting up (once): installing locked packages ..."
	@$(call install,requirements.lock,compiled)
	@touch $@

# The lock of the test tools holds the other one whole. What tests never import isn't worth compiling.
$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml $(VENV)/.uv
	@echo "Setting up (once): installing locked packages and the test tools ..."
	@$(call install,requirements-dev.lock)
	@touch $(VENV)/.installed $@

$(VENV)/.ready: $(VENV)/.installed $(DBT_FILES)
	@$(BIN)/python -m compileall -q orchestration expectations reports
	@$(BIN)/python -m orchestration.warehouse.dbt_manifest
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.installed-dev $(VENV)/.ready
	@touch $@

# Two commands for a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
# Both make their own virtual environment in .venv; nothing else is touched.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test bench lint types docs site schema pages golden campaign dist clean

demo: $(VENV)/demo-installed
	$(BIN)/simenv run shutdown_sabotage --condition instruction=none,allow --seeds 0:500 --quiet --out runs/demo
	@$(BIN)/simenv table runs/demo --published --system o3
	@echo
	@echo "Report: runs/demo/report.html (open it in a browser). One episode: $(BIN)/simenv show runs/demo/none.user.neutral.on_request.midway.0"

test: $(VENV)/dev-installed
	$(BIN)/python -m pytest -n auto --dist worksteal tests

bench: $(VENV)/dev-installed
	$(BIN)/python -m pytest tests/benchmarks -o addopts= -q -s

lint: $(VENV)/dev-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tests/vocabulary.py

types: $(VENV)/dev-installed
	$(BIN)/mypy

docs: $(VENV)/dev-installed
	$(BIN)/python -m pytest -n 0 --doctest-modules simenv agents analysis --ignore simenv/shell/python/guest -q

campaign: $(VENV)/dev-installed
	$(BIN)/python -m pytest -m slow -q

site: $(VENV)/docs-installed
	$(BIN)/python docs/site/stage.py build/site/source
	@rm -rf build/site/html
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going -c docs/site build/site/source build/site/html
	@echo "Open build/site/html/index.html in a browser."

schema: $(VENV)/dev-installed
	$(BIN)/simenv schema > worlds/world.schema.json
	$(BIN)/simenv schema --experiment > worlds/experiment.schema.json

pages: $(VENV)/dev-installed
	PYTHONPATH=. $(BIN)/python tests/journal_use.py
	PYTHONPATH=. $(BIN)/python tests/command_table.py
	PYTHONPATH=. $(BIN)/python tests/field_table.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "simenv needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 demo")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/demo-installed: $(VENV)/bin/python pyproject.toml
	@echo "Installing simenv into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/dev-installed: $(VENV)/bin/python pyproject.toml
	@echo "Installing simenv and its development tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/demo-installed

$(VENV)/docs-installed: $(VENV)/bin/python pyproject.toml
	@echo "Installing simenv and its documentation tools into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@ $(VENV)/demo-installed

golden: $(VENV)/dev-installed
	$(BIN)/python tests/test_golden.py

dist: $(VENV)/dev-installed
	$(BIN)/python -m hatchling build

clean:
	rm -rf $(VENV) runs build .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks

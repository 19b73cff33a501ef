# make demo and make test set up all they need in .venv; PYTHON chooses the interpreter.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest

.PHONY: demo test test-long lint bench schemas clean

demo: $(VENV)/installed
	@$(BIN)/python examples/demo.py

test: $(VENV)/installed
	$(PYTEST) -n 2 --dist loadfile

test-long: $(VENV)/installed
	HYPOTHESIS_PROFILE=long $(PYTEST) -n 2 --dist loadfile

lint: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed
	$(BIN)/python benchmarks/export.py

schemas: $(VENV)/installed
	$(BIN)/python -m specc.language.json_schema > schemas/specc.v1.schema.json

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	|| { echo "specc with TensorFlow needs Python 3.11 to 3.13; say which: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "setting up $(VENV) (TensorFlow is about 250 MB)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[tensorflow-cpu,dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist

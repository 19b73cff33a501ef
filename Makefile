# make demo and make test set up all they need in .venv, and make test-jax in .venv-jax. PYTHON chooses the interpreter, by default the first suitable one.
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13; do \
	"$$python" -c '$(FITS)' 2>/dev/null && echo "$$python" && break; done)
VENV := .venv
VENV_JAX := .venv-jax
VENV_ARTEFACTS := .venv-artefacts
VENV_BROWSER := .venv-browser
BIN := $(VENV)/bin
# A worker takes a file at a time, in the order of tests/conftest.py: the longest first.
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder
PYTEST := $(BIN)/python -m pytest

.PHONY: demo test test-jax test-artefacts test-browser test-matrix test-long lint bench schemas docs clean

demo: $(VENV)/installed
	@$(BIN)/python examples/demo.py

test: $(VENV)/installed
	$(PYTEST) $(WORKERS)

# Keras runs on one backend a process, and JAX is installed in no other environment.
test-jax: $(VENV_JAX)/installed
	KERAS_BACKEND=jax $(VENV_JAX)/bin/python -m pytest $(WORKERS) tests/jax_backend

test-artefacts: $(VENV_ARTEFACTS)/installed
	$(VENV_ARTEFACTS)/bin/python -m pytest tests/third_parties

# Outside of make test: it needs Chromium, and says so where there is none.
test-browser: $(VENV_BROWSER)/installed
	$(VENV_BROWSER)/bin/python -m pytest tests/browser

# Outside of make test: environments of other versions, about 6 GB. Those whose Python is missing are skipped.
test-matrix: $(VENV)/installed
	$(BIN)/python tests/matrix/environments.py
	$(PYTEST) -n 2 --dist loadfile tests/matrix

test-long: $(VENV)/installed
	HYPOTHESIS_PROFILE=long $(PYTEST) $(WORKERS)

lint: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed
	$(BIN)/python benchmarks/export.py

schemas: $(VENV)/installed
	$(BIN)/specc schema document > schemas/specc.v1.schema.json
	$(BIN)/specc schema findings > schemas/specc-findings.v1.schema.json

docs: $(VENV)/installed
	$(BIN)/python -m specc.rules.reference > docs/rules.md
	$(BIN)/python -m specc.cli.reference docs

$(VENV)/installed: pyproject.toml tests/models.txt
	@"$(PYTHON)" -c '$(FITS)' 2>/dev/null \
	|| { echo "specc with TensorFlow needs Python 3.11 to 3.13 with venv; say which: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "setting up $(VENV) (TensorFlow is about 250 MB)"
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[tensorflow-cpu,dev,models]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/models.txt
	@touch $@

$(VENV_JAX)/installed: pyproject.toml
	@"$(PYTHON)" -c '$(FITS)' 2>/dev/null \
	|| { echo "specc with TensorFlow needs Python 3.11 to 3.13 with venv; say which: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "setting up $(VENV_JAX) (TensorFlow and JAX are about 400 MB)"
	@"$(PYTHON)" -m venv $(VENV_JAX)
	@$(VENV_JAX)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[tensorflow-cpu,jax,test]'
	@touch $@

$(VENV_ARTEFACTS)/installed: pyproject.toml
	@echo "setting up $(VENV_ARTEFACTS) (TensorFlow is about 250 MB)"
	@"$(PYTHON)" -m venv $(VENV_ARTEFACTS)
	@$(VENV_ARTEFACTS)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[artefacts]'
	@# It names the large build of TensorFlow as a requirement, and needs either.
	@$(VENV_ARTEFACTS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps tensorflow-serving-api==2.21.0
	@touch $@

$(VENV_BROWSER)/installed: pyproject.toml
	@echo "setting up $(VENV_BROWSER)"
	@"$(PYTHON)" -m venv $(VENV_BROWSER)
	@$(VENV_BROWSER)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[browser]'
	@touch $@

clean:
	rm -rf $(VENV) $(VENV_JAX) $(VENV_ARTEFACTS) $(VENV_BROWSER) .venv-matrix build dist tests/editor/node_modules tests/third_parties/node_modules

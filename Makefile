# make demo and make test set up all they need in .venv, and make test-jax in .venv-jax. PYTHON chooses the interpreter, by default the first suitable one.
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for python in python3 python3.11 python3.12 python3.13; do \
	"$$python" -c '$(FITS)' 2>/dev/null && echo "$$python" && break; done)
define REQUIRE_PYTHON
@"$(PYTHON)" -c '$(FITS)' 2>/dev/null \
|| { echo "specc with TensorFlow needs Python 3.11 to 3.13 with venv; say which: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
endef
VENV := .venv
VENV_JAX := .venv-jax
VENV_ARTEFACTS := .venv-artefacts
VENV_BROWSER := .venv-browser
VENV_CONSUMERS := .venv-consumers
VENV_TFX := .venv-consumers-tfx
BIN := $(VENV)/bin
# A worker takes a file at a time, in the order of tests/conftest.py: the longest first.
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder
PYTEST := $(BIN)/python -m pytest

.PHONY: demo test test-jax test-artefacts test-browser test-consumers test-matrix test-long lint bench schemas docs clean

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

# Outside of make test: runtimes of others take archives. It says what is not there: a compiler, or node and npm.
test-consumers: $(VENV_CONSUMERS)/installed $(VENV_TFX)/installed $(VENV_JAX)/installed
	$(VENV_CONSUMERS)/bin/python -m pytest -n 2 tests/consumers
	$(VENV_TFX)/bin/python -m pytest tests/consumers
	KERAS_BACKEND=jax JAX_ENABLE_X64=1 $(VENV_JAX)/bin/python -m pytest tests/consumers

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
	$(BIN)/python benchmarks/results.py

schemas: $(VENV)/installed
	$(BIN)/specc schema document > schemas/specc.v1.schema.json
	$(BIN)/specc schema findings > schemas/specc-findings.v1.schema.json

docs: $(VENV)/installed
	$(BIN)/python -m specc.rules.reference > docs/rules.md
	$(BIN)/python -m specc.cli.reference docs

$(VENV)/installed: pyproject.toml tests/models.txt
	$(REQUIRE_PYTHON)
	@echo "setting up $(VENV) (TensorFlow is about 250 MB)"
	@"$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[tensorflow-cpu,dev,models]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/models.txt
	@touch $@

$(VENV_JAX)/installed: pyproject.toml
	$(REQUIRE_PYTHON)
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

$(VENV_CONSUMERS)/installed: pyproject.toml tests/consumers/converters.txt
	$(REQUIRE_PYTHON)
	@echo "setting up $(VENV_CONSUMERS) (TensorFlow is about 250 MB)"
	@"$(PYTHON)" -m venv $(VENV_CONSUMERS)
	@$(VENV_CONSUMERS)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[consumers]'
	@$(VENV_CONSUMERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/consumers/converters.txt
	@touch $@

$(VENV_TFX)/installed: pyproject.toml
	$(REQUIRE_PYTHON)
	@echo "setting up $(VENV_TFX) (TensorFlow and Beam are about 350 MB)"
	@"$(PYTHON)" -m venv $(VENV_TFX)
	@$(VENV_TFX)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[consumers-tfx]'
	@# They name the large build of TensorFlow as a requirement, and need either.
	@$(VENV_TFX)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps tfx-bsl==1.21.0 tensorflow-serving-api==2.19.1
	@touch $@

clean:
	rm -rf $(VENV) $(VENV_JAX) $(VENV_ARTEFACTS) $(VENV_BROWSER) $(VENV_CONSUMERS) $(VENV_TFX) .venv-matrix build dist tests/editor/node_modules tests/third_parties/node_modules tests/consumers/node_modules

# Only make and Python 3.10 or newer have to be there: every target sets up what it needs in .venv.
#
#   make test PYTHON=python3.12     choose the interpreter of a new .venv
#   make test BIN=.venv/Scripts     on Windows
#   make regen FTRACK_SERVER=https://studio.example PACKAGE=studio_entities OUT=src

.POSIX:
.SUFFIXES:

PYTHON ?= python3.11
VENV = .venv
BIN = $(VENV)/bin
PACKAGE = studio_entities
OUT = generated
JOBS ?= 2
PYTESTFLAGS =
FLAGS =

# A studio's PYTHONPATH must not reach in.
RUN = env -u PYTHONPATH -u PYTHONHOME $(BIN)/python
READY = $(VENV)/.installed

help:
	@echo "make demo    the whole product at work on a local server"
	@echo "make regen   regenerate the stock entities; with FTRACK_SERVER set, that server's into OUT/PACKAGE"
	@echo "make test    all tests"
	@echo "make check   lint, formatting, types, import directions, generated files current"
	@echo "make bench   measure what things cost, beside the existing client; FLAGS=\"--only NAME\" for some of it"
	@echo "make docs    check the documentation: links, commands, examples"
	@echo "make clean   remove everything that make made"

# A failed or foreign .venv is made anew. Settings of pip that would install elsewhere are switched off;
# indexes, certificates and proxies stay as they are configured.
$(READY): pyproject.toml
	@$(BIN)/python -c "import sys; sys.exit(sys.version_info < (3, 10))" 2>/dev/null || { \
	    rm -rf $(VENV); \
	    for python in $(PYTHON) python3 python; do \
	        if $$python -c "import sys; sys.exit(sys.version_info < (3, 10))" 2>/dev/null; then \
	            echo "Making $(VENV) with $$($$python --version)"; \
	            env -u PYTHONPATH -u PYTHONHOME $$python -m venv $(VENV) && break || exit 1; \
	        fi; \
	    done; \
	    test -d $(VENV) || { echo "Python 3.10 or newer is needed; name it with make PYTHON=…" >&2; exit 1; }; \
	}
	@echo "Installing ftrack-typed and its development tools in $(VENV)"
	@unset PIP_TARGET PIP_PREFIX PIP_ROOT PIP_NO_DEPS; \
	    PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_DRY_RUN=0 PIP_DISABLE_PIP_VERSION_CHECK=1 \
	    $(RUN) -m pip install --quiet --editable ".[dev]"
	@touch $(READY)

demo: $(READY)
	@$(RUN) examples/demo.py

regen: $(READY)
	@if [ -n "$${FTRACK_SERVER:-}" ]; then \
	    $(RUN) -m ftrack_typed regen --package "$(PACKAGE)" --out "$(OUT)"; \
	else \
	    $(RUN) tools/regenerate_stock.py; \
	fi

test: $(READY)
	@$(RUN) -m pytest -q -n $(JOBS) --dist loadfile $(PYTESTFLAGS)

check: $(READY)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m pyright
	env -u PYTHONPATH -u PYTHONHOME $(BIN)/lint-imports
	$(RUN) tools/regenerate_stock.py --check
	$(RUN) tools/build_expressions.py --check

bench: $(READY)
	@$(RUN) -m benchmarks $(FLAGS)

docs: $(READY)
	@$(RUN) -m pytest -q tests/house/test_documentation.py

clean:
	rm -rf $(VENV) .venv-peer* .node .clients.lock .tox .demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis \
	    .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help demo regen test check bench docs clean

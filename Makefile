# `make run` opens the studio, `make test` passes the tests; each sets itself up first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# What Qt needs from the system: to draw at all, and to open real X windows.
APT_QT := libgl1 libegl1 libglib2.0-0 libxkbcommon0 libfontconfig1 libdbus-1-3 \
  libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0
APT_TEST := xvfb xauth

.PHONY: run test check bench fuzz format system-run system-test clean

run: $(VENV)/.run system-run
	@$(BIN)/latentstudio open

test: $(VENV)/.test system-test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

# New examples for the tests of properties, a thousand each; a failure names what reproduces it.
fuzz: $(VENV)/.test system-test
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m hypothesis --hypothesis-profile fuzz

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# A script that needs arguments says so (exit code 2) and is passed over.
bench: $(VENV)/.test
	@for f in tests/benchmarks/bench_*.py; do echo "== $$f"; $(BIN)/python $$f || [ $$? = 2 ] || exit 1; done

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# --- set-up -----------------------------------------------------------------------------------

define need_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "latentstudio needs Python 3.11 or newer; say which: make PYTHON=python3.12 $@"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; \
	  else echo "Python's venv module is missing: sudo apt-get install python3-venv"; exit 1; fi; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
endef

$(VENV)/.run: pyproject.toml constraints.txt
	$(need_venv)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt
	$(need_venv)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.run

# Installs the system's libraries when root on Debian or Ubuntu; otherwise prints the one line.
define need_packages
	@command -v dpkg-query >/dev/null || exit 0; \
	missing=""; for p in $(1); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends $$missing >/dev/null || \
	    echo "could not install:$$missing (going on without)"; \
	else echo "Qt needs system libraries: sudo apt-get install --no-install-recommends$$missing"; fi
endef

system-run:
	$(call need_packages,$(APT_QT))

system-test:
	$(call need_packages,$(APT_QT) $(APT_TEST))

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

# SPDX-License-Identifier: GPL-2.0-only
# On a fresh Debian 12 or 13 with git, make and python3:
#
#   make series     set-up and the main job: outgoing/0000-cover-letter.patch …
#   make check      set-up and every test
#   make check-full every commit of the series in every cell, and booted; installs cross compilers
#   make drift      the conversion on COUNT files that drifted; prints how many came out right
#   make bench      what series and check cost, as ratios
#   make fuzz       check and lint on texts made up, SECONDS=600 each with Hypothesis, atheris
#   make clean      remove what was made here; the kernel cache stays
#
# Variables: KERNEL=path of your own tree (git or plain), CONVERSION=name or directory,
# SERIES_FLAGS=more options of 'zpconvert series', OUT=output directory, SECONDS of each fuzzer.

CONVERSION = zsmalloc
KERNEL =
COUNT = 300
SERIES_FLAGS =
OUT = outgoing
SECONDS = 600

VENV = .venv
BIN = $(VENV)/bin
PYTHON3 = python3

# As root there may be no sudo, and it is not needed.
AS_ROOT = $$([ "$$(id -u)" = 0 ] || echo sudo) env DEBIAN_FRONTEND=noninteractive

.PHONY: series check check-full bench fuzz clean

series: $(VENV)/.ready
	@tree='$(KERNEL)'; [ "$$tree" ] || tree=$$($(BIN)/zpconvert kernel) || exit; \
	$(BIN)/zpconvert series '$(CONVERSION)' --tree "$$tree" -o '$(OUT)' --validate quick $(SERIES_FLAGS)

check: $(VENV)/.ready-test
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadfile

# What the cells need is in zpconvert/kernel/cells.toml.
check-full: check
	packages=$$($(BIN)/python -c 'from zpconvert.kernel.cells import matrix; \
	  print(*sorted({c.package for c in matrix("full") if c.package}))') && \
	$(AS_ROOT) apt-get -q install -y --no-install-recommends $$packages
	tree='$(KERNEL)'; [ "$$tree" ] || tree=$$($(BIN)/zpconvert kernel) || exit; \
	$(BIN)/zpconvert series '$(CONVERSION)' --tree "$$tree" -o build/full --signoff && \
	$(BIN)/zpconvert validate build/full --tree "$$tree" --matrix full --boot

# Each file: every commit compiled, the object code of the retyped file compared (3 s or so).
drift: $(VENV)/.ready-test
	$(BIN)/python -m tests.drift.run '$(COUNT)'

bench: $(VENV)/.ready-test
	$(BIN)/python -m tests.bench.run

fuzz: $(VENV)/.ready-test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[fuzz]'
	for verb in check lint; do for engine in hypothesis atheris; do \
	  $(BIN)/python -m tests.fuzz.$$verb $$engine $(SECONDS) || exit; done; done

clean:
	rm -rf $(VENV) build dist outgoing .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

# Python's part: a virtual environment, brought up to date when setup.cfg changes. On
# Debian the module venv lacks ensurepip until python3-venv is installed.
$(VENV)/.stamp: setup.cfg pyproject.toml
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON3) is older than 3.11; pass PYTHON3=…" >&2; exit 2; }
	@$(PYTHON3) -c 'import ensurepip, venv' 2>/dev/null || \
	  { command -v apt-get >/dev/null || \
	      { echo "Python's venv module is missing; install it" >&2; exit 2; }; \
	    apt-cache show python3-venv >/dev/null 2>&1 || $(AS_ROOT) apt-get -q update; \
	    $(AS_ROOT) apt-get -q install -y --no-install-recommends python3-venv || \
	      { $(AS_ROOT) apt-get -q update && \
	        $(AS_ROOT) apt-get -q install -y --no-install-recommends python3-venv; }; }
	$(PYTHON3) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

# The machine's part: Debian packages by name, or the list of what is missing elsewhere.
$(VENV)/.ready: $(VENV)/.stamp
	$(BIN)/zpconvert doctor --install
	@touch $@

$(VENV)/.ready-test: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

# Two commands do everything: `make run` and `make test`. The work is in tools/, this file only names it.

# A version manager may offer a name that does not run, so each is tried.
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
VENV = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run check test torture bench lint format translations requirements clean python venv

help:
	@echo "make run           start the portal with demo data (PORT, SANDBOX_PORT, DATA_DIR, DATABASE_URL, BITTITAN_URL …)"
	@echo "make check         style, floors and the tests of what changed since the branch left main: less than a minute"
	@echo "make test          check everything: style, migrations, all tests on SQLite and PostgreSQL, and in a browser"
	@echo "make torture       the long proof: takes hours (AMOUNT=0.1 for a tenth, SEED=7, ONLY=mutants, DATABASE=postgresql)"
	@echo "make bench         measure the portal beside other tools (SIZES, DATABASES, QUICK=1, RECORD=1 …; bench/README.md)"
	@echo "make lint          check style and formatting only"
	@echo "make format        mend what lint can mend by itself"
	@echo "make translations  bring the catalogues in portal/translations up to date, and list what is not translated"
	@echo "make requirements  compile the two hashed lists anew from requirements.in and requirements-dev.in"
	@echo "make clean         remove .venv and caches; the data in var/ stays"

# `exec`, so that a signal for make's child reaches the script itself.
run: python
	@exec "$(PYTHON)" tools/run.py

test: venv
	@exec $(VENV) tools/test.py

check: venv
	@exec $(VENV) tools/check.py

torture: venv
	@exec $(VENV) tools/torture.py $(if $(AMOUNT),--amount $(AMOUNT)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only '$(ONLY)') $(if $(DATABASE),--database $(DATABASE))

bench: venv
	@exec $(VENV) -m bench

lint: venv
	@$(VENV) -m ruff check . && $(VENV) -m ruff format --check .

format: venv
	@$(VENV) -m ruff check --fix . && $(VENV) -m ruff format .

translations: venv
	@exec $(VENV) tools/translations.py

requirements: venv
	@exec $(VENV) tools/requirements.py

clean:
	rm -rf .venv bench/.venv bench/.data .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv: python
	@"$(PYTHON)" tools/install.py requirements-dev.txt

python:
	@command -v "$(PYTHON)" >/dev/null || { echo "The portal needs Python 3.11 or newer, which was not found." >&2; exit 1; }
	@"$(PYTHON)" tools/check_python.py

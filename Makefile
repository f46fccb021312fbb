# Two commands are enough: `make run` and `make test`. `make help` lists the others.
PYTHON ?= python3
IN := .venv/bin/python
export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export PYTHONWARNINGS := ignore
export PYTHONUNBUFFERED := 1

.PHONY: help run test train check bench evaluate check-knowledge lock environment environment-dev

help:            ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 – /p' Makefile

run: train       ## set everything up and serve http://localhost:5005/chat/
	@exec $(IN) -m reinstate.serve

train: environment  ## train if data, knowledge, domain or pipeline changed
	@$(IN) -m reinstate.train

test: environment-dev  ## all tests, with the browser's
	@$(IN) setup/browser.py
	@$(IN) -m reinstate.train
	@$(IN) -m pytest

check: environment-dev  ## style, types, data and knowledge
	@$(IN) -m ruff check .
	@$(IN) -m ruff format --check .
	@$(IN) -m mypy
	@$(IN) -m reinstate.knowledge
	@$(IN) -m reinstate.train --validate

bench: environment-dev  ## speed, load and memory beside Rasa's starter bot
	@$(IN) -m bench $(ARGS)

evaluate: train environment-dev  ## how well messages are read; ARGS=--final opens the sealed set
	@$(IN) -m bench.evaluate $(ARGS)

check-knowledge: environment  ## every mistake in knowledge/, with file and line
	@$(IN) -m reinstate.knowledge

lock: environment  ## write the requirement files anew from the .in files
	@for name in requirements requirements-dev; do \
	  uv pip compile --quiet --universal --python-version 3.10 --override overrides.txt --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" \
	    $$name.in -o $$name.txt; done

environment:
	@$(PYTHON) setup/environment.py

environment-dev:
	@$(PYTHON) setup/environment.py --dev

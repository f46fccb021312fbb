# Two commands are enough: `make run` and `make test`. `make help` lists the others.

PYTHON ?= python3
IN := .venv/bin/python

export RASA_TELEMETRY_ENABLED := false
export TF_CPP_MIN_LOG_LEVEL := 3
export SQLALCHEMY_SILENCE_UBER_WARNING := 1
export PYTHONUNBUFFERED := 1
# Without byte code, Rasa and TensorFlow take 11 s to import instead of 4. Empty is unset.
export PYTHONDONTWRITEBYTECODE :=

MAKEFLAGS += --no-builtin-rules --no-print-directory
.NOTPARALLEL:
.PHONY: help run train test test-fast soak check check-knowledge check-widget \
  doctor preview report review bench evaluate lock clean environment dev

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS="$$(printf '\t')" read -r name does; do \
	  printf '  make %-16s %s\n' "$$name" "$$does"; done

run: train  ## set everything up and serve http://localhost:5005/chat/ (PORT=5006 for another)
	@exec $(IN) -m reinstate.server.app

train: environment  ## train the model if data, knowledge, domain or pipeline changed
	@$(IN) -m reinstate.train

# What libraries say about each other is nothing to a person who starts the bot. Tests still see it.
run train doctor preview report review: export PYTHONWARNINGS := ignore

test: dev  ## all tests, the browser's too; ARGS="tests/unit -x" for some
	@$(IN) setup/browser.py
	@$(IN) -m reinstate.train
	@exec env CHROMIUM="$$($(IN) setup/browser.py 2>/dev/null)" $(IN) -m pytest $(ARGS)

test-fast: dev train  ## the quick ones, without doors, browser and databases: unit, nlu, scenarios
	@exec $(IN) -m pytest tests/unit tests/nlu tests/conversations/test_scenarios.py $(ARGS)

soak: dev train  ## load and length: what `make test` leaves out or tries a little
	@$(IN) setup/browser.py
	@exec env SOAK=1 CHROMIUM="$$($(IN) setup/browser.py 2>/dev/null)" $(IN) -m pytest -m "soak or longer" $(ARGS)

check: dev  ## style, types, knowledge and training data
	$(IN) -m ruff check .
	$(IN) -m ruff format --check .
	$(IN) -m mypy
	$(IN) -m reinstate.knowledge
	$(IN) -m reinstate.train --validate
	@$(MAKE) check-widget

check-knowledge: environment  ## every mistake in knowledge/, with file and line
	@$(IN) -m reinstate.knowledge

# It says what is wrong with the environment as well, so it mends none.
doctor:  ## what can stop or spoil a start, a line each with its mend
	@test -x $(IN) || { echo "packages: there is no .venv here: \`make run\` makes it"; exit 1; }
	@exec $(IN) -m reinstate.operator.doctor

# What is given here reaches the command by the environment, so that no shell reads it as its own words.
preview: environment  ## what the bot says about a cause, look-alike or answer: CAUSE=paid_outside
	@exec $(IN) -m reinstate.operator.preview "$$CAUSE"

report: environment  ## counts of the last 30 days, DAYS=7 for others: doors, causes, verdicts, opinions
	@exec $(IN) -m reinstate.operator.report "$$DAYS"

review: environment  ## the turns that went badly, for editors; at most 50, MOST=200 for more
	@exec $(IN) -m reinstate.operator.review "$$MOST"

# Types by TypeScript, and that the oldest supported browsers have all that is used. Running the bot needs no node.
check-widget:  ## types and browsers of the widget; needs node 20 and npm
	@if command -v npm >/dev/null; then \
	  cd widget && { cmp -s package-lock.json node_modules/.checked || { npm ci --silent && cp package-lock.json node_modules/.checked; }; } && npm run --silent check; \
	elif [ -n "$$CI" ]; then echo "error: the widget's types need node and npm" >&2; exit 1; \
	else echo "not checked: the widget's types and browsers, for there is no npm here"; fi

bench: dev train  ## speed, load and memory beside Rasa's starter bot
	@$(IN) -m bench $(ARGS)

evaluate: dev train  ## how well messages are read; ARGS=--final opens the sealed set
	@$(IN) -m bench.evaluate $(ARGS)

lock:  ## write the requirement files anew from the .in files; ARGS=--upgrade for newer versions
	$(call set-up,--lock -- $(ARGS))

clean:  ## remove what was built: environment, model, caches; conversations in var/ stay
	rm -rf .venv .tools models .rasa .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	$(call set-up-if-needed)

dev:
	$(call set-up-if-needed,--dev)

# Every long command replaces its shell (exec), so that a TERM to `make` reaches it.
# PYENV_DIR: .python-version is for `.venv`. Any Python sets up, also where pyenv lacks that one.
define set-up
@$(call is-there); exec env PYENV_DIR=/ $(PYTHON) setup/environment.py $(1)
endef
# The environment itself is asked first whether it is right: a shim in PYTHON's place may be slow.
define set-up-if-needed
@$(IN) -IS setup/environment.py --check $(1) 2>/dev/null || { \
  $(call is-there); exec env PYENV_DIR=/ $(PYTHON) setup/environment.py $(1); }
endef
is-there = command -v $(PYTHON) >/dev/null || { echo "error: there is no $(PYTHON) here:" \
  "install Python 3.8 or newer, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python" >&2; exit 1; }

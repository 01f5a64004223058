# Everything happens in .venv, made at the first call.
# The user's own index and proxy settings of pip are used.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
PLUGINS := .venv/.plugins
COMPILED := .venv/.compiled

# librosa compiles its functions when they are first used: once, before processes work side by side
define COMPILE
import librosa
from patchwright.experiments.recordings.recording import read_recording
note = read_recording("experiments/targets/trumpet_c4.flac")
librosa.power_to_db(librosa.feature.melspectrogram(y=note.audio[0], sr=note.sr))
librosa.feature.mfcc(y=note.audio[0], sr=note.sr)
endef
export COMPILE

.DEFAULT_GOAL := help
.PHONY: help match mono-benchmark poly-benchmark test test-long check lint links imports build-image run-image-interactive bench bench-recordings bench-search bench-portfolio bench-prior bench-free bench-ranking bench-hearing bench-studio bench-assisted bench-effects compare-neural screenshot clean train-builtin

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

# mypy and import-linter do not read the finder of an editable installation: the package as links
TYPES := .venv/types/patchwright
PACKAGES := synths objectives search surrogates experiments

# pip leaves compiling to the first import, which needs a fraction of what is installed and keeps it
unexport PYTHONDONTWRITEBYTECODE
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt
EXTRAS := dawdreamer lv2 vital onnx clap jtfs qd postgresql dask studio hardware
comma := ,

$(STAMP): pyproject.toml setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv .venv
	$(PIP) -e .
	touch $(STAMP)

$(COMPILED): $(STAMP)
	$(BIN)/python -c "$$COMPILE"
	touch $(COMPILED)

# an extra that cannot be installed for this Python leaves its tests out, and they say so
$(PLUGINS): $(STAMP) tests/install_plugins.sh
	@tests/install_plugins.sh
	@$(PIP) -e '.[test,$(subst $() ,$(comma),$(EXTRAS))]' || { $(PIP) -e '.[test]' && \
		for extra in $(EXTRAS); do $(PIP) -e ".[$$extra]" || \
			echo "tests of $$extra will be skipped: it cannot be installed"; done; }
	touch $(PLUGINS)

match: $(COMPILED) ## match a recorded trumpet with the built-in synth; ends with a report
	$(BIN)/patchwright run experiments/configs/quickstart.yaml

SYNTH ?= subtractive
ADDRESS = $(if $(filter amsynth,$(SYNTH)),vst2:amsynth_vst,$(SYNTH))
LOCK ?= $(if $(findstring amsynth,$(SYNTH)),amsynth-32)$(if $(findstring ital,$(SYNTH)),vital-48)

BENCHMARK = runs/$*-$(subst :,-,$(notdir $(SYNTH)))

mono-benchmark poly-benchmark: %-benchmark: $(if $(filter subtractive,$(SYNTH)),$(STAMP),$(PLUGINS))
	$(BIN)/patchwright run experiments/configs/suites/$*.yaml --set synth.name=$(ADDRESS) \
		$(if $(LOCK),--set synth.lock=$(LOCK)) --out $(BENCHMARK)
	$(BIN)/patchwright compare $(BENCHMARK) --html $(BENCHMARK)/comparison.html

mono-benchmark: ## match presets of one note; SYNTH=amsynth or vital for a plugin
poly-benchmark: ## match presets of phrases of up to 8 voices; SYNTH=amsynth as well

test: $(PLUGINS) $(COMPILED) ## run the tests
	$(BIN)/python -m pytest -n auto --dist worksteal --durations=10

test-long: $(PLUGINS) $(COMPILED) ## run the tests at their full sizes
	PATCHWRIGHT_LONG=1 $(BIN)/python -m pytest -n auto --dist worksteal

check: lint imports types-linux types-win32 types-darwin ## lint, types for each system, import directions

lint: $(PLUGINS)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

links: $(PLUGINS)
	@mkdir -p $(TYPES)
	@for name in $(PACKAGES) patchwright/*.py patchwright/py.typed; do \
		ln -sfn ../../../$$name $(TYPES)/; done

types-%: links
	$(BIN)/mypy --platform $* --cache-dir .mypy_cache/$*

imports: links
	cd .venv/types && ../bin/lint-imports --no-logo --config ../../pyproject.toml \
		--cache-dir ../../.import_linter_cache

bench: $(PLUGINS) ## measure rendering, scoring, the optimizers' overhead, and plugins
	$(BIN)/python -P -m patchwright.experiments.bench
	$(BIN)/python -P -m patchwright.experiments.bench.studies
	$(BIN)/python -P -m patchwright.experiments.bench.plugins vst2:amsynth_vst=amsynth-32 vital=vital-24 \
		$$($(BIN)/python -m tests.plugins.build)=tests/plugins/healthy.yaml
	$(BIN)/python -P -m patchwright.experiments.bench.shares

bench-recordings: $(STAMP) ## match the four recordings and compare with 1,000 random presets
	$(BIN)/python -P -m patchwright.experiments.bench.recordings

bench-search: $(PLUGINS) ## measure how many renders each method needs; hours, and goes on where it was stopped
	for suite in fm amsynth vital; do \
		$(BIN)/patchwright run experiments/configs/suites/search/$$suite.yaml || exit; done
	$(BIN)/python -P -m patchwright.experiments.bench.search runs/search-fm runs/search-amsynth runs/search-vital

bench-portfolio: $(STAMP) ## measure what each part of the portfolio is worth; goes on where it was stopped
	$(BIN)/patchwright run experiments/configs/suites/search/ablation.yaml
	$(BIN)/python -P -m patchwright.experiments.bench.search runs/ablation

bench-prior: $(PLUGINS) ## measure what a prior learned from amsynth's banks is worth; goes on where it was stopped
	$(BIN)/python -P -m patchwright.experiments.bench.prior learn runs/bench-prior
	for suite in prior musical; do \
		$(BIN)/patchwright run experiments/configs/suites/search/$$suite.yaml || exit; done
	$(BIN)/python -P -m patchwright.experiments.bench.prior compare runs/search-prior runs/search-musical

# Debian's mda-lv2, dpf-plugins-vst, synthv1-lv2, calf-plugins, padthv1-lv2 and zynaddsubfx-vst
FREE := lv2:JX10=8 lv2:DX10=5 lv2:EPiano=4 vst2:Nekobi-vst=3 vst2:Kars-vst=1 lv2:synthv1 lv2:Monosynth=16 \
	lv2:padthv1 vst2:ZynAddSubFX

bench-free: $(PLUGINS) ## measure what --free keeps on plugins without a description; goes on where it was stopped
	$(BIN)/python -P -m patchwright.experiments.bench.free runs/bench-free $(FREE)

bench-ranking: $(PLUGINS) ## measure whether distances and embeddings order swept sounds
	$(BIN)/patchwright evaluate objectives --markdown --parameter filter_cutoff \
		--parameter osc2_tune --parameter amp_attack --parameter pitch --parameter level
	for synth in subtractive fm oscillators "vst2:amsynth_vst --lock amsynth-32" \
			"vital --lock vital-24"; do \
		$(BIN)/patchwright evaluate embedding mel_stats mfcc_stats modulation --markdown \
			--synth $$synth || exit; done

NOTES ?= experiments/targets

bench-hearing: $(STAMP) ## measure what distances hear, and match the notes in NOTES by sets of them; goes on where it was stopped
	$(BIN)/patchwright evaluate hearing --markdown
	$(BIN)/patchwright run experiments/configs/suites/hearing.yaml \
		--set 'targets=[{path: "$(abspath $(NOTES))/*.flac", length: 1.5}]'
	$(BIN)/python -P -m patchwright.experiments.bench.hearing_search runs/hearing
	$(BIN)/patchwright listen runs/hearing --by objectives --level loudness --trials 6 \
		--out runs/hearing/listening

bench-studio: $(PLUGINS) ## measure how soon the studio answers: first sound, notes and knobs
	$(BIN)/python -P -m patchwright.experiments.bench.studio

bench-assisted: $(STAMP) ## learn the default synth, and measure what the model is worth to a search; goes on where it was stopped
	test -e runs/models/subtractive/card.json || \
		PATCHWRIGHT_MODELS=runs/models $(BIN)/patchwright learn subtractive --minutes 15
	$(BIN)/python -P -m patchwright.experiments.bench.assisted runs/assisted.jsonl \
		--model runs/models/subtractive --recordings experiments/targets \
		--method cold=2500 --method hybrid=1000 --method online=1000

bench-effects: $(STAMP) ## measure how effects are found again on the dry sounds in NOTES; goes on where it was stopped
	$(BIN)/python -P -m patchwright.experiments.bench.effect_data $(NOTES)
	$(BIN)/python -P -m patchwright.experiments.bench.effects $(NOTES) known
	$(BIN)/python -P -m patchwright.experiments.bench.effects $(NOTES) order --renders 500
	$(BIN)/patchwright run experiments/configs/suites/effects.yaml \
		--set 'targets=[{path: "$(abspath $(NOTES))/*.flac", length: 1.5}]'
	$(BIN)/patchwright compare runs/effects --by synth

compare-neural: $(STAMP) ## train networks that predict presets, and compare them with search; goes on where it was stopped
	test -e runs/neural-models/data/index.h5 || $(BIN)/patchwright dataset make \
		experiments/configs/neural/data.yaml --out runs/neural-models/data
	for name in flow cnn; do \
		test -e runs/neural-models/$$name/card.json || $(BIN)/patchwright train estimator \
			experiments/configs/neural/$$name.yaml --dataset runs/neural-models/data \
			--out runs/neural-models/$$name --resume || exit 1; \
	done
	$(BIN)/patchwright run experiments/configs/suites/neural.yaml --out runs/neural
	$(BIN)/patchwright compare runs/neural --html runs/neural/comparison.html
	$(BIN)/python -P -m patchwright.experiments.bench.neural runs/neural

BUILTIN := subtractive

train-builtin: $(BUILTIN:%=surrogates/shipped/%/card.json) ## train the models that come along, where there is none; goes on where it was stopped

surrogates/shipped/%/card.json: | $(STAMP)
	$(BIN)/patchwright dataset make experiments/configs/models/data/$*.yaml --out runs/builtin/$* \
		$$(test ! -e runs/builtin/$*/card.json || echo --resume)
	$(BIN)/patchwright train proxy experiments/configs/models/proxy.yaml --dataset runs/builtin/$* \
		--out surrogates/shipped/$* $$(test ! -d surrogates/shipped/$* || echo --resume)

screenshot: $(PLUGINS) ## take the README's pictures of a report and of the studio; needs Chromium
	$(BIN)/patchwright run experiments/configs/quickstart.yaml --out runs/screenshot --resume
	$(BIN)/python -P -m patchwright.experiments.pages.screenshot runs/screenshot \
		experiments/images/report.png --height 1440
	$(BIN)/python -m tests.experiments.studio.screenshots runs/screenshot experiments/images

IMAGE ?= patchwright
DOCKER ?= docker

build-image: ## build the container image; BASE and TORCH_INDEX as in the Dockerfile
	$(DOCKER) build --tag $(IMAGE) $(foreach name,BASE TORCH_INDEX,\
		$(if $($(name)),--build-arg $(name)=$($(name)))) .

run-image-interactive: ## open a shell in the image; its runs are left in runs/
	mkdir -p runs
	$(DOCKER) run --rm --interactive --tty --user "$$(id -u):$$(id -g)" \
		--volume "$(CURDIR)/runs:/work/runs" $(IMAGE)

clean: ## remove .venv and the runs
	rm -rf .venv runs

# `make` lists the targets. Everything installed on the way lands in .tools/, target/ and dist/.
.DEFAULT_GOAL := help
.PHONY: policy-report docs templates help dev build build-dev build-tests bundle bundle-edge bundle-worker bundle-page bundle-origin bundle-npm test exam fuzz check fmt bench clean

CARGO ?= cargo
export KEYFRONT_TOOLS := $(CURDIR)/.tools

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev: bundle-edge bundle-page build-dev ## build what is missing, then run the whole system on this machine (ARGS="--help" for flags)
	target/debug/keyfront dev $(ARGS)

build: ## every program: `keyfront`, the programs behind its commands, and the origin
	$(CARGO) build --locked --package keyfront-cli --package keyfront-dev --package keyfront-ops --package keyfront-origin

build-tests: build # every program and every test, none of which is run
	$(CARGO) test --locked --workspace --no-run

build-dev: # only what `make dev` runs
	$(CARGO) build --locked --package keyfront-cli --package keyfront-dev

# The Worker last: a program of target/debug makes its JavaScript, and `make check` may be compiling there meanwhile.
bundle: bundle-edge bundle-page bundle-origin bundle-npm bundle-worker ## dist/: the edge bundles, the publishers' page, the origin Lambda and the npm package, as they leave

# What leaves is compiled by rustc itself, whatever the checks compile with (.ci/run).
BUNDLED := env -u RUSTC_WORKSPACE_WRAPPER

bundle-edge: ## dist/edge-cloudfront/ and its zip
	$(BUNDLED) scripts/bundle-edge

bundle-worker: ## dist/edge-worker/, the Cloudflare Worker
	$(BUNDLED) scripts/bundle-worker

bundle-page: ## dist/page/, the publishers' page, which is built into the origin
	$(BUNDLED) scripts/bundle-page

bundle-origin: bundle-page ## dist/origin-lambda.zip
	$(BUNDLED) scripts/bundle-origin

bundle-npm: ## dist/sigv4-npm/, the npm package @keyfront/sigv4
	$(BUNDLED) scripts/bundle-npm

test: bundle build ## every test, over the built artefacts
	scripts/test

exam: ## the long tier of tests: laws over many cases, every call that fails, Miri, mutants, fuzzing (ARGS="miri" for one of them)
	scripts/exam $(ARGS)

fuzz: ## every fuzz target for some seconds (ARGS="--seconds 60"); needs a nightly toolchain
	scripts/fuzz-smoke $(ARGS)

check: ## formatting, lints, import circles, unused dependencies, licences, links, documentation, templates
	scripts/check

policy-report: ## which scenario needs which grant of the templates
	$(CARGO) run --quiet --locked --package keyfront-tests --bin policy-report

templates: ## assemble cloudformation/*.yaml from its fragments
	$(CARGO) run --quiet --locked --package keyfront-cloudformation --bin assemble-templates

docs: build ## write docs/cli.md from the commands' help
	KEYFRONT_WRITE_DOCS=1 $(CARGO) test --quiet --locked --package keyfront-tests --test e2e cli_reference

fmt: ## format the Rust code
	$(CARGO) fmt --all

bench: bundle-edge bundle-worker bundle-page bundle-origin build ## side by side against peers, in one run
	bench/run

clean: ## remove what was built (the tools in .tools/ stay)
	$(CARGO) clean
	rm -rf dist

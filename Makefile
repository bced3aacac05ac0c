# The words for what developers do here. What the checks are is in .ci/run alone.

GO ?= go
TOOL = $(GO) tool -modfile=tools/go.mod
# The packages whose tests know -update.
GOLDEN = $(shell grep -rl --include='*_test.go' '"update",' . | xargs -n 1 dirname | sort -u)

.DEFAULT_GOAL := help
.PHONY: help check build test race lint fmt vuln bench torture interop golden release-check release-snapshot clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-18s %s\n", $$1, $$2}'

check: ## everything that CI runs
	@.ci/run

build: ## the program, in ./eventscale
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o eventscale ./cmd/eventscale

test: ## all tests
	@.ci/run tests

race: ## the tests of the concurrent packages, with the race detector
	@.ci/run race

lint: ## formatting, vet, golangci-lint, go.mod
	@.ci/run format vet tidy lint

fmt: ## format the code
	$(TOOL) golangci-lint fmt

vuln: ## look for known vulnerabilities
	@.ci/run vulnerabilities

bench: ## round trips and wall time of each command against the sandbox over HTTP
	$(GO) run ./internal/bench

torture: ## kill, starve, signal, crowd, fault and fuzz the program, and count what it leaves behind; under half an hour
	$(GO) run ./internal/torture

interop: ## aws CLI, boto3 and terraform against our sandbox, and eventscale against moto_server: all must be installed
	$(GO) test ./interop -tags interop -count 1 -v

golden: ## rewrite the golden files; look at the difference before you commit it
	-$(GO) test $(GOLDEN) -update
	git diff --stat

release-check: ## validate .goreleaser.yaml
	@.ci/run release

release-snapshot: ## build all that a release has into dist/, and publish nothing
	$(TOOL) goreleaser release --snapshot --clean --skip=sbom,publish

clean: ## remove what the targets above make
	rm -rf eventscale dist completions manpages

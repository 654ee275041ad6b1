# Kawal. `make` lists the targets; README.md says more.

SHELL := /bin/sh
.SHELLFLAGS := -euc
MAKEFLAGS += --no-print-directory
# check, then test: what runs a server or a linter wants both cores to itself.
.NOTPARALLEL:

# The same for everybody: no stamping from git (a clone of another owner has
# none to read), the locale of the databases and of sort.
export LC_ALL := C.UTF-8
export GOFLAGS := -buildvcs=false -mod=readonly
export GOWORK := off

STACK := .bin/temporal-server .bin/temporal-sql .bin/temporal-ui
# How many published reports make bench fills a database with, in minutes; 20000
# takes seconds.
REPORTS ?= 1000000
# How long each fuzz test runs in make prove.
FUZZ ?= 10m
TESTENV := umask 022; .bin/kawal testenv --

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

.PHONY: run
run: postgresql $(STACK) build ## install what is missing, start everything on this machine, stop with Ctrl-C
	@umask 022; exec .bin/kawal dev

.PHONY: test
test: postgresql cc chromium $(STACK) build ## each test once, with -race, on real PostgreSQL and Temporal
	@$(TESTENV) go test -race -count=1 -timeout 40m ./...

.PHONY: prove
prove: postgresql cc chromium $(STACK) build ## the long proofs at full size (hours)
	@KAWAL_PROVE=full; export KAWAL_PROVE; $(TESTENV) go test -race -count=1 -timeout 6h ./...
	@go test -count=1 -timeout 2h ./calendar -rapid.checks=200000
	@go test -run '^$$' -fuzz FuzzNoLifeBreaksTheInvariants -fuzztime $(FUZZ) ./report
	@go test -run '^$$' -fuzz FuzzWhatIsReadIsWrittenTheSame -fuzztime $(FUZZ) ./report
	@go test -run '^$$' -fuzz FuzzAddAndCountAgree -fuzztime $(FUZZ) ./calendar
	@go test -run '^$$' -fuzz FuzzWhatTheStrictReaderPassesIsReadAsWritten -fuzztime $(FUZZ) ./api
	@go test -run '^$$' -fuzz FuzzMatchesLieWithinTheText -fuzztime $(FUZZ) ./internal/redact

.PHONY: bench
bench: postgresql $(STACK) build ## print times; asserts none
	@KAWAL_BENCH_REPORTS=$(REPORTS); export KAWAL_BENCH_REPORTS; $(TESTENV) go test -run '^$$' -bench . -benchmem -timeout 60m ./...

.PHONY: check
check: format vet lint workflowcheck generated modules imports ## everything static

.PHONY: format
format:
	@echo "check: gofmt"
	@bad=$$(find . -name '*.go' -not -path './.*' -exec gofmt -l {} +); \
	if [ -n "$$bad" ]; then echo "gofmt -w these files:"; echo "$$bad"; exit 1; fi

.PHONY: vet
vet:
	@echo "check: go vet"
	@go vet ./...

.PHONY: lint
lint: .bin/golangci-lint
	@echo "check: golangci-lint"
	@.bin/golangci-lint run ./...

.PHONY: workflowcheck
workflowcheck: .bin/workflowcheck
	@echo "check: workflowcheck"
	@.bin/workflowcheck -config tools/workflowcheck/config.yaml ./workflows/...

.PHONY: generated
generated: .bin/oapi-codegen
	@echo "check: generated files"
	@was=$$(mktemp); trap 'rm -f "$$was"' EXIT; cp api/openapi.gen.go "$$was"; \
	(cd api && ../.bin/oapi-codegen -config oapi-codegen.yaml openapi.yaml); \
	cmp -s "$$was" api/openapi.gen.go || \
		{ cp "$$was" api/openapi.gen.go; echo "api/openapi.gen.go is older than openapi.yaml: make generate"; exit 1; }

.PHONY: modules
modules:
	@echo "check: go.mod"
	@GOFLAGS=-buildvcs=false go mod tidy -diff >/dev/null || { echo "go.mod is not tidy: go mod tidy"; exit 1; }

.PHONY: imports
imports:
	@echo "check: import rules"
	@go test -count=1 ./internal/arch

.PHONY: vuln
vuln: ## look for known vulnerabilities in what is called, where their database can be had
	@echo "check: govulncheck"
	@tools/vuln || { code=$$?; [ "$$code" = 75 ] || exit "$$code"; }

.PHONY: generate
generate: .bin/oapi-codegen ## make the generated files again
	@cd api && ../.bin/oapi-codegen -config oapi-codegen.yaml openapi.yaml

.PHONY: build
build: ## the one binary, .bin/kawal
	@umask 022; mkdir -p .bin; go build -trimpath -o .bin/kawal ./cmd/kawal

.PHONY: tools
tools: $(STACK) .bin/golangci-lint .bin/workflowcheck .bin/oapi-codegen ## build the pinned tools that are missing

.bin/%: tools/%/go.mod tools/%/go.sum
	@tools/build $*

.PHONY: postgresql cc chromium
postgresql cc chromium:
	@tools/need $@

.PHONY: clean
clean: ## remove what was built; data in .kawal stays
	@rm -rf .bin

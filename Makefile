# Targets that end in "##" and a text are for people; `make` prints them.
SHELL := /bin/bash -eu -o pipefail
.DEFAULT_GOAL := help

# MATRIX=full also captures real specifications anew, fuzzes longer, tries CRI-O and
# all versions of containerd, and tells incidents with each part of unbusy switched
# off.
MATRIX ?=
FUZZTIME ?= $(if $(filter full,$(MATRIX)),20s,5s)

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# Static and stripped: the binaries run on the oldest userland, and the wrapper
# is read from disk once for every container operation.
LDFLAGS := -s -w -X main.version=$(VERSION)
GOBUILD := CGO_ENABLED=0 go build -trimpath -ldflags
# At a page fault the kernel maps what else is within 64 KiB of a file. If the
# wrapper's segments begin there as well it maps less that is not needed: with this
# 4100 KiB are in memory when it executes the runtime, at times 4130; without it 4232.
RUNTIME_LDFLAGS := -R 0x10000
# Without the request traces of grpc, which no shim serves, the linker can leave
# out what only templates of net/http could call: a quarter of the binary, and as
# much of the memory that each shim of a node takes.
SHIM_TAGS := grpcnotrace
PACKAGES := ./pkg/... ./internal/... ./cmd/...

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Where the programs are built, for the machine that GOARCH names.
BIN := bin

.PHONY: build
build: ## build static binaries into bin/
	$(GOBUILD) '$(LDFLAGS) $(RUNTIME_LDFLAGS)' -o $(BIN)/unbusy-runtime ./cmd/runtime
	$(GOBUILD) '$(LDFLAGS)' -o $(BIN)/unbusy ./cmd/unbusy
	$(GOBUILD) '$(LDFLAGS)' -o $(BIN)/unbusy-hook ./cmd/hook
	$(GOBUILD) '$(LDFLAGS)' -tags $(SHIM_TAGS) -o $(BIN)/containerd-shim-unbusy-v2 ./cmd/shim

# The machines that packages are made for; amd64 and arm64 are tried.
ARCHES := $(shell go env GOARCH)

.PHONY: package
package: build ## build .deb and .rpm packages into dist/ (ARCHES="amd64 arm64" for both)
	rm -rf dist
	mkdir dist
	./hack/package-docs bin dist/docs
	for arch in $(ARCHES); do \
		GOARCH=$$arch $(MAKE) --no-print-directory build BIN=dist/$$arch; \
		./hack/package $$arch dist/$$arch dist/docs dist; \
	done

.PHONY: demo
demo: build ## show it working on this machine (root)
	./hack/packages demo
	CGO_ENABLED=0 go run -trimpath ./integration/demo --runtime bin/unbusy-runtime

# Debian's packages come while the compilers work on what needs none of them.
.PHONY: test
test: ## run all tests (root; MATRIX=full for everything)
	$(MAKE) --no-print-directory -j3 packages build linter
	$(MAKE) --no-print-directory lint unit fuzz integration

.PHONY: linter
linter:
	CGO_ENABLED=0 go run ./integration/tools golangci-lint

.PHONY: packages
packages: ## install what the tests need from Debian (root)
	./hack/packages test

.PHONY: lint
lint: ## run the linters
	./hack/lint

.PHONY: unit
unit: ## run the unit tests as root and as an ordinary user
	go test -race $(PACKAGES)
	./hack/test-as-user $(PACKAGES)

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME
	./hack/fuzz $(FUZZTIME) $(PACKAGES)

# Built before the tests, whose time is bounded.
TOOLS := nfpm-2.45 go-md2man-2.0 runc-1.5 containerd-2.4 $(if $(filter full,$(MATRIX)),containerd-1.7 containerd-2.0 containerd-2.2 containerd-2.3 crio-1.34)

# Packages whose tests have to be alone on the machine, as host.AttendAlone and
# host.MainAlone say, and those of which some have to be, which are called TestAlone.
# Among the others they would take the place of one for as long as they wait.
saying = $(shell grep -rlE --include='*_test.go' '$(1)' integration | xargs -n 1 dirname | sort -u)
ALONE := $(call saying,host[.](Main|Attend)Alone)
SOME_ALONE := $(call saying,^func TestAlone)
INTEGRATION := UNBUSY_REQUIRE=1 MATRIX=$(MATRIX) UNBUSY_BIN=$(CURDIR)/bin go test -count=1 -timeout 40m

# Some packages at a time: much of it is waiting for engines' retries. The full matrix,
# which may take longer, has one less at a time to disturb each other.
.PHONY: integration
integration: build ## run the tests on real engines (root)
	go run ./integration/tools $(TOOLS)
	$(INTEGRATION) -p $(if $(filter full,$(MATRIX)),2,3) -skip ^TestAlone $$(go list ./integration/... | grep -vxF "$$(go list $(addprefix ./,$(ALONE)))")
	$(INTEGRATION) -p 1 -run ^TestAlone $(addprefix ./,$(SOME_ALONE))
	$(INTEGRATION) -p 1 $(addprefix ./,$(ALONE))

.PHONY: capture
capture: ## take the specifications of real engines anew (root)
	./hack/capture

# How often what takes milliseconds is measured; the rest is in proportion.
BENCH_ROUNDS ?= 200
# What the benchmarks leave for docs/performance.md.
BENCH_RESULTS := bin/bench
BENCH := CGO_ENABLED=0 UNBUSY_BIN=$(CURDIR)/$(BIN) go run -trimpath

.PHONY: bench
bench: build ## measure costs beside other ways and write docs/performance.md (root; half an hour; BENCH_ROUNDS=20 for a glance)
	./hack/packages test
	rm -rf $(BENCH_RESULTS)
	# What costs more than it may is in the report as well, which is written anyway.
	missed=0; \
	$(BENCH) ./integration/bench -rounds $(BENCH_ROUNDS) -results $(CURDIR)/$(BENCH_RESULTS) || missed=1; \
	$(BENCH) ./integration/startcost -results $(BENCH_RESULTS) || missed=1; \
	$(BENCH) ./integration/shimcost -pairs $(BENCH_ROUNDS) -pods $(BENCH_ROUNDS) \
		-most $$((2 * $(BENCH_ROUNDS))) -most-pods $(BENCH_ROUNDS) -results $(CURDIR)/$(BENCH_RESULTS) || missed=1; \
	go run ./integration/bench/report $(BENCH_RESULTS) docs; \
	exit $$missed

.PHONY: clean
clean: ## remove bin/ and dist/
	rm -rf bin dist

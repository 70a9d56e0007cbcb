# make demo corrects the reported cluster in the lab, with a kill and a resume in the middle (where the
# machine can't carry the lab it says why and does the same with hello); make test runs everything; make
# bench measures reprise against parallel-ssh (Python 3.11, the network once);
# make lab brings up the reported environment (root, Debian 12).

.PHONY: demo test bench fuzz lint format lab lab-down lab-lint matrix

demo:
	swift build --product reprise
	if lab/check; then lab/demo .build/debug/reprise $(KEEP); \
	else docs/demo .build/debug/reprise; fi

# One group after the other: the later ones start real servers, and measure time. So no more than
# four of their tests run at once, whatever the machine. A group that fails does not hide the others.
FOUR := --experimental-maximum-parallelization-width 4
UNITS := --skip RunbookTransportTests --skip EndToEndTests --skip LabTests
test:
	swift build --build-tests
	rm -f .build/failed .build/tests.log
	for group in "$(UNITS)" "$(FOUR) --filter RunbookTransportTests" \
	  "$(FOUR) --filter EndToEndTests" "$(FOUR) --filter LabTests"; do \
	  { swift test --skip-build $$group 2>&1 || : >.build/failed; } | tee -a .build/tests.log; \
	done
	@if grep -q ' skipped: ' .build/tests.log; then \
	  echo "Not shown on this machine:"; grep ' skipped: ' .build/tests.log; lab/check || :; \
	fi
	test ! -e .build/failed

bench:
	Benchmarks/run

# A million broken runbooks through the language, and how long compiling takes by size.
fuzz:
	swift run -c release fuzz-language
	swift run -c release bench-language

SWIFT_FILES := Package.swift Sources Tests
# The scripts that hosts run have no #! line: they are handed to the host's sh, with values in its
# environment.
HOST_SCRIPTS := $(wildcard Sources/RunbookEngine/Actions/*.sh)
lint: lab-lint
	swift format lint --strict --recursive $(SWIFT_FILES)
	shellcheck .ci/run docs/demo Benchmarks/run Sources/RunbookTransport/supervisor.sh
	shellcheck --shell=sh --exclude=SC2154,SC2034 $(HOST_SCRIPTS)

format:
	swift format --in-place --recursive $(SWIFT_FILES)

lab:
	lab/up

# Every cause of lab/break against every option, in a lab that is up (make lab): about an hour.
matrix:
	swift build --product reprise
	lab/matrix
	lab/matrix --table docs/matrix.md

lab-down:
	lab/down

# Every script of the lab, followed into what it sources.
LAB_SCRIPTS := $(filter-out %.md,$(wildcard lab/[a-z]*)) $(wildcard lab/lib/*.sh lab/lib/breaks/*.sh)
lab-lint:
	shellcheck -x $(foreach s,$(LAB_SCRIPTS),$(if $(wildcard $(s)/.),,$(s))) \
	  $(shell grep -rlE '^#!/(usr/)?bin/(env )?(ba)?sh' lab/site lab/image)

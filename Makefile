# make test runs everything; make lab brings up the reported environment (root, Debian 12).

.PHONY: test lab lab-down lab-lint

test:
	swift build --build-tests
	swift test --skip-build

lab:
	lab/up

lab-down:
	lab/down

# Every script of the lab, followed into what it sources.
LAB_SCRIPTS := $(filter-out %.md,$(wildcard lab/[a-z]*)) $(wildcard lab/lib/*.sh lab/lib/breaks/*.sh)
lab-lint:
	shellcheck -x $(foreach s,$(LAB_SCRIPTS),$(if $(wildcard $(s)/.),,$(s))) \
	  $(shell grep -rlE '^#!/(usr/)?bin/(env )?(ba)?sh' lab/site lab/image)

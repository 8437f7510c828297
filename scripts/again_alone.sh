# To be sourced: runs pytest, and what fails beside other tests once more alone. Used by scripts/test and scripts/core.
#
# Several tests run at a time on what may be two cores, and a few fail only then. They are named even if they pass alone:
# whoever reads it may want to know why.

FEW=20  # from so many failures on it is not the machine
BESIDE_OTHERS=""  # pytest's arguments that are for many tests at a time, not for one alone

say() { printf 'test: %s\n' "$*"; }

# run_tests LOG PYTHON ARGUMENT…: pytest with BESIDE_OTHERS and the arguments. 0 where each test passed, beside others or alone.
# The last line is a verdict that agrees with the status.
run_tests() {
    local log=$1 python=$2 status failed=0
    shift 2
    # shellcheck disable=SC2086
    "$python" -m pytest $BESIDE_OTHERS --durations=25 "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    if [ "$status" = 1 ]; then
        failed=$(grep -cE '^(FAILED|ERROR) ' "$log" || true)
        if [ "$failed" -gt 0 ] && [ "$failed" -lt "$FEW" ]; then
            say "failed beside others, once more alone:"
            sed -nE 's/^(FAILED|ERROR) ([^ ]+).*/test:   \2/p' "$log"
            "$python" -m pytest --last-failed --last-failed-no-failures none "$@" 2>&1 | tee "$log.alone"
            status=${PIPESTATUS[0]}
        fi
    fi
    verdict "$log" "$failed" "$status"
    return "$status"
}

# verdict LOG FAILED STATUS: one line, kept beside the log as well; FAILED tests failed beside others.
verdict() {
    local last passed skipped
    last=$(grep -E '(passed|failed|skipped|error|no tests ran).* in [0-9.]+' "$1" | tail -n 1)
    passed=$(sed -nE 's/.*[^0-9]([0-9]+) passed.*/\1/p' <<<" $last")
    skipped=$(sed -nE 's/.*[^0-9]([0-9]+) skipped.*/\1/p' <<<" $last")
    if [ "$3" != 0 ]; then
        printf 'verdict: FAILED (%s)\n' "${last:-pytest did not end by itself, exit status $3}"
    elif [ "$2" -gt 0 ]; then
        printf 'verdict: %d passed, %d of them only alone, %d skipped\n' $((${passed:-0} + $2)) "$2" "${skipped:-0}"
    else
        printf 'verdict: %d passed, %d skipped\n' "${passed:-0}" "${skipped:-0}"
    fi | tee "$1.verdict"
}

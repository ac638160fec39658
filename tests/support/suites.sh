# shellcheck shell=bash disable=SC2154
# The launcher's `test` command (sourced by ./patchbay, whose functions it uses): builds, runs and counts every suite.
# A suite leaves its results in build/results/SUITE; totals.py adds them up, and treats a suite without any as failed.
#   SUITE/steps.tsv    "passed|failed <tab> title <tab> log" of steps that are tests themselves, or that stopped a suite
#   SUITE/ctest.junit  ctest's own report        SUITE/*.xml, SUITE/*.tap  the cases within one of its tests
# The suites of the GCC build run side by side, in one ctest, whose results are in build/results/gcc.

results=$root/build/results
all_suites=(unit structure contract simulation integration browser clang tsan coverage)
gcc_suites=(unit structure contract simulation integration browser)  # but see choose_builds
suites=()
ctest_prefix=()
targets=()  # of the GCC build; empty: everything
gcc_options=(-DPATCHBAY_UNIT_TESTS=ON)
long=
room=

wants() { [[ " ${suites[*]} " == *" $1 "* ]]; }

wants_with_gcc() { [[ " ${gcc_suites[*]} " == *" $1 "* ]] && wants "$1"; }

wants_gcc() {
    local suite
    for suite in "${gcc_suites[@]}"; do wants "$suite" && return 0; done
    return 1
}

# Whose unit tests stand in a folder of their own: rooms of the framework, plugins, programs.
rooms() { (cd "$root/tests/unit" && say ./*/ | tr -d './'); }

choose_suites() {
    local given=$#
    while (($#)); do
        case $1 in
            --quick | --long)
                ((given == 1)) || stop "test $1 chooses its suites itself, and goes with nothing else."
                if [[ $1 == --quick ]]; then suites=(unit contract); else long=yes suites=(long); fi
                return
                ;;
            --room)
                ((given == 2)) || stop "test --room takes one room, and goes with nothing else." "Rooms: $(rooms)"
                [[ -d $root/tests/unit/$2 ]] || stop "There are no unit tests of a room '$2'." "Rooms: $(rooms)"
                room=$2 suites=(unit)
                return
                ;;
            --only) ;;
            --help | -h) usage; exit 0 ;;
            *) stop "test takes --quick, --long, --room ROOM or --only SUITE, not '$1'." "Suites: ${all_suites[*]}" ;;
        esac
        [[ -n ${2:-} ]] || stop "test --only takes the name of a suite." "Suites: ${all_suites[*]}"
        [[ " ${all_suites[*]} " == *" $2 "* ]] || stop "There is no suite '$2'." "Suites: ${all_suites[*]}"
        wants "$2" || suites+=("$2")
        shift 2
    done
    ((${#suites[@]})) || suites=("${all_suites[@]}")
}

# Unit tests are built once: with the sanitizers where Clang's build is wanted too, with GCC while somebody works on a room.
choose_builds() {
    if wants unit && wants clang; then
        gcc_suites=("${gcc_suites[@]:1}")
        gcc_options=(-DPATCHBAY_UNIT_TESTS=OFF)
    fi
}

# What those of the suites need that the GCC build serves. The structure tests compile for themselves.
choose_targets() {
    if [[ -n $room ]]; then targets=("unit_$room"); fi
    if [[ -n $room ]] || wants integration; then return; fi
    if wants_with_gcc unit; then targets+=(unit-tests); fi
    if wants contract; then targets+=(contract-tests); fi
    if wants simulation; then targets+=(simulation-tests); fi
    if wants browser; then targets+=(patchbay-server patchbay-conformance integration_tutorial integration_mixed_server); fi
}

test_packages() {
    local suites=("${suites[@]}")
    if [[ -n $long ]]; then suites=("${all_suites[@]}"); fi
    local packages=("${run_packages[@]}" libgtest-dev libgmock-dev python3)
    if wants integration || wants structure; then packages+=(valgrind); fi
    if wants integration; then packages+=(dpkg-dev file systemd nginx-light iproute2); fi
    if wants integration || wants clang || wants tsan; then packages+=(python3-websockets curl); fi  # foreign clients
    if wants integration || wants clang || wants tsan || wants browser; then packages+=(openssl); fi  # makes certificates
    if wants clang || wants tsan || wants coverage; then packages+=(clang-14 libclang-rt-14-dev); fi
    if wants clang; then packages+=(clang-tidy-14); fi
    if wants clang || wants coverage; then packages+=(llvm-14); fi  # names in the sanitizers' reports; llvm-cov
    if wants browser || wants integration; then  # its parser is held against the gate
        command -v node >/dev/null || packages+=(nodejs)  # others' Node brings an npm that excludes Debian's
    fi
    if wants browser; then
        packages+=(chromium)
        command -v npm >/dev/null || packages+=(npm)
    fi
    say "${packages[@]}"
}

# record SUITE OUTCOME TITLE: the step just made is a result of that suite, with its log as output.
record() {
    mkdir -p "$results/$1"
    printf '%s\t%s\t%s\n' "$2" "$3" "$log" >>"$results/$1/steps.tsv"
}

# run_ctest FOLDER PRESET SELECTION...: FOLDER of build/results; SELECTION is what ctest takes to choose tests. More tests at
# a time than there are cores, since many wait; those that compute on several count as several (PROCESSORS).
run_ctest() {
    local folder=$1 preset=$2
    shift 2
    mkdir -p "$results/$folder"
    "${ctest_prefix[@]}" env PATCHBAY_RESULTS="$results/$folder" GTEST_OUTPUT="xml:$results/$folder/" \
        ctest --test-dir "$root/build/$preset" -j "$(($(nproc) + 1))" --timeout 600 --output-on-failure --no-tests=error \
        --output-junit "$results/$folder/ctest.junit" "$@"
}

# Builds what the suites named need with GCC, once.
build_with_gcc() {
    local suite title="Building everything with GCC"
    ((${#targets[@]} == 0)) || title="Building what is needed with GCC"
    step 'Configuring the GCC build' configure test "${gcc_options[@]}" || targets=(none)
    [[ ${targets[*]} != none ]] && { only_structure || step "$title" compile test "${targets[@]}"; } && return 0
    for suite in "${gcc_suites[@]}"; do
        if wants "$suite"; then record "$suite" failed "$title"; fi
    done
    return 1
}

# Nothing has to be compiled beforehand, and an empty list of targets would mean everything.
only_structure() { wants structure && ! wants integration && ((${#targets[@]} == 0)); }

run_with_gcc() {
    local suite chosen=()
    if [[ -n $room ]]; then
        step "Running the unit tests of $room" run_ctest gcc test -R "^unit_$room(_|$)" || true
        return
    fi
    for suite in "${gcc_suites[@]}"; do
        if wants "$suite" && { [[ $suite != browser ]] || install_for browser; }; then chosen+=("$suite"); fi
    done
    ((${#chosen[@]})) || return 0
    step "Running the tests: ${chosen[*]}" run_ctest gcc test -R "^($(IFS='|' && say "${chosen[*]}"))_" || true
}

# Debian's own Node and Chromium; from npm only what the lock file pins.
install_browser_driver() {
    local folder=$root/tests/browser
    cmp -s "$folder/package-lock.json" "$folder/node_modules/installed-lock.json" && return 0
    npm ci --prefix "$folder" --no-audit --no-fund --ignore-scripts &&
        cp "$folder/package-lock.json" "$folder/node_modules/installed-lock.json"
}

# install_for SUITE: without the driver that has failed.
install_for() {
    local title="Installing the browser's driver"
    step "$title" install_browser_driver && return 0
    record "$1" failed "$title"
    return 1
}

run_with_clang() {
    local title='Everything compiles with Clang, without a warning' outcome=passed
    step 'Configuring the Clang build' configure clang && step 'Building everything with Clang' compile clang || outcome=failed
    record clang "$outcome" "$title"
    if [[ $outcome == failed ]]; then
        if wants unit; then record unit failed "$title"; fi
        return
    fi
    # Memory and undefined behaviour are watched everywhere, also at the end for leaks; what is no program of ours is run
    # by the GCC build alone.
    local ctest_prefix=(env "ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:check_initialization_order=1"
        "UBSAN_OPTIONS=print_stacktrace=1" "ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-14 || true)")
    if wants unit; then step 'Running the unit tests with Clang and its sanitizers' run_ctest unit clang -R '^unit_' || true; fi
    step 'Running the tests with Clang and its sanitizers, and the fuzzers' run_ctest clang clang \
        -R '^(contract|simulation|integration|clang)_|^structure_compile_fail$' -LE '^unsanitized$' || true
}

# The sanitizer needs its fixed place in memory, which address randomisation may have taken.
tsan_prefix() { if setarch "$(uname -m)" -R true 2>/dev/null; then ctest_prefix=(setarch "$(uname -m)" -R); fi; }

run_with_tsan() {
    local title='Building the concurrent tests with the thread sanitizer' ctest_prefix=()
    if ! { step 'Configuring the thread sanitizer' configure tsan && step "$title" compile tsan concurrent-tests; }; then
        record tsan failed "$title"
        return
    fi
    tsan_prefix
    step 'Running the concurrent tests with it' run_ctest tsan tsan -L '^concurrent$' || true
}

run_with_coverage() {
    local title='Building the unit tests of protocol with counters'
    if ! { step 'Configuring the build that counts' configure coverage && step "$title" compile coverage unit_protocol; }; then
        record coverage failed "$title"
        return
    fi
    step 'Counting the branches that they take' run_ctest coverage coverage -R '^coverage_' || true
}

# --- By hand: what takes long, and finds what short runs do not --------------------------------------------------------

# Crowds of their full size, seeds by the million, mutants and browsers at every width (PATCHBAY_LONG tells them), fuzzers for
# minutes, and threads against each other again and again.
run_long() {
    export PATCHBAY_LONG=yes
    local title='Building everything with GCC' ctest_prefix=()
    install_for long || true
    if step 'Configuring the GCC build' configure test "${gcc_options[@]}" && step "$title" compile test; then
        step 'Running the crowds, the mutants, millions of seeds and the browser' run_ctest long-gcc test -L '^long$' || true
    else
        record long failed "$title"
    fi
    title='Building the fuzzers'
    if step 'Configuring the Clang build' configure clang && step "$title" compile clang fuzzers; then
        step 'Running each fuzzer for two minutes' run_ctest long-clang clang -R '^clang_fuzz_' || true
    else
        record long failed "$title"
    fi
    title='Building the concurrent tests with the thread sanitizer'
    if step 'Configuring the thread sanitizer' configure tsan && step "$title" compile tsan concurrent-tests; then
        tsan_prefix
        step 'Running the concurrent tests ten times' run_ctest long-tsan tsan -L '^concurrent$' --repeat until-fail:10 || true
    else
        record long failed "$title"
    fi
}

# --- All of it -----------------------------------------------------------------------------------------------------

count_steps() {
    if [[ -n $long ]]; then
        plan 10
        return
    fi
    if wants_gcc; then plan 3; fi
    if only_structure; then plan -1; fi
    if wants browser; then plan 1; fi
    if wants clang; then plan 3; fi
    if wants clang && wants unit; then plan 1; fi
    if wants tsan; then plan 3; fi
    if wants coverage; then plan 3; fi
}

run_suites() {
    choose_suites "$@"
    choose_builds
    choose_targets
    count_steps
    local packages
    read -ra packages < <(test_packages)
    ensure_packages "${packages[@]}"
    rm -rf "$results"
    if [[ -n $long ]]; then
        run_long
    elif wants_gcc && build_with_gcc; then
        run_with_gcc
    fi
    if wants clang; then run_with_clang; fi
    if wants tsan; then run_with_tsan; fi
    if wants coverage; then run_with_coverage; fi
    show_times
    python3 "$root/tests/support/totals.py" "$results" "${suites[@]}"
}

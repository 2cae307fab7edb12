#!/usr/bin/env bash
# Builds the fuzz targets for libFuzzer with the pinned toolchain and runs one after the other:
#   bash tests/fuzz/run.sh [target …]        all of them without a name
#   RUNS=1000000      executions of each
#   MOST_SECONDS=0    of each at most; 0 for no end
#   KEEP=1            puts what reached something new into corpus/<target>, the smallest of it
# Prints a line for each target; ends with an error if an input panicked, took over a second or 256 MiB.
set -euo pipefail
cd "$(dirname "$0")"
runs="${RUNS:-1000000}" seconds="${MOST_SECONDS:-0}" keep="${KEEP:-0}"
most_of_one=$((100 * 1024))
host="$(rustc -vV | sed -n 's/^host: //p')"
built="${CARGO_TARGET_DIR:-target}/$host/release"

# The compiler's own pass counts edges and shows comparisons to libFuzzer. One unit a crate: the
# linker would throw away tables of the others. Naming the host as target keeps build scripts as they are.
pass="-sanitizer-coverage-level=4 -sanitizer-coverage-inline-8bit-counters -sanitizer-coverage-pc-table -sanitizer-coverage-trace-compares"
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module"
for option in $pass; do RUSTFLAGS+=" -Cllvm-args=$option"; done
RUSTFLAGS+=" -Ccodegen-units=1"
# Additions that overflow and broken assertions are faults, too.
export CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS=true CARGO_INCREMENTAL=0
cp ../../Cargo.lock .
cargo build --release --target "$host" --bins

size_of() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }'; }

# Adds the smallest inputs that reach more than the kept ones do, and lets go of the longest of them
# again while they are too many.
keep_of() {
  "$built/$1" -merge=1 -timeout=5 -rss_limit_mb=512 "corpus/$1" "$2" >/dev/null 2>&1 || true
  while [ "$(size_of "corpus/$1")" -gt "$most_of_one" ]; do
    longest="$(find "corpus/$1" -type f -regex '.*/[0-9a-f]*' -printf '%s %p\n' | sort -rn | head -1 | cut -d' ' -f2-)"
    [ -n "$longest" ] || break
    rm "$longest"
  done
}

targets=("$@")
[ "$#" -gt 0 ] || mapfile -t targets < <(basename -s .rs fuzz_targets/*.rs)
bad=()
for target in "${targets[@]}"; do
  found="$(mktemp -d)" said="$(mktemp)" ended=held
  mkdir -p "artifacts/$target"
  "$built/$target" "$found" "corpus/$target" -runs="$runs" -max_total_time="$seconds" -max_len=65536 \
    -timeout="${TIMEOUT:-1}" -rss_limit_mb=256 -print_final_stats=1 -artifact_prefix="artifacts/$target/" \
    >"$said" 2>&1 || { ended=BROKEN; bad+=("$target"); cp "$said" "artifacts/$target/said.txt"; }
  stat() { sed -n "s/^stat::$1: *//p" "$said"; }
  edges="$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$said" | tail -1)"
  [ "$keep" = 0 ] || keep_of "$target" "$found"
  printf '%s: %s, %s executions, %s edges, %s a second, slowest %s s, %s MiB, corpus of %s bytes\n' "$target" "$ended" \
    "$(stat number_of_executed_units)" "$edges" "$(stat average_exec_per_sec)" "$(stat slowest_unit_time_sec)" \
    "$(stat peak_rss_mb)" "$(size_of "corpus/$target")"
  rm -r "$found" "$said"
done
[ "${#bad[@]}" = 0 ] || { echo "broken: ${bad[*]}; see artifacts/" >&2; exit 1; }

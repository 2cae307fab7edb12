#!/bin/sh
# Writes the bindings for Kotlin, Swift and Python: sh mobile-bindings/generate.sh
#
# They are never committed: a binding that does not fit its library is not always noticed when it is
# loaded (docs/android.md). What is printed is the folder with kotlin/, swift/, python/ and the library.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet -p itgel-mobile --features bindgen --lib --bin uniffi-bindgen
out=$target/bindings
rm -rf "$out"
mkdir -p "$out"
for library in "$target"/debug/libitgel_mobile.so "$target"/debug/libitgel_mobile.dylib; do
  [ ! -f "$library" ] || cp "$library" "$out/"
done
for language in kotlin swift python; do
  "$target/debug/uniffi-bindgen" generate "$out"/libitgel_mobile.* --language "$language" --no-format --out-dir "$out/$language"
done
# Python looks for the library beside the module.
cp "$out"/libitgel_mobile.* "$out/python/"
echo "$out"

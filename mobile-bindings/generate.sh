#!/bin/sh
# Writes the bindings for Kotlin, Swift and Python:
#
#   sh mobile-bindings/generate.sh [LIBRARY]
#
# LIBRARY is one that was built already, as the tests have it; without it one is built. They are never
# committed: a binding that does not fit its library has to be noticed when it is loaded (docs/android.md).
# What is printed is the folder with kotlin/, swift/, python/ and the library.
set -eu
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
cargo build --quiet -p itgel-bindgen --features cli
out=$target/bindings
rm -rf "$out"
mkdir -p "$out"
if [ $# -gt 0 ]; then
  cp "$1" "$out/"
else
  cargo build --quiet -p itgel-mobile --lib
  for library in "$target"/debug/libitgel_mobile.so "$target"/debug/libitgel_mobile.dylib; do
    [ ! -f "$library" ] || cp "$library" "$out/"
  done
fi
for language in kotlin swift python; do
  "$target/debug/uniffi-bindgen" generate "$out"/libitgel_mobile.* --language "$language" --no-format --out-dir "$out/$language"
done
# The generated Python knows the checksums and never compares them: here it does.
module=$out/python/itgel_mobile.py
compares='_uniffi_check_api_checksums(_UniffiLib)'
sed "s/^# $compares\$/$compares/" "$module" >"$module.compares"
mv "$module.compares" "$module"
if ! grep -q "^$compares\$" "$module"; then
  echo "the Python of this uniffi would load a library that it does not fit" >&2
  exit 1
fi
# Python looks for the library beside the module.
cp "$out"/libitgel_mobile.* "$out/python/"
echo "$out"

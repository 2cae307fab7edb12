#!/bin/sh
# The Swift package, on a Mac with Xcode: sh mobile-bindings/swift/build.sh
#
# Described, not verified: docs/android.md says what has run.
set -eu
cd "$(dirname "$0")/../.."
bindings=$(sh mobile-bindings/generate.sh)
target=${CARGO_TARGET_DIR:-target}
build=mobile-bindings/swift/build
rm -rf "$build"
mkdir -p "$build/Sources" "$build/headers"
cp "$bindings/swift/itgel_mobile.swift" "$build/Sources/"
cp "$bindings/swift/itgel_mobileFFI.h" "$build/headers/"
cp "$bindings/swift/itgel_mobileFFI.modulemap" "$build/headers/module.modulemap"
set --
for triple in aarch64-apple-ios aarch64-apple-ios-sim; do
  cargo rustc --release -p itgel-mobile --lib --target "$triple" --crate-type staticlib
  set -- "$@" -library "$target/$triple/release/libitgel_mobile.a" -headers "$build/headers"
done
xcodebuild -create-xcframework "$@" -output "$build/itgel_mobileFFI.xcframework"

#!/bin/sh
# The library for phones, on a machine with an Android NDK: ANDROID_NDK_HOME=… sh mobile-bindings/android/native.sh
#
# Described, not verified: docs/android.md says what has run. It needs cargo-ndk and the targets of rustup.
set -eu
cd "$(dirname "$0")/../.."
: "${ANDROID_NDK_HOME:?names the folder of the Android NDK}"
out=$(sh mobile-bindings/generate.sh)/jniLibs
# 16 KiB pages: newer phones load nothing else.
export RUSTFLAGS="-C link-arg=-Wl,-z,max-page-size=16384"
cargo ndk -t arm64-v8a -t armeabi-v7a -P 26 -o "$out" build --release -p itgel-mobile --lib
ls -l "$out"/*/libitgel_mobile.so

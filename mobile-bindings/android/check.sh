#!/bin/sh
# Every error of Rust in the library for arm64 Android, without an NDK: sh mobile-bindings/android/check.sh FOLDER
#
# FOLDER holds a toolchain that ships the sources of std, as Debian's packages do (docs/android.md). OpenSSL and
# SQLite are not compiled: check/cc and check/ar leave empty files in their place, so nothing is linked.
set -eu
cd "$(dirname "$0")/../.."
tools=$(pwd)/mobile-bindings/android/check
export RUSTC="$1/usr/bin/rustc" LD_LIBRARY_PATH="$1/usr/lib/x86_64-linux-gnu" RUSTC_BOOTSTRAP=1
export CC_aarch64_linux_android="$tools/cc" AR_aarch64_linux_android="$tools/ar" RANLIB_aarch64_linux_android=true
# A folder of its own: the other compiler would build everything anew.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/android"
exec cargo -Zbuild-std=std,panic_unwind check --target aarch64-linux-android -p itgel-mobile --lib

#!/bin/bash
# Compiles the bindings, the shell and their tests, and runs them on the JVM:
#
#   bash mobile-bindings/kotlin/run.sh BINDINGS ERRAND [STALE]...
#
# BINDINGS is the folder that mobile-bindings/generate.sh printed, ERRAND what the tests are sent out with
# (tests/bindings), each STALE the folder of a library that the bindings do not fit. The compiler comes from npm, JNA and JUnit from Debian.
set -euo pipefail
bindings=$1 errand=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
jars=/usr/share/java
for jar in jna junit4 hamcrest; do
  if [ ! -f "$jars/$jar.jar" ]; then
    echo "$jars/$jar.jar is missing: apt-get install --no-install-recommends libjna-java libjna-jni junit4 libhamcrest-java" >&2
    exit 1
  fi
done
compiler=$here/node_modules/kotlin-compiler
if [ ! -d "$compiler" ]; then
  (cd "$here" && npm ci --silent)
fi
classpath=$jars/jna.jar:$jars/junit4.jar:$jars/hamcrest.jar:$compiler/lib/kotlin-stdlib.jar
build=$bindings/jvm
mkdir -p "$build"
shell=$here/../android
# The stubs stand in for Android while types are checked; nothing of them is compiled or loaded.
bash "$compiler/bin/kotlinc-jvm" -nowarn -jvm-target 17 -no-stdlib -no-reflect -classpath "$classpath" -d "$build/tests.jar" \
  "$bindings/kotlin" "$shell/app/src/main/kotlin" "$shell/stubs" "$here/tests"
# With a library of $1 the tests of the other arguments.
run() {
  local library=$1
  shift
  # The heap is all there from the start and the compiler of the machine keeps to its small one, so that
  # what grows in the soak is ours.
  java -Xms64m -Xmx64m -XX:+AlwaysPreTouch -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xss512k \
    -Djna.library.path="$library:/usr/lib/x86_64-linux-gnu/jni:/usr/lib/aarch64-linux-gnu/jni" \
    -Ditgel.errand="$errand" -classpath "$build/tests.jar:$classpath" org.junit.runner.JUnitCore "$@"
}
for stale in "$@"; do
  run "$stale" itgel.field.StaleTest
done
run "$bindings" itgel.field.FieldHostTest itgel.field.PlatformKeysTest itgel.field.VisitTest

#!/bin/sh
# The build of the repository under test: sh build.sh NODE LIB COUNT
# NODE: a node jar; LIB: a folder of its jars to compile against, or "-" for no CorDapp; COUNT: gets a line for each build.
set -eu
node=$1
lib=$2
count=$3
echo "built with $JAVA_HOME by $$" >> "$count"
mkdir -p build/libs
cp "$node" build/libs/
[ "$lib" = - ] && exit 0
echo "compiling against $lib"
mkdir -p build/classes build/apps
javac -nowarn -parameters -proc:none -cp "$lib/*" -d build/classes $(find src -name '*.java')
jar cfm build/apps/greeting-1.0.jar MANIFEST.txt -C build/classes .

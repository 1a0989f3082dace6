#!/bin/sh
# The build of a release whose payments are a cent too much: sh build.sh NODE LIB CONTRACTS WORKFLOWS
# NODE: a node jar; LIB: a folder of its jars; CONTRACTS, WORKFLOWS: the finance CorDapps that it is like otherwise.
set -eu
node=$1
lib=$2
contracts=$3
workflows=$4
mkdir -p build/libs build/apps build/classes build/jar
cp "$node" build/libs/
javac -nowarn -parameters -proc:none -cp "$lib/*:$contracts:$workflows" -d build/classes $(find src -name '*.java')
(cd build/jar && jar xf "$workflows")
# What was signed is another jar: neither the signature nor the digests it is about go along.
awk '/^\r?$/ { exit } { print }' build/jar/META-INF/MANIFEST.MF > build/MANIFEST.MF
rm build/jar/META-INF/MANIFEST.MF build/jar/META-INF/*.SF build/jar/META-INF/*.EC
cp -R build/classes/. build/jar/
jar cfm "build/apps/$(basename "$workflows")" build/MANIFEST.MF -C build/jar .

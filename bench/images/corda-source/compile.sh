#!/bin/sh
# Corda's core and finance, as its own build makes them, one after the other: sh compile.sh LIB COMPILER ALLOPEN NOARG
# LIB: a folder of a node's jars; COMPILER: a class path; the others: its plugins, for the classes that Hibernate keeps.
set -eu
lib=$1
compiler=$2
plugins="-Xplugin=$3 -Xplugin=$4 -P plugin:org.jetbrains.kotlin.noarg:preset=jpa"
for kind in Entity Embeddable MappedSuperclass; do
  plugins="$plugins -P plugin:org.jetbrains.kotlin.allopen:annotation=javax.persistence.$kind"
done
# Not the node's own core: the one that is made here.
path=$(find "$lib" -name '*.jar' ! -name 'corda-core-*' | tr '\n' ':')
mkdir -p build/apps

module() { # NAME, and more options
  name=$1
  shift
  echo "compiling $name"
  classes=build/corda/$name
  mkdir -p "$classes"
  "$JAVA_HOME/bin/java" -Xmx1g -cp "$compiler" org.jetbrains.kotlin.cli.jvm.K2JVMCompiler \
    -no-stdlib -no-reflect -nowarn -jvm-target 1.8 -java-parameters $plugins "$@" \
    -classpath "$path" -d "$classes" "$name"
  java=$(find "$name" -name '*.java')
  [ -z "$java" ] || javac -nowarn -parameters -proc:none -encoding UTF-8 -cp "$classes:$path" -d "$classes" $java
  (cd "$name" && find . -type f ! -name '*.kt' ! -name '*.java' -exec cp --parents '{}' "../$classes" ';')
  path=$classes:$path
}

module corda-core -Xjvm-default=enable
for name in corda-finance-contracts corda-finance-workflows; do
  module "$name"
  jar cf "build/apps/$name.jar" -C "build/corda/$name" .
done

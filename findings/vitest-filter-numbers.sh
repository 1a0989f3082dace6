#!/usr/bin/env bash
# vitest 4.1.12 reads a filter that looks like a number as that number.
#
#   vitest list -t 4.10      lists the tests named "of 4.10" and "of 4.11" alike: the pattern became 4.1.
#   vitest list --project 4.8, where a project has that name, ends with 1: TypeError: pattern.split is not a function
#
# Seen on Node 20.20.2, Linux x64, 2026-11-30; vitest 5.1.2 on Node 24 does the same.
# These work: -t '4[.]10' and --project '*4.8*'.
# Exit status: 0 seen as stated here, 1 seen otherwise, 2 not tried.
set -uo pipefail
folder=$(mktemp -d) && cd "$folder" || exit 2
trap 'rm -rf "$folder"' EXIT

echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error vitest@4.1.12 || exit 2
cat > vitest.config.js <<'CONFIG'
export default { test: { projects: [{ test: { name: '4.8', include: ['*.test.js'] } }] } };
CONFIG
cat > names.test.js <<'TESTS'
import { test } from 'vitest';
test('of 4.10', () => {});
test('of 4.11', () => {});
TESTS

npx vitest list > all.txt 2>&1 || { cat all.txt; exit 2; }
npx vitest list -t 4.10 > by-name.txt 2>&1
echo "-t 4.10 lists:"; cat by-name.txt
npx vitest list -t '4[.]10' > by-pattern.txt 2>&1
echo "-t '4[.]10' lists:"; cat by-pattern.txt
npx vitest list --project 4.8 > by-project.txt 2>&1
status=$?
echo "--project 4.8 ends with $status:"; grep -m1 'TypeError' by-project.txt

grep -q 'of 4.10' by-name.txt && grep -q 'of 4.11' by-name.txt || exit 1
grep -q 'of 4.10' by-pattern.txt && ! grep -q 'of 4.11' by-pattern.txt || exit 1
[ "$status" = 1 ] && grep -q 'TypeError: pattern.split is not a function' by-project.txt || exit 1
echo "as stated"

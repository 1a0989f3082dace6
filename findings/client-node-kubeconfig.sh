#!/usr/bin/env bash
# @kubernetes/client-node 1.4.0 reads a KUBECONFIG of several files, but not as kubectl does.
#
#   two files, each with a current context   the last one counts     (kubectl: the first)
#   a file that does not exist               throws ENOENT           (kubectl leaves it out)
#   a cluster of the same name in both       throws Duplicate        (kubectl: the first counts)
#
# Output seen: "current: two", "missing: ENOENT", "twice: Duplicate cluster: one". Node 20.20.2, Linux x64, 2026-11-30;
# version 2.0.1 does the same. kubectl's rules: "Merging kubeconfig files" in the Kubernetes documentation.
# Exit status: 0 seen as stated here, 1 seen otherwise, 2 not tried.
set -uo pipefail
folder=$(mktemp -d) && cd "$folder" || exit 2
trap 'rm -rf "$folder"' EXIT

echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error @kubernetes/client-node@1.4.0 || exit 2

# kubeconfig NAME: a file with one cluster, one user and one context, all of that name, which is current.
kubeconfig() {
  cat <<CONFIG
apiVersion: v1
kind: Config
clusters: [{ name: $1, cluster: { server: "https://$1.example" } }]
users: [{ name: $1, user: { token: $1 } }]
contexts: [{ name: $1, context: { cluster: $1, user: $1 } }]
current-context: $1
CONFIG
}
kubeconfig one > one
kubeconfig two > two
kubeconfig one > again

cat > read.js <<'PROGRAM'
import { KubeConfig } from '@kubernetes/client-node';
const config = new KubeConfig();
try {
  config.loadFromDefault();
  console.log(config.getCurrentContext());
} catch (error) {
  console.log(error.code ?? error.message);
}
PROGRAM

current=$(KUBECONFIG=one:two node read.js) || exit 2
missing=$(KUBECONFIG=gone:one node read.js) || exit 2
twice=$(KUBECONFIG=one:again node read.js) || exit 2
printf 'current: %s\nmissing: %s\ntwice: %s\n' "$current" "$missing" "$twice"
[ "$current" = two ] && [ "$missing" = ENOENT ] && [ "$twice" = 'Duplicate cluster: one' ] || exit 1
echo "as stated"

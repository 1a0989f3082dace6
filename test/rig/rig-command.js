// `rig-command.js up`: prints the environment of the rigs as lines for a shell, for `eval "$(test/rig/up)"`.
// `rig-command.js down`: ends them; status 1 if anything is left. `rig-command.js build`: only builds Kubernetes.
// All of them; `up docker`, `down docker`, `up cluster`, `down cluster`: one.
import { register } from 'tsx/esm/api';

register({ tsconfig: false });
const { bringUp, RIG_ROOT, takeDown } = await import('./docker-rig.ts');
const { bringUpCluster, CLUSTER_ROOT, takeDownCluster } = await import('./cluster-rig.ts');
const { buildBox } = await import('./kubernetes/build.ts');
const { CONTROL_PACKAGES, installPackages } = await import('./packages.ts');
const { envText } = await import('./env-text.ts');
const say = (text) => console.error(`rig: ${text}`);
const RIGS = {
  docker: { up: () => bringUp(RIG_ROOT, say), down: () => takeDown(RIG_ROOT) },
  cluster: { up: () => bringUpCluster(CLUSTER_ROOT, say), down: () => takeDownCluster(CLUSTER_ROOT) },
};
const [command, name] = process.argv.slice(2);
try {
  if (name !== undefined && !(name in RIGS)) throw new Error(`no rig ${name}: expected docker or cluster`);
  const rigs = name === undefined ? Object.values(RIGS) : [RIGS[name]];
  if (command === 'build') await buildBox(say);
  else if (command === 'up') {
    if (name === undefined) await installPackages(CONTROL_PACKAGES, say);
    // One after the other: both may install packages. What is up can be used, whatever becomes of the other.
    for (const rig of rigs) process.stdout.write(envText(await rig.up()));
  } else {
    const left = [];
    for (const rig of rigs.reverse()) left.push(...(await rig.down()));
    say(left.length === 0 ? '0 leftovers' : `left behind: ${left.join(', ')}`);
    process.exitCode = left.length === 0 ? 0 : 1;
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

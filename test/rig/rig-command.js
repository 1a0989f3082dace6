// `rig-command.js up`: prints the environment of the Docker rig as lines for a shell, for `eval "$(test/rig/up)"`.
// `rig-command.js down`: ends it; status 1 if anything is left.
import { register } from 'tsx/esm/api';

register({ tsconfig: false });
const { bringUp, envText, RIG_ROOT, takeDown } = await import('./docker-rig.ts');
const say = (text) => console.error(`rig: ${text}`);
try {
  if (process.argv[2] === 'up') process.stdout.write(envText(await bringUp(RIG_ROOT, say)));
  else {
    const left = await takeDown(RIG_ROOT);
    say(left.length === 0 ? '0 leftovers' : `left behind: ${left.join(', ')}`);
    process.exitCode = left.length === 0 ? 0 : 1;
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

import { editDistance } from '../support/edit-distance.ts';

/**
 * The candidate that a mistyped name most likely meant, or undefined where none is near.
 * Near: at most a third of the letters (and at least one) differ; case does not matter.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (!best || distance < best.distance) best = { candidate, distance };
  }
  const allowed = Math.max(1, Math.floor(name.length / 3));
  return best && best.distance <= allowed ? best.candidate : undefined;
}

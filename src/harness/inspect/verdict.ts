import type { Finding, Inspected } from './rules.ts';

export interface InspectedWith {
  readonly release: Pick<Inspected, 'id' | 'cordapps'>;
  readonly findings: readonly Finding[];
}

export interface InspectionVerdict {
  /** Absent if every release takes its CorDapps. */
  readonly refusal?: { readonly outcome: 'incompatible' | 'not-built'; readonly message: string };
  readonly warnings: readonly string[];
}

/**
 * The meaning of findings for a cell: `incompatible` if a release refuses a CorDapp that another one of the cell takes,
 * `not-built` if no release of the cell takes it.
 */
export function judgeInspection(all: readonly InspectedWith[]): InspectionVerdict {
  const refused = all.flatMap(({ findings }) => findings.filter((finding) => finding.refused));
  const warnings = sentences(all.flatMap(({ findings }) => findings.filter((finding) => !finding.refused)));
  if (refused.length === 0) return { warnings };
  const outcome = refused.some((finding) => isTakenElsewhere(finding, all)) ? 'incompatible' : 'not-built';
  return { refusal: { outcome, message: sentences(refused).join(' ') }, warnings };
}

function isTakenElsewhere({ jars }: Finding, all: readonly InspectedWith[]): boolean {
  const wanted = jars.map(({ sha256 }) => sha256);
  return all.some(({ release, findings }) => {
    const carries = wanted.every((sha256) => release.cordapps.some((jar) => jar.sha256 === sha256));
    const refuses = findings.some((each) => each.refused && each.jars.some(({ sha256 }) => wanted.includes(sha256)));
    return carries && !refuses;
  });
}

/** A sentence for each finding, with what each release makes of it. */
function sentences(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ what }) => what))].map((what) => {
    const same = findings.filter((finding) => finding.what === what);
    const here = [...new Set(same.map((finding) => finding.here))].join('; ');
    return `${what}: ${here}.${same[0]?.advice ? ` ${same[0].advice}` : ''}`;
  });
}

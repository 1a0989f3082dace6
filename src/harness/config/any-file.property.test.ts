import { fc, test as property } from '@fast-check/vitest';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { expand } from './expand.ts';
import { loadMatrix } from './load.ts';
import { FINANCE, folderWithMatrix, mavenReleases } from '../testing/matrix.ts';
import { MatrixError } from './problems.ts';

const VALID = {
  releases: mavenReleases('4.8', '4.10'),
  cordapps: FINANCE,
  pairs: [['4.8', '4.10']],
  topology: { notary: 'left' },
  limits: { flow: 1 },
  known: [{ pair: '4.8+4.10', reason: 'x', until: '2027-01-31', failures: [{ name: 'x' }] }],
};

const key = fc.oneof(fc.string(), fc.constantFrom(...Object.keys(VALID), '4.8', 'maven', 'jar', '__proto__'));
/** A valid file in which one thing was replaced or added, at the top or one level down. */
const disturbed = fc.oneof(
  fc.jsonValue(),
  fc.tuple(key, fc.jsonValue()).map(([name, value]) => ({ ...VALID, [name]: value })),
  fc
    .tuple(fc.constantFrom('releases', 'cordapps', 'topology', 'limits'), key, fc.jsonValue())
    .map(([section, name, value]) => ({
      ...VALID,
      [section]: { ...(VALID as Record<string, object>)[section], [name]: value },
    })),
  fc.array(fc.array(fc.string())).map((pairs) => ({ ...VALID, pairs })),
  fc.string().map((pair) => ({ ...VALID, known: [{ ...VALID.known[0], pair }] })),
);

describe('whatever the file says', () => {
  property.prop([fc.array(disturbed, { minLength: 30, maxLength: 30 })], { numRuns: 20 })(
    'it is loaded and expands, or is refused with problems; nothing crashes',
    async (files) => {
      const cwd = await folderWithMatrix('');
      for (const file of files) {
        await writeFile(join(cwd, 'matrix.json'), JSON.stringify(file));
        try {
          expect(expand(await loadMatrix({ cwd, env: {} })).length).toBeGreaterThan(0);
        } catch (error) {
          if (!(error instanceof MatrixError)) throw error;
          expect(error.problems.length).toBeGreaterThan(0);
        }
      }
    },
  );
});

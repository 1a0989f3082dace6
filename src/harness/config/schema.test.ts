import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCells } from './expand.ts';
import { matrixJsonSchema } from './schema.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

interface SchemaNode {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | false;
  readonly items?: SchemaNode | readonly SchemaNode[];
}

/** Paths of fields that say nothing to an editor. */
function undescribed(node: SchemaNode, path: string): string[] {
  const fields = Object.entries(node.properties ?? {}).flatMap(([key, field]) => [
    ...(field.description === undefined ? [`${path}.${key}`] : []),
    ...undescribed(field, `${path}.${key}`),
  ]);
  const values = node.additionalProperties ? undescribed(node.additionalProperties, `${path}.*`) : [];
  const items = [node.items ?? []].flat().flatMap((item) => undescribed(item, `${path}[]`));
  return [...fields, ...values, ...items];
}

describe('matrix.schema.json', () => {
  test('describes every field', () => {
    const schema = matrixJsonSchema() as SchemaNode;
    expect(Object.keys(schema.properties ?? {})).toContain('releases');
    expect(undescribed(schema, 'matrix')).toEqual([]);
  });

  test('refuses unknown keys and asks for no more than releases', () => {
    expect(matrixJsonSchema()).toMatchObject({ additionalProperties: false, required: ['releases'] });
  });

  test('lies in the repository as it is generated', async () => {
    const text = await readFile(resolve(ROOT, 'matrix.schema.json'), 'utf8');
    expect(JSON.parse(text)).toEqual(matrixJsonSchema());
  });
});

test('the default matrix is valid and means what the README says', async () => {
  const { cells, matrix } = await loadCells({ cwd: ROOT, env: {} });
  expect(cells.map(({ name }) => name)).toEqual(['4.5+4.8', '4.8+4.10']);
  expect(matrix.warnings).toEqual([]);
  expect(matrix.workload).toEqual({
    seed: 1,
    operations: 24,
    parallel: 4,
    shrink: { tries: 5, limit: 600_000 },
  });
});

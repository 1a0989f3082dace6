import { z } from 'zod';
import { WORKLOAD_KINDS } from '../../domain/cell.ts';

/** 2: drivers take their token in a header of its own. 3: nodes name their release. */
const FORMAT = 3;

const access = z.object({ url: z.string(), user: z.string(), password: z.string() });

const node = z.object({
  id: z.string(),
  party: z.string(),
  release: z.string(),
  notary: z.boolean(),
  validating: z.boolean().exactOptional(),
  notarisesAs: z.string().exactOptional(),
  cordapps: z
    .array(z.object({ name: z.string(), sha256: z.string(), signed: z.boolean() }))
    .readonly()
    .exactOptional(),
  keepsRefusals: z.boolean(),
});

/** As the driver is told of it: addresses inside the namespace. */
const connection = z.object({
  id: z.string(),
  party: z.string(),
  rpc: z.string(),
  user: z.string(),
  password: z.string(),
  database: access,
  jolokia: z.string().exactOptional(),
});

const driver = z.object({ id: z.string(), port: z.number(), token: z.string(), nodes: z.array(connection) });

const workload = z.object({ resident: z.string(), name: z.string(), kind: z.enum(WORKLOAD_KINDS) });

const release = z.object({
  release: z.string(),
  version: z.string().exactOptional(),
  origin: z.string().exactOptional(),
  commit: z.string().exactOptional(),
  sha256: z.string().exactOptional(),
  java: z.string().exactOptional(),
  cordapps: z.array(z.object({ name: z.string(), sha256: z.string(), origin: z.string() })),
});

const schema = z.object({
  format: z.literal(FORMAT),
  cell: z.string(),
  nodes: z.array(node),
  drivers: z.array(driver),
  workloads: z.array(workload),
  /** What the cell's releases are made of, for reports. */
  releases: z.array(release),
});

/** All that a harness needs to use a network that it did not make. */
export type AttachDocument = Omit<z.infer<typeof schema>, 'format'>;

export function writeAttachDocument(document: AttachDocument): string {
  return `${JSON.stringify({ format: FORMAT, ...document }, undefined, 2)}\n`;
}

/** @throws Error that says what is wrong with it */
export function readAttachDocument(text: string): AttachDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const format = z.object({ format: z.unknown().optional() }).safeParse(value).data?.format;
  if (format !== FORMAT) {
    throw new Error(`its format is ${JSON.stringify(format)}, this version reads ${FORMAT}: write it again`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}

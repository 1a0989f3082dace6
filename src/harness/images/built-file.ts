import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Appends a line, unless the file has it; another run may do the same at once. */
export async function appendOnce(file: string, line: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (text.split('\n').includes(line)) return;
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a');
  try {
    // Somebody's editor may have left out the last line's end.
    await handle.write(`${text !== '' && !text.endsWith('\n') ? '\n' : ''}${line}\n`);
  } finally {
    await handle.close();
  }
}

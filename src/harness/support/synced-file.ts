import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** How text gets to the end of a file, and then to the disk. */
export type AppendToDisk = (path: string, text: string) => Promise<void>;

/** Appends and waits until the disk has it: what is appended outlives the process, and the machine's sudden end. */
export const appendToDisk: AppendToDisk = async (path, text) => {
  const file = await open(path, 'a');
  try {
    const { size } = await file.stat();
    await file.appendFile(text);
    await file.datasync();
    if (size === 0) await syncFolder(dirname(path));
  } finally {
    await file.close();
  }
};

/** Of a new file the folder must have its name on the disk as well. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Whether a file ends in the middle of a line. A file that is not there does not. */
export async function endsWithinLine(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      return size > 0 && last.toString() !== '\n';
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

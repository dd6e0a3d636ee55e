import { fromBuffer, type ZipFile } from 'yauzl';
import { invalidParameter } from './errors.ts';

/** "250 MB unzipped" */
export const UNZIPPED_BYTES_MAX = 262_144_000;

/** Refuses what is no zip, or too large unpacked by its own account, before it is stored; unpacking checks the rest. */
export async function checkZip(bytes: Buffer): Promise<void> {
  let unzipped: number;
  try {
    unzipped = await unzippedBytes(bytes);
  } catch {
    throw invalidParameter('Could not unzip uploaded file. Please check your file, then try to upload again.');
  }
  if (unzipped > UNZIPPED_BYTES_MAX) {
    throw invalidParameter(`Unzipped size must be smaller than ${UNZIPPED_BYTES_MAX} bytes`);
  }
}

async function unzippedBytes(bytes: Buffer): Promise<number> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: false }, (error, opened) => (opened ? resolve(opened) : reject(error)));
  });
  return new Promise((resolve, reject) => {
    let total = 0;
    zip.on('entry', (entry: { uncompressedSize: number }) => (total += entry.uncompressedSize));
    zip.on('end', () => resolve(total));
    zip.on('error', reject);
  });
}

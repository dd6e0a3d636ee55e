// An image archive that a template names by its path, as `sam build` takes it: into the image store, and by its digest into
// the template.
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { ImageRefused, openImageStore } from '#functions/index.ts';
import type { Platform } from '#kernel/platform.ts';

/** Why an archive could not be taken, for the person who deploys. */
export class LocalImageRefused extends Error {}

const NAME_DIGITS = 12;
/** addresses by file, time and size: a template is deployed again whenever any of its files changes */
const known = new Map<string, string>();

/** The address that ImageUri takes in the place of the path. */
export async function loadLocalImage({ config }: Platform, file: string, place: string): Promise<string> {
  if (config.dataDir === undefined) {
    throw new LocalImageRefused(
      `${place} names the image archive ${file}: start without --memory, images need a folder`,
    );
  }
  const { mtimeMs, size } = statSync(file);
  const version = JSON.stringify([config.dataDir, file, mtimeMs, size]);
  const before = known.get(version);
  if (before !== undefined) return before;
  const repository = `local/${createHash('sha256').update(file).digest('hex').slice(0, NAME_DIGITS)}`;
  try {
    const store = await openImageStore(config.dataDir);
    const [loaded] = await store.load(file, `${repository}:latest`);
    const address = `${repository}@${loaded?.image.digest}`;
    known.set(version, address);
    return address;
  } catch (error) {
    if (!(error instanceof ImageRefused)) throw error;
    throw new LocalImageRefused(`${place} names ${file}, which cannot be loaded: ${error.message}`, { cause: error });
  }
}

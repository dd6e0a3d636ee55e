// The images of this machine: folders named by digest that are never changed, and names that lead to them. There is no
// daemon: `gatehouse image` writes here whether a server runs or not, and a server reads what it needs when it needs it.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomIds } from '#core/ids.ts';
import { type ImageAddress, localName, parseImageAddress } from './address.ts';
import { type ArchivedImage, openArchive } from './archive.ts';
import { applyLayer, wholeAllowance } from './layer.ts';
import { makeMountPoints } from './mount-points.ts';
import { ImageRefused } from './refused.ts';
import { RootFolder } from './root-folder.ts';

/** What an image says about running it. */
export interface ImageSettings {
  entryPoint: string[];
  command: string[];
  workingDirectory: string;
  environment: Record<string, string>;
}

export interface Image extends ImageSettings {
  digest: string;
  /** unpacked */
  bytes: number;
  loadedAt: number;
  /** its bundles of trusted roots, below the root */
  bundles: string[];
  /** names of the files in its /opt/extensions */
  extensions: string[];
}

export interface NamedImage {
  names: string[];
  image: Image;
}

interface Name {
  name: string;
  digest: string;
}

const IMAGES = 'unpacked';
const NAMES = 'names';
const SCRATCH = '.loading-';
const SCRATCH_AGE_MS_MAX = 24 * 3_600_000;

export class ImageStore {
  #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Takes in what an archive holds for this machine. Throws ImageRefused for what is no such archive. */
  async load(archive: string, name?: string): Promise<NamedImage[]> {
    const asked = name === undefined ? undefined : requireName(name);
    mkdirSync(join(this.#directory, IMAGES), { recursive: true, mode: 0o700 });
    mkdirSync(join(this.#directory, NAMES), { recursive: true, mode: 0o700 });
    this.#sweep();
    const scratch = join(this.#directory, `${SCRATCH}${randomIds.lower(8)}`);
    try {
      const found = await openArchive(archive, join(scratch, 'archive'));
      if (asked !== undefined && found.length > 1) {
        throw new ImageRefused(`${found.length} images, of which one alone can be named ${asked}`);
      }
      const loaded: NamedImage[] = [];
      for (const [index, one] of found.entries()) {
        const names = asked === undefined ? one.names : [asked];
        if (names.length === 0)
          throw new ImageRefused('an image without a name: give it one with --name repository:tag');
        const image = await this.#unpack(one, join(scratch, String(index)));
        for (const each of names) this.#setName(each, image.digest);
        if (one.indexDigest !== undefined) this.#setName(`@${one.indexDigest}`, image.digest);
        loaded.push({ names, image });
      }
      await flush(this.#directory);
      return loaded;
    } catch (error) {
      throw String((error as NodeJS.ErrnoException).code).startsWith('Z_')
        ? new ImageRefused('a layer that cannot be decompressed', { cause: error })
        : error;
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }

  list(): NamedImage[] {
    const names = this.#names();
    return readNames(join(this.#directory, IMAGES))
      .map((folder) => this.findDigest(`sha256:${folder}`))
      .filter((image) => image !== undefined)
      .map((image) => ({
        image,
        names: names
          .filter((each) => each.digest === image.digest && !each.name.startsWith('@'))
          .map((each) => each.name),
      }));
  }

  /** The image that an address means here. */
  find(address: ImageAddress): Image | undefined {
    if (address.digest !== undefined) {
      return this.findDigest(address.digest) ?? this.findDigest(this.#nameDigest(`@${address.digest}`));
    }
    return this.findDigest(this.#nameDigest(localName(address)));
  }

  /** By a name as people write it. */
  search(name: string): Image | undefined {
    const address = parseImageAddress(name);
    return address && this.find(address);
  }

  findDigest(digest: string | undefined): Image | undefined {
    if (digest === undefined) return undefined;
    return readJson<Image>(join(this.#folder(digest), 'image.json'));
  }

  /** The unpacked file tree of an image. */
  rootOf(digest: string): string {
    return join(this.#folder(digest), 'root');
  }

  /** Forgets a name and, with the last name, the image. Answers whether the image went too. */
  remove(name: string): { digest: string; gone: boolean } | undefined {
    const address = parseImageAddress(name);
    const image = address && this.find(address);
    if (!image) return undefined;
    const all = this.#names().filter((each) => each.digest === image.digest);
    const forgotten = address.digest === undefined ? all.filter((each) => each.name === localName(address)) : all;
    const gone = all.every((each) => forgotten.includes(each) || each.name.startsWith('@'));
    for (const each of gone ? all : forgotten) rmSync(this.#nameFile(each.name), { force: true });
    if (gone) {
      // whole or gone, however this ends
      const grave = join(this.#directory, `${SCRATCH}${randomIds.lower(8)}`);
      renameSync(this.#folder(image.digest), grave);
      rmSync(grave, { recursive: true, force: true });
    }
    return { digest: image.digest, gone };
  }

  async #unpack(one: ArchivedImage, scratch: string): Promise<Image> {
    const known = this.findDigest(one.digest);
    if (known) return known;
    const root = new RootFolder(join(scratch, 'root'));
    const allowance = wholeAllowance();
    const { bytes } = allowance;
    for (const layer of one.layers) await applyLayer(root, layer, allowance);
    const image: Image = {
      digest: one.digest,
      bytes: bytes - allowance.bytes,
      loadedAt: Date.now(),
      bundles: makeMountPoints(root),
      extensions: listExtensions(root),
      ...settingsOf(one),
    };
    writeFileSync(join(scratch, 'image.json'), JSON.stringify(image));
    await flush(scratch);
    try {
      renameSync(scratch, this.#folder(one.digest));
    } catch (error) {
      // somebody else has just loaded the same
      if (!this.findDigest(one.digest)) throw error;
    }
    return image;
  }

  #setName(name: string, digest: string): void {
    const file = this.#nameFile(name);
    const temporary = `${file}.${randomIds.lower(8)}`;
    writeFileSync(temporary, JSON.stringify({ name, digest } satisfies Name), { mode: 0o600 });
    renameSync(temporary, file);
  }

  #names(): Name[] {
    const folder = join(this.#directory, NAMES);
    const found = readNames(folder).filter((file) => !file.includes('.'));
    return found.map((file) => readJson<Name>(join(folder, file))).filter((name) => name !== undefined);
  }

  #nameDigest(name: string): string | undefined {
    return readJson<Name>(this.#nameFile(name))?.digest;
  }

  /** Names may be longer than a file's name. */
  #nameFile(name: string): string {
    return join(this.#directory, NAMES, createHash('sha256').update(name).digest('hex'));
  }

  #folder(digest: string): string {
    return join(this.#directory, IMAGES, digest.slice('sha256:'.length));
  }

  /** What a load that was killed left. */
  #sweep(): void {
    for (const name of readNames(this.#directory).filter((each) => each.startsWith(SCRATCH))) {
      const path = join(this.#directory, name);
      const made = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
      if (Date.now() - made > SCRATCH_AGE_MS_MAX) rmSync(path, { recursive: true, force: true });
    }
  }
}

function listExtensions(root: RootFolder): string[] {
  const folder = root.find('opt/extensions');
  if (folder === undefined || !root.stat(folder)?.isDirectory()) return [];
  const entries = readdirSync(join(root.path, folder), { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

function requireName(name: string): string {
  const address = parseImageAddress(name);
  if (!address || address.digest !== undefined) throw new ImageRefused(`the name ${name}: write repository:tag`);
  return localName(address);
}

function settingsOf({ config: { config = {} } }: ArchivedImage): ImageSettings {
  const environment = (config.Env ?? []).map((text) => {
    const equals = text.indexOf('=');
    return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
  });
  return {
    entryPoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    workingDirectory: config.WorkingDir || '/',
    environment: Object.fromEntries(environment) as Record<string, string>,
  };
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A loaded image outlives a power cut: the whole file system at once is quicker than a hundred thousand files. */
function flush(folder: string): Promise<void> {
  return new Promise((resolve) => {
    execFile('sync', ['-f', folder], () => resolve());
  });
}

import path from 'node:path';
import { ImageRefused, openImageStore, type ImageStore } from '#functions/index.ts';
import { callApi } from './client.ts';
import { CommandError, userPath, type Command } from './command.ts';
import { findRunning, type Running } from './running.ts';
import { findTemplate } from './template-file.ts';

const USAGE = `gatehouse image load FILE [--name REPOSITORY:TAG]
gatehouse image list
gatehouse image remove NAME

Container images for functions of PackageType Image, without Docker. FILE is what "docker save", "podman save",
"skopeo copy" or "docker buildx build --output type=oci" wrote: a tar, compressed or not, or an OCI layout in a folder.
ImageUri finds an image by its name, with an account's registry before it
(123456789012.dkr.ecr.us-east-1.amazonaws.com/REPOSITORY:TAG) or without, and by @sha256:DIGEST.

  --data DIR   the data folder of start or serve (default: .gatehouse beside the template)
`;
const BYTES_PER_MB = 1024 * 1024;
const SHOWN_DIGITS = 12;

const dataFolder = (options: { data?: string }): string =>
  options.data ? userPath(options.data) : path.join(path.dirname(findTemplate(undefined)), '.gatehouse');

async function load(store: ImageStore, file: string | undefined, name: string | undefined): Promise<void> {
  if (!file) throw new CommandError('name a file: gatehouse image load FILE');
  try {
    for (const { names, image } of await store.load(userPath(file), name)) {
      process.stdout.write(`${names.join(' ')} is ${image.digest}\n`);
    }
  } catch (error) {
    if (error instanceof ImageRefused) throw new CommandError(`${file} cannot be loaded: ${error.message}`);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new CommandError(`there is no file ${file}`);
    throw error;
  }
}

function list(store: ImageStore): void {
  const images = store.list();
  if (images.length === 0) process.stdout.write('no images: gatehouse image load FILE brings one\n');
  for (const { names, image } of images) {
    const digest = image.digest.slice(0, 'sha256:'.length + SHOWN_DIGITS);
    const size = `${Math.ceil(image.bytes / BYTES_PER_MB)} MB`;
    process.stdout.write(`${digest}  ${size.padStart(8)}  ${names.join(' ') || '(no name)'}\n`);
  }
}

async function remove(store: ImageStore, name: string | undefined, running: Running | undefined): Promise<void> {
  if (!name) throw new CommandError('name an image: gatehouse image remove NAME');
  const found = store.search(name);
  if (!found) throw new CommandError(`there is no image ${name}: gatehouse image list shows what there is`);
  const users = running ? await usersOf(running, found.digest) : [];
  if (users.length > 0) {
    throw new CommandError(`${users.join(', ')} would no longer start without ${name}: delete or update first`);
  }
  const gone = store.remove(name)?.gone ?? false;
  process.stdout.write(gone ? `removed ${name}\n` : `removed the name ${name}; the image has others\n`);
}

/** Functions of a server that runs, by version. */
async function usersOf(running: Running, digest: string): Promise<string[]> {
  const users: string[] = [];
  let marker = '';
  do {
    const query = marker === '' ? '' : `&Marker=${encodeURIComponent(marker)}`;
    const target = `/2015-03-31/functions/?FunctionVersion=ALL${query}`;
    const { body } = await callApi(running, { service: 'lambda', method: 'GET', target });
    const page = JSON.parse(body) as {
      Functions: { FunctionName: string; Version: string; CodeSha256: string }[];
      NextMarker?: string;
    };
    for (const { FunctionName, Version, CodeSha256 } of page.Functions) {
      if (`sha256:${CodeSha256}` === digest) users.push(`${FunctionName}:${Version}`);
    }
    marker = page.NextMarker ?? '';
  } while (marker !== '');
  return users;
}

export const image: Command = {
  usage: USAGE,
  options: { data: { type: 'string' }, name: { type: 'string' } },
  async run(options, [verb, what]) {
    if (verb !== 'load' && verb !== 'list' && verb !== 'remove') {
      throw new CommandError(`say what to do: gatehouse image load FILE, list, or remove NAME`);
    }
    const dataDir = dataFolder(options);
    const store = await openImageStore(dataDir);
    if (verb === 'load') await load(store, what, options['name']);
    else if (verb === 'list') list(store);
    else await remove(store, what, findRunning(dataDir));
    return 0;
  },
};

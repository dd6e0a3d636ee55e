// What `docker save`, `podman save`, `skopeo copy` and `docker buildx --output type=oci` write: a tar, or the same as a
// folder, laid out as OCI says (https://github.com/opencontainers/image-spec/blob/main/image-layout.md) or as Docker did.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { localName, parseImageAddress } from './address.ts';
import { applyTar, decompress, type Layer, readStart, wholeAllowance } from './layer.ts';
import { LAYERS_MAX, MANIFEST_BYTES_MAX, NAMES_MAX } from './limits.ts';
import { ImageRefused } from './refused.ts';
import { RootFolder } from './root-folder.ts';

export interface ArchivedImage {
  /** of its manifest: what `@sha256:…` in an address means */
  digest: string;
  /** of the index that led to it */
  indexDigest?: string;
  names: string[];
  config: ImageFile;
  layers: Layer[];
}

/** https://github.com/opencontainers/image-spec/blob/main/config.md */
export interface ImageFile {
  architecture?: string;
  os?: string;
  config?: { Env?: string[] | null; Entrypoint?: string[] | null; Cmd?: string[] | null; WorkingDir?: string };
  rootfs?: { diff_ids?: string[] };
}

interface Descriptor {
  mediaType?: string;
  digest: string;
  platform?: { architecture?: string; os?: string };
  annotations?: Record<string, string>;
}
interface Index {
  manifests?: Descriptor[];
}
interface Manifest {
  config?: Descriptor;
  layers?: Descriptor[];
}
interface DockerImage {
  Config: string;
  RepoTags?: string[] | null;
  Layers: string[];
}

const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const NAME_ANNOTATIONS = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'];
/** of buildx: what describes an image stands beside it, as if it were one */
const ATTESTATION = 'vnd.docker.reference.type';

/** Reads what an archive holds; a file is unpacked into `scratch` first. */
export async function openArchive(path: string, scratch: string): Promise<ArchivedImage[]> {
  let folder: RootFolder;
  if (statSync(path).isDirectory()) folder = new RootFolder(path);
  else {
    folder = new RootFolder(scratch);
    await applyTar(folder, decompress(path, await readStart(path)), wholeAllowance());
  }
  const archive = new Archive(folder);
  const images = archive.images().filter(({ config }) => config.architecture === ARCHITECTURE && config.os === 'linux');
  if (images.length > 0) return images;
  throw new ImageRefused(`no image for linux/${ARCHITECTURE}: build it with --platform linux/${ARCHITECTURE}`);
}

class Archive {
  #folder: RootFolder;

  constructor(folder: RootFolder) {
    this.#folder = folder;
  }

  images(): ArchivedImage[] {
    // newer Dockers write both: only the one of OCI knows the digests of a registry
    if (this.#folder.find('index.json') !== undefined) return this.#ociImages();
    if (this.#folder.find('manifest.json') !== undefined) return this.#dockerImages();
    throw new ImageRefused('neither index.json (OCI) nor manifest.json (docker save)');
  }

  #ociImages(): ArchivedImage[] {
    const index = this.#json<Index>('index.json');
    return (index.manifests ?? []).flatMap((descriptor) => this.#ociImage(descriptor));
  }

  #ociImage(descriptor: Descriptor): ArchivedImage[] {
    if (!isForUs(descriptor)) return [];
    const content = this.#blob<Index & Manifest>(descriptor.digest);
    const names = namesOf(NAME_ANNOTATIONS.map((key) => descriptor.annotations?.[key]));
    if (content.manifests) {
      const manifest = content.manifests.find(isForUs);
      if (!manifest) return [];
      const image = this.#manifestImage(manifest.digest, this.#blob<Manifest>(manifest.digest), names);
      return [{ ...image, indexDigest: descriptor.digest }];
    }
    return [this.#manifestImage(descriptor.digest, content, names)];
  }

  #manifestImage(digest: string, manifest: Manifest, names: string[]): ArchivedImage {
    if (!manifest.config || !manifest.layers)
      throw new ImageRefused(`the manifest ${digest}, which is none of an image`);
    const config = this.#blob<ImageFile>(manifest.config.digest);
    const files = manifest.layers.map((layer) => ({ file: this.#blobFile(layer.digest), digest: layer.digest }));
    return { digest, names, config, layers: withDiffIds(config, files) };
  }

  /** Docker's own layout has no manifest, so that its digest is made of what a manifest would name. */
  #dockerImages(): ArchivedImage[] {
    return this.#json<DockerImage[]>('manifest.json').map(({ Config, RepoTags, Layers }) => {
      const bytes = this.#read(Config);
      const digest = sha256(bytes);
      const said = /([0-9a-f]{64})(?:\.json)?$/.exec(Config)?.[1];
      if (said !== undefined && `sha256:${said}` !== digest) throw new ImageRefused(`${Config} with digest ${digest}`);
      const config = parse<ImageFile>(bytes, Config);
      const layers = withDiffIds(
        config,
        Layers.map((layer) => ({ file: this.#file(layer) })),
      );
      const manifest = {
        schemaVersion: 2,
        config: { digest },
        layers: layers.map(({ diffId }) => ({ digest: diffId })),
      };
      return { digest: sha256(Buffer.from(JSON.stringify(manifest))), names: namesOf(RepoTags ?? []), config, layers };
    });
  }

  #blobFile(digest: string): string {
    if (!DIGEST.test(digest)) throw new ImageRefused(`the digest ${digest}: only sha256 is known`);
    return this.#file(`blobs/${digest.replace(':', '/')}`);
  }

  #blob<T>(digest: string): T {
    const file = this.#blobFile(digest);
    const bytes = readSmall(file);
    if (sha256(bytes) !== digest)
      throw new ImageRefused(`a file with digest ${sha256(bytes)} in the place of ${digest}`);
    return parse<T>(bytes, digest);
  }

  #json<T>(name: string): T {
    return parse<T>(this.#read(name), name);
  }

  #read(name: string): Buffer {
    return readSmall(this.#file(name));
  }

  #file(name: string): string {
    const path = this.#folder.find(name);
    if (path === undefined) throw new ImageRefused(`an archive without ${name}`);
    return join(this.#folder.path, path);
  }
}

const isForUs = ({ platform, annotations }: Descriptor): boolean =>
  annotations?.[ATTESTATION] === undefined &&
  (platform === undefined || (platform.architecture === ARCHITECTURE && platform.os === 'linux'));

function withDiffIds(config: ImageFile, files: Omit<Layer, 'diffId'>[]): Layer[] {
  const diffIds = config.rootfs?.diff_ids ?? [];
  if (diffIds.length !== files.length)
    throw new ImageRefused(`${files.length} layers and ${diffIds.length} digests of them`);
  if (files.length > LAYERS_MAX) throw new ImageRefused(`more than ${LAYERS_MAX} layers`);
  return files.map((file, index) => ({ ...file, diffId: diffIds[index] ?? '' }));
}

/** A mere tag says nothing of whose it is. */
function namesOf(texts: readonly (string | undefined)[]): string[] {
  const names = texts.map((text) => {
    const address = text !== undefined && /[:/]/.test(text) ? parseImageAddress(text) : undefined;
    return address && localName(address);
  });
  return [...new Set(names.filter((name) => name !== undefined))].slice(0, NAMES_MAX);
}

const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

function readSmall(file: string): Buffer {
  const stats = statSync(file);
  if (!stats.isFile() || stats.size > MANIFEST_BYTES_MAX) throw new ImageRefused(`${file}, which is no small file`);
  return readFileSync(file);
}

function parse<T>(bytes: Buffer, name: string): T {
  try {
    return JSON.parse(bytes.toString()) as T;
  } catch (error) {
    throw new ImageRefused(`${name}, which is not JSON`, { cause: error });
  }
}

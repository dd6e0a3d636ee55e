// Container images made of this machine's own bash, as docker save and OCI tools write them; and tar archives with entries
// that no honest tool writes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

export interface Entry {
  path: string;
  content?: string | Buffer;
  mode?: number;
  /** '0' file, '5' folder, '2' symbolic link, '1' hard link, '3' device */
  type?: string;
  target?: string;
}

export function tar(entries: Entry[]): Buffer {
  const blocks = entries.flatMap(({ path: name, content = '', mode, type, target = '' }) => {
    const body = Buffer.from(content);
    const kind = type ?? (name.endsWith('/') ? '5' : '0');
    const header = Buffer.alloc(512);
    header.write(name, 0, 100);
    header.write((mode ?? (kind === '5' ? 0o755 : 0o644)).toString(8).padStart(7, '0'), 100);
    header.write(body.length.toString(8).padStart(11, '0'), 124);
    header.write((1_700_000_000).toString(8).padStart(11, '0'), 136);
    header.write(' '.repeat(8), 148);
    header.write(kind, 156);
    header.write(target, 157, 100);
    header.write('ustar\u000000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const ARCHITECTURE = process.arch === 'x64' ? 'amd64' : process.arch;

export interface ImageSource {
  layers: Buffer[];
  config?: { Env?: string[]; Entrypoint?: string[]; Cmd?: string[]; WorkingDir?: string };
  architecture?: string;
}

export const configOf = ({ layers, config = {}, architecture = ARCHITECTURE }: ImageSource): Buffer =>
  Buffer.from(
    JSON.stringify({
      architecture,
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha256(layer)}`) },
    }),
  );

/** What `docker save` wrote before Docker 25. */
export function dockerArchive(image: ImageSource, names: string[]): Buffer {
  const config = configOf(image);
  const layers = image.layers.map((content) => ({ path: `${sha256(content)}/layer.tar`, content }));
  const manifest = [{ Config: `${sha256(config)}.json`, RepoTags: names, Layers: layers.map((each) => each.path) }];
  return tar([
    ...layers,
    { path: `${sha256(config)}.json`, content: config },
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ]);
}

/** An OCI layout as entries of a tar; more than one image makes a multi-architecture index. Answers the digests too. */
export function ociLayout(
  images: ImageSource[],
  name?: string,
): { entries: Entry[]; digests: string[]; indexDigest: string } {
  const blobs = new Map<string, Buffer>();
  const put = (mediaType: string, bytes: Buffer): { mediaType: string; digest: string; size: number } => {
    blobs.set(sha256(bytes), bytes);
    return {
      mediaType: `application/vnd.oci.image.${mediaType}`,
      digest: `sha256:${sha256(bytes)}`,
      size: bytes.length,
    };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const manifests = images.map((image) => ({
    ...put(
      'manifest.v1+json',
      json({
        schemaVersion: 2,
        config: put('config.v1+json', configOf(image)),
        layers: image.layers.map((layer) => put('layer.v1.tar+gzip', gzipSync(layer))),
      }),
    ),
    platform: { os: 'linux', architecture: image.architecture ?? ARCHITECTURE },
  }));
  const [only] = manifests;
  const index = manifests.length > 1 ? put('index.v1+json', json({ schemaVersion: 2, manifests })) : only;
  const top = {
    ...index,
    ...(name !== undefined && { annotations: { 'org.opencontainers.image.ref.name': name } }),
  };
  return {
    entries: [
      { path: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
      { path: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests: [top] }) },
      ...[...blobs].map(([digest, content]) => ({ path: `blobs/sha256/${digest}`, content })),
    ],
    digests: manifests.map(({ digest }) => digest),
    indexDigest: index?.digest ?? '',
  };
}

export function writeEntries(folder: string, entries: Entry[]): void {
  for (const { path: name, content = '' } of entries) {
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
}

const SHOW_LIBRARIES = 'ldd';

/** bash and the libraries that it needs, where it looks for them. */
export function bashFiles(): Entry[] {
  const bash = realpathSync('/bin/bash');
  const said = execFileSync(SHOW_LIBRARIES, [bash], { encoding: 'utf8' });
  const libraries = [...said.matchAll(/(\/\S+)/g)].map(([, file = '']) => file);
  return [
    { path: 'bin/bash', content: readFileSync(bash), mode: 0o755 },
    ...[...new Set(libraries)].map((file) => ({ path: file.slice(1), content: readFileSync(file), mode: 0o755 })),
  ];
}

/** A Runtime API client in bash alone: the event is a JSON string with a command, the answer what the command prints. */
export const RUNTIME = `#!/bin/bash
request() {
  exec 9<>"/dev/tcp/\${AWS_LAMBDA_RUNTIME_API/://}"
  printf '%s /2018-06-01/runtime/%s HTTP/1.0\\r\\nContent-Length: %d\\r\\n\\r\\n%s' "$1" "$2" "\${#3}" "$3" >&9
  while IFS= read -r line <&9; do
    line=\${line%$'\\r'}
    [ -z "$line" ] && break
    case "$line" in Lambda-Runtime-Aws-Request-Id:*) ID=\${line#*: } ;; esac
  done
  IFS= read -r -d '' BODY <&9
  exec 9<&-
}
ARGUMENTS="$*"
while :; do
  request GET invocation/next ''
  OUT=$(eval "\${BODY:1:-1}" 2>&1)
  OUT=\${OUT//\\\\/\\\\\\\\}; OUT=\${OUT//\\"/\\\\\\"}; OUT=\${OUT//$'\\n'/\\\\n}; OUT=\${OUT//$'\\t'/\\\\t}
  request POST "invocation/$ID/response" "\\"$OUT\\""
done
`;

/** An image whose functions run the commands that they are sent. */
export const bashImage = (more: Entry[] = []): ImageSource => ({
  layers: [
    tar([...bashFiles(), { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/bash\n' }]),
    tar([{ path: 'app/run.sh', content: RUNTIME, mode: 0o755 }, ...more]),
  ],
  config: {
    Env: ['PATH=/bin', 'FOO=image', 'BAR=image'],
    Entrypoint: ['/app/run.sh'],
    Cmd: ['app.handler'],
    WorkingDir: '/app',
  },
});

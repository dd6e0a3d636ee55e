// What becomes of archives: those that tools write are taken, those that lie or reach out are refused.
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { type Allowance, applyLayer } from '#functions/images/layer.ts';
import { RootFolder } from '#functions/images/root-folder.ts';
import { ImageStore, type NamedImage } from '#functions/images/store.ts';
import {
  configOf,
  dockerArchive,
  type Entry,
  type ImageSource,
  ociLayout,
  sha256,
  tar,
  writeEntries,
} from '../image-archive.ts';

let scratch: string;
let store: ImageStore;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'gatehouse-images-'));
  store = new ImageStore(path.join(scratch, 'store'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const source = (...layers: Entry[][]): ImageSource => ({
  layers: layers.map(tar),
  config: { Env: ['A=1=2', 'B'], Entrypoint: ['/e'], Cmd: ['c'], WorkingDir: '/w' },
});
function write(bytes: Buffer): string {
  const file = path.join(scratch, 'archive');
  writeFileSync(file, bytes);
  return file;
}
const load = (image: ImageSource, name = 'app:1'): Promise<NamedImage[]> =>
  store.load(write(dockerArchive(image, [name])));
/** the unpacked tree of an image with these layers */
async function unpack(...layers: Entry[][]): Promise<string> {
  const [loaded] = await load(source(...layers));
  return store.rootOf(loaded?.image.digest ?? '');
}
const refused = (promise: Promise<unknown>, message: RegExp): Promise<void> => assert.rejects(promise, { message });
const nothingLeft = (): void => {
  assert.deepEqual(store.list(), []);
  assert.deepEqual(
    readdirSync(path.join(scratch, 'store')).filter((name) => name.startsWith('.')),
    [],
  );
};

test('an archive of docker save is found by its names and says how it starts', async () => {
  await store.load(
    write(dockerArchive(source([{ path: 'f', content: 'x' }]), ['team/app:1', 'docker.io/library/app:2'])),
  );
  const [{ names, image } = { names: [], image: undefined }] = store.list();
  assert.deepEqual(new Set(names), new Set(['app:2', 'team/app:1']));
  assert.deepEqual(image?.environment, { A: '1=2', B: '' });
  assert.deepEqual([image?.entryPoint, image?.command, image?.workingDirectory], [['/e'], ['c'], '/w']);
  assert.equal(store.find({ repository: 'app', tag: '2' })?.digest, image?.digest);
  assert.equal(store.find({ repository: 'app' }), undefined);
  assert.equal(store.find({ repository: 'other', digest: image?.digest ?? '' })?.digest, image?.digest);
});

test('a compressed archive, an OCI layout in a tar and one in a folder make the same image', async () => {
  const image = source([{ path: 'f', content: 'x' }]);
  const { entries, digests } = ociLayout([image], 'app:1');
  const folder = path.join(scratch, 'layout');
  mkdirSync(folder);
  writeEntries(folder, entries);
  for (const archive of [write(tar(entries)), write(gzipSync(tar(entries))), folder]) {
    const [loaded] = await store.load(archive);
    assert.equal(loaded?.image.digest, digests[0]);
    assert.deepEqual(loaded?.names, ['app:1']);
  }
  assert.equal(store.list().length, 1);
});

test('of an index of many architectures this machine’s image is taken', async () => {
  const other = { ...source([{ path: 'other' }]), architecture: 's390x' };
  const { entries, digests, indexDigest } = ociLayout([other, source([{ path: 'ours' }])], 'app:1');
  const [loaded] = await store.load(write(tar(entries)));
  assert.equal(loaded?.image.digest, digests[1]);
  assert.equal(store.find({ repository: 'app', digest: indexDigest })?.digest, digests[1]);
  await refused(store.load(write(tar(ociLayout([other]).entries)), 'app:1'), /^no image for linux\//);
});

test('a layer compressed with zstd is read as well', async () => {
  const image = source([{ path: 'f', content: 'x' }]);
  const { entries } = ociLayout([image]);
  const index = JSON.parse(String(entries.find((entry) => entry.path === 'index.json')?.content));
  const [layer = Buffer.alloc(0)] = image.layers;
  const packed = zstdCompressSync(layer);
  const config = configOf(image);
  const manifest = Buffer.from(
    JSON.stringify({
      config: { digest: `sha256:${sha256(config)}` },
      layers: [{ digest: `sha256:${sha256(packed)}` }],
    }),
  );
  index.manifests = [{ digest: `sha256:${sha256(manifest)}` }];
  const blobs = [config, manifest, packed].map((content) => ({ path: `blobs/sha256/${sha256(content)}`, content }));
  const [loaded] = await store.load(
    write(tar([{ path: 'index.json', content: JSON.stringify(index) }, ...blobs])),
    'app:1',
  );
  assert.equal(readFileSync(path.join(store.rootOf(loaded?.image.digest ?? ''), 'f'), 'utf8'), 'x');
});

test('an image without a name is refused until it gets one', async () => {
  const archive = write(tar(ociLayout([source([])], 'latest').entries));
  await refused(store.load(archive), /without a name: give it one with --name/);
  await refused(store.load(archive, 'Not A Name'), /^the name Not A Name/);
  const [loaded] = await store.load(archive, '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app:3');
  assert.deepEqual(loaded?.names, ['team/app:3']);
});

test('layers add, replace, hide and empty', async () => {
  const root = await unpack(
    [
      { path: 'keep', content: 'below' },
      { path: 'gone', content: 'below' },
      { path: 'file-then-folder', content: 'below' },
      { path: 'folder-then-file/inner', content: 'below' },
      { path: 'full/below/deep', content: 'below' },
      { path: 'full/other', content: 'below' },
    ],
    [
      { path: '.wh.gone' },
      { path: 'file-then-folder/', type: '5' },
      { path: 'folder-then-file', content: 'above' },
      // the marker hides what is below it alone, although it comes last
      { path: 'full/below/new', content: 'above' },
      { path: 'full/.wh..wh..opq' },
      { path: 'full/.wh.other' },
    ],
  );
  assert.equal(readFileSync(path.join(root, 'keep'), 'utf8'), 'below');
  assert.equal(existsSync(path.join(root, 'gone')), false);
  assert.equal(statSync(path.join(root, 'file-then-folder')).isDirectory(), true);
  assert.equal(readFileSync(path.join(root, 'folder-then-file'), 'utf8'), 'above');
  assert.deepEqual(readdirSync(path.join(root, 'full'), { recursive: true }).map(String).sort(), [
    'below',
    'below/new',
  ]);
});

test('files keep their mode and time, lose set-user-id, and devices are left out', async () => {
  const root = await unpack([
    { path: 'run', content: 'x', mode: 0o4755 },
    { path: 'closed/', mode: 0o555 },
    { path: 'closed/inner', content: 'x', mode: 0o600 },
    { path: 'device', type: '3' },
  ]);
  const run = statSync(path.join(root, 'run'));
  assert.equal(run.mode & 0o7777, 0o755);
  assert.equal(run.mtimeMs, 1_700_000_000_000);
  assert.equal(statSync(path.join(root, 'closed/inner')).mode & 0o777, 0o600);
  assert.equal(existsSync(path.join(root, 'device')), false);
});

test('links are followed as if the image were the root', async () => {
  const outside = path.join(scratch, 'outside');
  mkdirSync(outside);
  const up = '../'.repeat(20);
  const root = await unpack(
    [
      { path: 'absolute', type: '2', target: outside },
      { path: 'upwards', type: '2', target: `${up}${outside.slice(1)}` },
      { path: 'lib', type: '2', target: 'usr/lib' },
      { path: 'etc/resolv.conf', type: '2', target: path.join(outside, 'resolv.conf') },
      { path: 'proc', type: '2', target: outside },
    ],
    [
      { path: 'absolute/one', content: 'x' },
      { path: 'upwards/two', content: 'x' },
      { path: 'lib/three', content: 'x' },
      { path: 'hard', type: '1', target: 'lib/three' },
      { path: 'absolute/.wh.one' },
    ],
  );
  assert.deepEqual(readdirSync(outside), []);
  assert.equal(readFileSync(path.join(root, outside, 'one'), 'utf8'), 'x');
  assert.equal(readFileSync(path.join(root, outside, 'two'), 'utf8'), 'x');
  assert.equal(readFileSync(path.join(root, 'usr/lib/three'), 'utf8'), 'x');
  assert.equal(statSync(path.join(root, 'hard')).ino, statSync(path.join(root, 'usr/lib/three')).ino);
  assert.equal(readlinkSync(path.join(root, 'lib')), 'usr/lib');
  // what a sandbox mounts something on is no link
  assert.equal(statSync(path.join(root, 'etc/resolv.conf')).isFile(), true);
  assert.equal(statSync(path.join(root, 'proc')).isDirectory(), true);
});

const REACHING_OUT: [string, Entry[], RegExp][] = [
  ['a path with ..', [{ path: 'a/../../evil', content: 'x' }], /leads out of the image/],
  ['a hard link to what is not there', [{ path: 'a', type: '1', target: '/etc/passwd' }], /which is no file/],
  ['a hard link with ..', [{ path: 'a', type: '1', target: '../../etc/passwd' }], /leads out of the image/],
  ['links in a circle', [{ path: 'a', type: '2', target: 'b' }, { path: 'b', type: '2', target: 'a' }, { path: 'a/x', content: '' }], /in a circle/],
  ['a folder that is a file', [{ path: 'a', content: 'x' }, { path: 'a/b', content: 'x' }], /which is a file too/],
  ['/etc as a link', [{ path: 'etc', type: '2', target: '/usr' }], /whose \/etc is a link/],
]; // prettier-ignore
for (const [what, entries, message] of REACHING_OUT) {
  test(`${what} is refused, and nothing is left`, async () => {
    await refused(unpack(entries), message);
    nothingLeft();
  });
}

test('whatever does not have the digest that it should have is refused', async () => {
  const image = source([{ path: 'f', content: 'x' }]);
  const { entries } = ociLayout([image], 'app:1');
  const blobs = entries.filter((entry) => entry.path.startsWith('blobs/'));
  for (const blob of blobs) {
    const changed = Buffer.from(blob.content ?? '');
    changed[changed.length - 2] = (changed[changed.length - 2] ?? 0) ^ 1;
    const archive = entries.map((entry) => (entry === blob ? { ...entry, content: changed } : entry));
    await refused(store.load(write(tar(archive))), /digest/);
  }
  const other = source([{ path: 'f', content: 'y' }]);
  const bytes = dockerArchive(image, ['app:1']);
  const at = bytes.indexOf(image.layers[0] ?? '');
  other.layers[0]?.copy(bytes, at);
  await refused(store.load(write(bytes)), /a layer with digest sha256:\S+ where sha256:\S+ belongs/);
  nothingLeft();
});

test('what is no archive is refused in words', async () => {
  await refused(store.load(write(Buffer.from('no tar'.repeat(200)))), /^no tar archive, or a damaged one/);
  await refused(store.load(write(tar([{ path: 'f' }]))), /^neither index.json \(OCI\) nor manifest.json/);
  await refused(store.load(write(tar([{ path: 'manifest.json', content: '{' }]))), /not JSON/);
  await refused(store.load(write(tar([{ path: 'manifest.json', type: '2', target: '/etc/passwd' }]))), /neither/);
  nothingLeft();
});

test('a layer that unpacks to more than is allowed is given up', async () => {
  const layer = tar([
    { path: 'zeros', content: Buffer.alloc(1_000_000) },
    { path: 'more', content: 'x' },
  ]);
  const file = write(gzipSync(layer));
  const apply = (allowance: Allowance): Promise<void> =>
    applyLayer(new RootFolder(path.join(scratch, 'root')), { file, diffId: `sha256:${sha256(layer)}` }, allowance);
  await refused(apply({ bytes: 500_000, entries: 10 }), /bytes unpacked/);
  await refused(apply({ bytes: 5_000_000, entries: 1 }), /more than \d+ files/);
  await apply({ bytes: 5_000_000, entries: 2 });
});

test('an image goes with its last name', async () => {
  await load(source([{ path: 'f', content: 'x' }]), 'app:1');
  const [loaded] = await load(source([{ path: 'f', content: 'x' }]), 'app:2');
  const digest = loaded?.image.digest ?? '';
  assert.equal(store.remove('none:1'), undefined);
  assert.deepEqual(store.remove('app:1'), { digest, gone: false });
  assert.equal(existsSync(store.rootOf(digest)), true);
  assert.deepEqual(store.remove('app:2'), { digest, gone: true });
  assert.equal(existsSync(store.rootOf(digest)), false);
  nothingLeft();
});

test('a name that is given again leads to the newer image', async () => {
  await load(source([{ path: 'old' }]));
  const [newer] = await load(source([{ path: 'new' }]));
  assert.equal(store.find({ repository: 'app', tag: '1' })?.digest, newer?.image.digest);
  assert.deepEqual(
    store
      .list()
      .map((each) => each.names)
      .toSorted((a, b) => a.length - b.length),
    [[], ['app:1']],
  );
});

// What a sandbox mounts over an image's own files. The image is read-only by then: the places are made when it is unpacked.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { ImageRefused } from './refused.ts';
import type { RootFolder } from './root-folder.ts';

/** Below the image's root. Lambda, too, puts what it brings below /var/rapid. */
export const IMAGE_TRUST = 'var/rapid';
const FOLDERS = ['dev', 'proc', 'tmp', IMAGE_TRUST];
export const NAME_FILES = ['etc/resolv.conf', 'etc/hosts'];
/** where distributions keep the bundle of trusted roots */
const BUNDLES = ['etc/ssl/certs/ca-certificates.crt', 'etc/pki/tls/certs/ca-bundle.crt', 'etc/ssl/cert.pem'];

/** Answers the bundles of trusted roots that the image has. */
export function makeMountPoints(root: RootFolder): string[] {
  for (const folder of ['etc', 'var']) {
    if (root.stat(folder)?.isSymbolicLink()) throw new ImageRefused(`an image whose /${folder} is a link`);
  }
  for (const folder of FOLDERS) {
    if (!root.stat(folder)?.isDirectory()) {
      root.remove(folder);
      mkdirSync(join(root.path, folder), { recursive: true, mode: 0o755 });
    }
  }
  for (const file of NAME_FILES) {
    const path = root.locate(file);
    if (root.stat(path)?.isFile()) continue;
    root.remove(path);
    closeSync(openSync(join(root.path, path), 'wx', 0o644));
  }
  const bundles = BUNDLES.map((file) => root.find(file)).filter((path) => path !== undefined);
  return [...new Set(bundles)].filter((path) => root.stat(path)?.isFile());
}

// What is mounted for a sandbox whose root is an image's file tree: the tree itself, read-only and shared with all other
// sandboxes of the image, and over it what a function finds everywhere: /tmp, /proc, /dev, our names, our roots of trust.
import { join } from 'node:path';
import { IMAGE_TRUST, NAME_FILES } from './images/mount-points.ts';
import {
  AUTHORITY,
  BUNDLE,
  type Mount,
  type RootTemplate,
  temporaryOptions,
  TRUST_FOLDER,
  TRUST_STORE,
} from './root-template.ts';
import type { SandboxImage } from './sandbox-command.ts';

const BELOW = 'var/lang/image';
/** before it becomes the root */
export const IMAGE_ROOT = `/${BELOW}`;
const READ_ONLY = 'bind,ro,nosuid,nodev';

export function imageMounts(template: RootTemplate, image: SandboxImage, temporaryMb: number): Mount[] {
  const ours = (path: string): string => join(template.path, path);
  const over = (from: string, to: string): Mount => ({ from, to: join(BELOW, to), options: READ_ONLY });
  return [
    over(image.root, ''),
    over(ours('dev'), 'dev'),
    ...template.mounts
      .filter(({ to }) => to.startsWith('dev/'))
      .map((mount) => ({ ...mount, to: join(BELOW, mount.to) })),
    ...NAME_FILES.map((file) => over(ours(file), file)),
    ...image.bundles.map((file) => over(ours(BUNDLE), file)),
    over(ours(TRUST_FOLDER), IMAGE_TRUST),
    { from: 'tmpfs', to: join(BELOW, 'tmp'), options: temporaryOptions(temporaryMb) },
    { from: 'proc', to: join(BELOW, 'proc'), options: 'nosuid,nodev,noexec' },
  ];
}

const inImage = (path: string): string => path.replace(TRUST_FOLDER, `/${IMAGE_TRUST}`);
const IMAGE_BUNDLE = inImage(BUNDLE);

/** What an image's program finds in its environment before the image says anything. */
export const IMAGE_ENVIRONMENT: Record<string, string> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/tmp',
  SSL_CERT_FILE: IMAGE_BUNDLE,
  REQUESTS_CA_BUNDLE: IMAGE_BUNDLE,
  CURL_CA_BUNDLE: IMAGE_BUNDLE,
  AWS_CA_BUNDLE: IMAGE_BUNDLE,
  NODE_EXTRA_CA_CERTS: inImage(AUTHORITY),
  JAVA_TOOL_OPTIONS: `-Djavax.net.ssl.trustStore=${inImage(TRUST_STORE)} -Djavax.net.ssl.trustStoreType=jks`,
};

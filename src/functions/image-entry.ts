// How a program is started inside an image: from the ordinary root of its sandbox, by something that makes the image's tree
// the root, gives away the right to do so, loads the system call filter, and becomes the program.
import { IMAGE_ROOT } from './image-mounts.ts';

export interface ImageEntry {
  /** before it becomes the root */
  root: string;
  /** followed by the environment's file, if there is one, the working directory, and the program's words */
  enter: string[];
  /**
   * Where the environment is left, in the ordinary root's /tmp, for what enters the image: that itself starts with none,
   * for it must not load what the function's variables name (LD_PRELOAD, PERL5OPT). Absent where it cannot read one.
   */
  environment?: string;
}

export function imageEntry(filterLoader: string[] | undefined): ImageEntry {
  const root = IMAGE_ROOT;
  if (filterLoader) return { root, enter: [...filterLoader, '--root', root], environment: '/tmp/environment' };
  return { root, enter: ['/usr/bin/unshare', '--user', '--map-user=993', '--map-group=990', `--root=${root}`, '--wd'] };
}

/** The words that start an extension of the image. `environment` is a file of its own. */
export const enterForExtension = ({ enter }: ImageEntry, environment: string | undefined, file: string): string[] => [
  ...enter,
  ...(environment === undefined ? [] : [environment]),
  '/',
  file,
];

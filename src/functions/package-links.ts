// Symbolic links of packages. Each may lead anywhere inside the package, also through other links, and never out of it: the
// platform itself reads these trees, and `a/b/../..` means something else where `a/b` is a link.
import { posix } from 'node:path';
import { badZip } from './package-errors.ts';

/** as the kernel counts (path_resolution(7)) */
const LINKS_FOLLOWED_MAX = 40;

/** Throws unless every link stays inside. `links`: what each path below the root leads to. */
export function requireInside(links: ReadonlyMap<string, string>): void {
  for (const path of links.keys()) {
    // nothing may lie below a link: it would be written where that leads
    for (let above = posix.dirname(path); above !== '.'; above = posix.dirname(above)) {
      if (links.has(above)) throw badZip();
    }
    follow(path, links);
  }
}

/** Walks name by name, links replaced by what they say. */
function follow(path: string, links: ReadonlyMap<string, string>): void {
  const left = path.split('/').reverse();
  let at: string[] = [];
  let followed = 0;
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (at.pop() === undefined) throw badZip();
      continue;
    }
    const to = links.get([...at, name].join('/'));
    if (to === undefined) {
      at = [...at, name];
      continue;
    }
    // the kernel goes no further either
    if (++followed > LINKS_FOLLOWED_MAX) return;
    if (to === '' || to.includes('\0') || posix.isAbsolute(to)) throw badZip();
    left.push(...to.split('/').reverse());
  }
}

import { existsSync, statSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';

/** Editors write a file in several steps; what comes within this time is one change. */
const SETTLE_MS = 30;
const IGNORED = /(^|\/)(\.git|\.gatehouse|\.aws-sam|node_modules|__pycache__)(\/|$)|~$|\.sw[a-z]$/;

export interface Watching {
  /** Watches these files and folders from now on. */
  follow(paths: readonly string[]): void;
  stop(): void;
}

/** Calls `changed` after any of the followed paths has changed, never twice at once: what changes meanwhile follows. */
export function watchPaths(changed: () => Promise<void>): Watching {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await changed();
    } while (again);
    running = false;
  };
  const touch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), SETTLE_MS);
  };
  return {
    follow(paths) {
      // A file is watched through its folder: editors replace files, and a watch on the old one would go blind.
      const wanted = new Map<string, Set<string> | undefined>();
      for (const each of paths.filter(existsSync)) {
        if (statSync(each).isDirectory()) wanted.set(each, undefined);
        else {
          const folder = path.dirname(each);
          const names = wanted.has(folder) ? wanted.get(folder) : new Set<string>();
          names?.add(path.basename(each));
          wanted.set(folder, names);
        }
      }
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
      for (const [folder, names] of wanted) {
        const watcher = watch(folder, { recursive: names === undefined }, (_event, name) => {
          if (name === null || (names ? names.has(name) : !IGNORED.test(name))) touch();
        });
        watcher.on('error', () => watchers.delete(folder));
        watchers.set(folder, watcher);
      }
    },
    stop() {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

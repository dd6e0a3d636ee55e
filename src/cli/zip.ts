import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import yazl from 'yazl';

/** Never part of a function: version control, our own data, SAM's build folder. */
const LEFT_OUT = new Set(['.git', '.gatehouse', '.aws-sam', '.DS_Store']);
/** One time for all, so that the same files give the same bytes. */
const MTIME = new Date(Date.UTC(2020, 0, 1));

export interface PackedFile {
  name: string;
  mode: number;
  bytes: Buffer;
}

function collect(root: string, folder: string, into: PackedFile[]): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (LEFT_OUT.has(entry.name)) continue;
    const file = path.join(folder, entry.name);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat) throw new Error(`${file} links to ${readlinkSync(file)}, which is not there`);
    if (stat.isDirectory()) collect(root, file, into);
    else if (stat.isFile())
      into.push({ name: path.relative(root, file), mode: stat.mode & 0o777, bytes: readFileSync(file) });
  }
}

export interface Package {
  /** hex SHA-256 over names, modes and bytes: the same content has the same name */
  hash: string;
  bytes(): Promise<Buffer>;
}

/** A folder, or one file, as a zip. A file that is a zip already stays as it is. */
export function zipFolder(source: string): Package {
  const stat = statSync(source);
  if (stat.isFile() && /\.(zip|jar)$/.test(source)) {
    const bytes = readFileSync(source);
    return { hash: createHash('sha256').update(bytes).digest('hex'), bytes: async () => bytes };
  }
  if (stat.isDirectory()) return zipFiles(folderFiles(source));
  return zipFiles([{ name: path.basename(source), mode: stat.mode & 0o777, bytes: readFileSync(source) }]);
}

export function folderFiles(folder: string): PackedFile[] {
  const files: PackedFile[] = [];
  collect(folder, folder, files);
  return files;
}

export function zipFiles(files: readonly PackedFile[]): Package {
  const hash = createHash('sha256');
  for (const { name, mode, bytes } of files) hash.update(`${name}\0${mode}\0${bytes.length}\0`).update(bytes);
  return {
    hash: hash.digest('hex'),
    async bytes() {
      const zip = new yazl.ZipFile();
      // Not compressed: the bytes stay on this machine, and a saved file must answer at once.
      for (const { name, mode, bytes } of files)
        zip.addBuffer(bytes, name, { mtime: MTIME, mode: mode | 0o100000, compress: false });
      zip.end();
      const chunks: Buffer[] = [];
      for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    },
  };
}

'use strict';
// Whether a file can be started, told ahead: after execve(2) there is nobody left to say it. For an image the file lies
// below a folder that becomes its root.
const fs = require('node:fs');
const path = require('node:path');

const ELF_MAGIC = '\x7fELF';
/** e_machine of elf(5) */
const MACHINES = { x64: 62, arm64: 183 };
const PROGRAM_INTERPRETER = 3;
const LINKS_MAX = 40;

/** The file that `name` means where `root` is the root of the file system; undefined when nothing is there. */
function find(root, name) {
  if (root === '/') return fs.existsSync(name) ? name : undefined;
  const left = name.split('/').reverse();
  let at = '';
  let links = 0;
  while (left.length > 0) {
    const part = left.pop();
    if (part === '' || part === '.') continue;
    const next = part === '..' ? path.posix.join('/', at, '..') : `${at}/${part}`;
    const stats = fs.lstatSync(root + next, { throwIfNoEntry: false });
    if (!stats) return undefined;
    if (!stats.isSymbolicLink()) at = next === '/' ? '' : next;
    else {
      if (++links > LINKS_MAX) return undefined;
      const target = fs.readlinkSync(root + next);
      if (target.startsWith('/')) at = '';
      left.push(...target.split('/').reverse());
    }
  }
  return root + at;
}

/** What execve(2) would answer. */
function whyNot(program, root = '/') {
  const file = find(root, program);
  if (file === undefined) return 'no such file or directory';
  try {
    fs.accessSync(file, fs.constants.X_OK);
  } catch {
    return 'permission denied';
  }
  const head = readHead(file);
  if (head.toString('latin1', 0, 2) === '#!') return whyNoScript(head, root);
  if (process.platform !== 'linux') return undefined;
  if (head.toString('latin1', 0, 4) !== ELF_MAGIC || head.length < 64) return 'exec format error';
  return head.readUInt16LE(18) === MACHINES[process.arch] ? whyNoElf(head, root) : 'exec format error';
}

function readHead(program) {
  const file = fs.openSync(program);
  const head = Buffer.alloc(4096);
  const bytes = fs.readSync(file, head, 0, head.length, 0);
  fs.closeSync(file);
  return head.subarray(0, bytes);
}

function whyNoScript(head, root) {
  // a line that ends in CR LF names an interpreter that is not there
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(head.toString('latin1'))?.[1];
  if (interpreter === undefined) return 'exec format error';
  return find(root, interpreter) === undefined ? 'no such file or directory' : undefined;
}

/** A dynamic program of another libc names a loader that is not here. */
function whyNoElf(head, root) {
  const table = Number(head.readBigUInt64LE(32));
  const entryBytes = head.readUInt16LE(54);
  for (let index = 0; index < head.readUInt16LE(56); index++) {
    const entry = table + index * entryBytes;
    if (entry + 56 > head.length || head.readUInt32LE(entry) !== PROGRAM_INTERPRETER) continue;
    const start = Number(head.readBigUInt64LE(entry + 8));
    const bytes = Number(head.readBigUInt64LE(entry + 32));
    if (start + bytes > head.length) return undefined;
    const loader = head.toString('latin1', start, start + bytes - 1);
    return find(root, loader) === undefined ? 'no such file or directory' : undefined;
  }
  return undefined;
}

module.exports = { find, whyNot };

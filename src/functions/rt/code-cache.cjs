'use strict';
// V8's compiled form of a function's CommonJS modules: taken from an earlier start of the same function, or offered for later
// ones once this one has initialised, when what ran lazily is compiled too. Node's own cache holds less (runtime.md 0.4).
const Module = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

/** what the platform is told: there is nothing to keep; keep this; what was given did not fit, keep this instead */
const STATUS = { NOTHING: 0, MADE: 1, REJECTED: 2 };
/** below this much source a cache costs more than it saves */
const SOURCE_MIN = 64 * 1024;
/** an answer's size (limits.ts, RESPONSE_BYTES_MAX), which bounds every frame */
const CACHE_BYTES_MAX = 6 * 1024 * 1024;
const WRAPPER_LENGTH = Module.wrapper[0].length;
const MAP_COMMENT = '//# sourceMappingURL=';
const FORMATS = new Set([undefined, null, 'commonjs']);

/** u32 length and UTF-8 of each file name below the root, u32 length and compiled form, one after the other */
function parse(cache) {
  const known = new Map();
  if (!cache) return known;
  for (let at = 0; at < cache.length;) {
    const nameEnd = at + 4 + cache.readUInt32LE(at);
    const dataEnd = nameEnd + 4 + cache.readUInt32LE(nameEnd);
    known.set(cache.toString('utf8', at + 4, nameEnd), cache.subarray(nameEnd + 4, dataEnd));
    at = dataEnd;
  }
  return known;
}

function block(bytes) {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(bytes.length);
  return [length, bytes];
}

/** As Node makes it for each module. */
function requireOf(module) {
  const require = (id) => module.require(id);
  require.resolve = (request, options) => Module._resolveFilename(request, module, false, options);
  require.resolve.paths = (request) => Module._resolveLookupPaths(request, module);
  require.main = process.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  return require;
}

/** `cache`: from an earlier start, if there is one. Answers what makes the next one. */
function install(root, cache) {
  let known = new Map();
  let rejected = false;
  try {
    known = parse(cache);
  } catch {
    rejected = true;
  }
  const scripts = new Map();
  let sourceLength = 0;
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (content, filename, format) {
    // hashbangs, ES modules, TypeScript and errors of syntax are Node's own to treat
    if (!FORMATS.has(format) || content.startsWith('#!')) return compile.call(this, content, filename, format);
    const name = path.relative(root, filename);
    const cachedData = known.get(name);
    let script;
    try {
      script = new vm.Script(Module.wrap(content), {
        filename,
        cachedData,
        columnOffset: -WRAPPER_LENGTH,
        importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      });
    } catch {
      return compile.call(this, content, filename, format);
    }
    // Node reads a map for what it compiles itself: here for the comment alone
    const comment = content.lastIndexOf(MAP_COMMENT);
    if (comment !== -1) compile.call(this, /.*/.exec(content.slice(comment))[0], filename, format);
    if (cachedData && script.cachedDataRejected) rejected = true;
    scripts.set(name, script);
    sourceLength += content.length;
    const run = script.runInThisContext();
    return run.call(this.exports, this.exports, requireOf(this), this, filename, path.dirname(filename));
  };
  return function offer() {
    Module.prototype._compile = compile;
    if (sourceLength < SOURCE_MIN || (cache && !rejected)) return Buffer.of(STATUS.NOTHING);
    const parts = [Buffer.of(rejected ? STATUS.REJECTED : STATUS.MADE)];
    let bytes = 1;
    for (const [name, script] of scripts) {
      const blocks = [...block(Buffer.from(name)), ...block(script.createCachedData())];
      const size = blocks.reduce((sum, { length }) => sum + length, 0);
      if (bytes + size > CACHE_BYTES_MAX) continue;
      bytes += size;
      parts.push(...blocks);
    }
    return Buffer.concat(parts);
  };
}

module.exports = { install };

'use strict';
// Finds the function named by the handler setting: `path/module.export.nested`.
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');
const { pathToFileURL } = require('node:url');
const { RuntimeError } = require('./errors.cjs');

/** The runtime's name in "Require stack" of a module that is not found, as on AWS. */
const requireModule = createRequire('/var/runtime/index.mjs');
const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];

function split(handler) {
  if (handler.includes('..')) {
    throw new RuntimeError(
      'Runtime.MalformedHandlerName',
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(handler);
  const match = /^([^.]*)\.(.+)$/.exec(base);
  if (!match) throw new RuntimeError('Runtime.MalformedHandlerName', 'Bad handler');
  return { folder: handler.slice(0, handler.length - base.length), module: match[1], name: match[2] };
}

function findFile(stem) {
  return EXTENSIONS.map((extension) => stem + extension).find((file) =>
    fs.statSync(file, { throwIfNoEntry: false })?.isFile(),
  );
}

async function importModule(file) {
  if (file.endsWith('.mjs')) return import(pathToFileURL(file).href);
  try {
    return requireModule(file);
  } catch (error) {
    // ES modules with top-level await cannot be required
    if (error.code === 'ERR_REQUIRE_ESM' || error.code === 'ERR_REQUIRE_ASYNC_MODULE') {
      return import(pathToFileURL(file).href);
    }
    throw error;
  }
}

async function loadModule(root, folder, module) {
  const stem = path.resolve(root, folder, module);
  try {
    const file = findFile(stem);
    if (file) return await importModule(file);
    // as on AWS, a module may also come from the runtime's own folders (layers)
    return requireModule(requireModule.resolve(module, { paths: [root, stem] }));
  } catch (error) {
    if (error instanceof SyntaxError) throw syntaxError(error);
    if (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND') throw importError(error);
    throw error;
  }
}

/** The cause's own stack stays the visible one: it names the file and line in the user's code. */
function syntaxError(error) {
  const wrapped = new RuntimeError('Runtime.UserCodeSyntaxError', String(error));
  wrapped.stack = `Runtime.UserCodeSyntaxError: ${error}\n` + error.stack;
  return wrapped;
}

function importError(error) {
  const wrapped = new RuntimeError('Runtime.ImportModuleError', `Error: ${error.message}`);
  wrapped.stack =
    `Runtime.ImportModuleError: Error: ${error.message}\n` +
    error.stack
      .split('\n')
      .filter((line) => line.startsWith('    at '))
      .join('\n');
  return wrapped;
}

function resolveExport(module, name) {
  for (const container of [module, module.default]) {
    let found = container;
    for (const key of name.split('.')) found = found?.[key];
    if (found !== undefined) return found;
  }
  return undefined;
}

async function loadHandler(root, handler) {
  const { folder, module, name } = split(handler);
  const loaded = await loadModule(root, folder, module);
  const found = resolveExport(loaded, name);
  if (!found) throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is undefined or not exported`);
  if (typeof found !== 'function') throw new RuntimeError('Runtime.HandlerNotFound', `${handler} is not a function`);
  return found;
}

module.exports = { loadHandler };

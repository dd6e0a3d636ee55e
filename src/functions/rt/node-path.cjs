'use strict';
// Lets ES modules find what NODE_PATH names, where the root of the file system is not ours (mode 'process').
const { registerHooks } = require('node:module');
const { pathToFileURL } = require('node:url');

const isBare = (specifier) => !/^(\.{0,2}\/|[a-z]+:|#)/.test(specifier);

function resolve(specifier, context, next) {
  try {
    return next(specifier, context);
  } catch (error) {
    if (!isBare(specifier)) throw error;
    for (const folder of process.env.NODE_PATH.split(':')) {
      const parentURL = pathToFileURL(`${folder.replace(/\/node_modules$/, '')}/index.mjs`).href;
      try {
        return next(specifier, { ...context, parentURL });
      } catch {
        // the next folder may have it
      }
    }
    throw error;
  }
}

const install = () => registerHooks({ resolve });

module.exports = { install };

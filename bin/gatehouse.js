#!/usr/bin/env node
// The command: src/cli/main.ts, as one bundle where it can be made (bin/bundle.js), else from the sources.
// What is compiled once is kept: beside the bundle, and so with it.
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { currentBundle, CACHE } from './bundle.js';

const bundle = currentBundle();
enableCompileCache(path.join(bundle ?? CACHE, 'compiled'));
await import(bundle ? path.join(bundle, 'cli/main.mjs') : '../src/cli/main.ts');

#!/usr/bin/env node
// The command: src/cli/main.ts, as one bundle where it can be made (bin/bundle.js), else from the sources.
// The compile cache is turned on here, before the first other file is loaded, so that it covers all of them.
import { enableCompileCache } from 'node:module';
import path from 'node:path';
import { currentBundle } from './bundle.js';

enableCompileCache(path.join(import.meta.dirname, '../node_modules/.cache/gatehouse'));
await import(currentBundle() ?? '../src/cli/main.ts');

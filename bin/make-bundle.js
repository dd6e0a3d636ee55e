// node bin/make-bundle.js FOLDER: the bundle of src/cli/main.ts, and of the files that run as threads and processes of their own.
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const SRC = path.join(import.meta.dirname, '../src');
const ENTRIES = ['cli/main.ts', 'functions/launcher.ts', 'store/embedded/thread.ts'];
const folder = path.resolve(process.argv[2]);
const unfinished = `${folder}.${process.pid}`;

const literal = (text) => JSON.stringify(text);

/** `import.meta` means the source file, whose neighbours are not bundled; except that entries mean their bundle. */
const importMeta = {
  name: 'import-meta',
  setup({ onLoad }) {
    onLoad({ filter: /\.(ts|js|mjs)$/ }, ({ path: file }) => {
      const text = readFileSync(file, 'utf8');
      if (!text.includes('import.meta')) return undefined;
      const constants = `const $url = ${literal(pathToFileURL(file).href)}, $dirname = ${literal(path.dirname(file))};`;
      const contents = text.replace(/new URL\('([^']+\.ts)', import\.meta\.url\)/g, (_, name) => {
        const entry = path.relative(SRC, path.join(path.dirname(file), name));
        if (!ENTRIES.includes(entry)) throw new Error(`${file}: ${name} is no entry of the bundle`);
        return `new URL(${literal(pathToFileURL(path.join(folder, entry.replace(/ts$/, 'mjs'))).href)})`;
      });
      return { contents: constants + contents, loader: file.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

await build({
  entryPoints: ENTRIES.map((entry) => path.join(SRC, entry)),
  outbase: SRC,
  outdir: unfinished,
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  // smaller in memory too; names stay, for stack traces
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 120,
  mainFields: ['module', 'main'],
  banner: {
    js: "import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);",
  },
  define: { 'import.meta.url': '$url', 'import.meta.dirname': '$dirname' },
  // finds its own binary beside itself
  external: ['esbuild'],
  plugins: [importMeta],
  logLevel: 'error',
});
try {
  renameSync(unfinished, folder);
} catch (error) {
  if (!existsSync(folder)) throw error;
  rmSync(unfinished, { recursive: true }); // whoever was first has made the same
}

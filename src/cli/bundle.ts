// Functions whose code is TypeScript, or whose template asks for esbuild, are bundled when they are deployed, as `sam build`
// does it (docs: serverless-sam-cli-using-build-typescript, 2026-11).
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { BuildContext, BuildOptions, Metafile, Plugin } from 'esbuild';
import type { Source } from './artifacts.ts';
import { folderFiles, type PackedFile } from './zip.ts';

/** What SAM's Metadata.BuildProperties holds, as the template has it. */
export interface BuildProperties {
  EntryPoints?: string[];
  External?: string[];
  Format?: string;
  Loader?: string[];
  MainFields?: string;
  Minify?: boolean | string;
  OutExtension?: string[];
  Sourcemap?: boolean | string;
  SourcesContent?: boolean | string;
  Target?: string;
}

/** The template or the code asks for what cannot be bundled. */
export class BundleFailed extends Error {}

export interface Bundle {
  files: PackedFile[];
  /** absolute paths of what went in, packages excepted */
  inputs: string[];
}

const SOURCES = ['.ts', '.mts', '.cts', '.tsx'];
const COMPILED = ['', '.js', '.mjs', '.cjs'];
const NO_ASSET = /(^|\/)node_modules\/|\.[mc]?tsx?$|(^|\/)(package(-lock)?|tsconfig[^/]*)\.json$/;
/** what the runtime brings need not be in the package */
const BROUGHT = /^(@aws-sdk|@smithy)\/|^aws-sdk(\/|$)/;
/** bundled CommonJS calls `require` for Node's own modules, which an ES module has not */
const REQUIRE =
  "import { createRequire as gatehouseRequire } from 'node:module'; const require = gatehouseRequire(import.meta.url);";
const KNOWN = new Set(
  'EntryPoints External Format Loader MainFields Minify OutExtension Sourcemap SourcesContent Target'.split(' '),
);

/** `src/app.handler` names the module `src/app`. */
const moduleOf = (handler: string): string => {
  const base = path.posix.basename(handler);
  return path.posix
    .join(path.posix.dirname(handler), base.slice(0, base.indexOf('.') + 1 || undefined))
    .replace(/\.$/, '');
};

const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;

/** The module that a handler names, as its source: only where nothing compiled lies beside it. */
function sourceOf(folder: string, handler: string): string | undefined {
  const stem = moduleOf(handler);
  if (COMPILED.some((extension) => isFile(path.join(folder, stem + extension)))) return undefined;
  const extension = SOURCES.find((each) => isFile(path.join(folder, stem + each)));
  return extension === undefined ? undefined : stem + extension;
}

/** Whether this folder must be bundled for that function before it can run. */
export function needsBundle(folder: string, source: Source): boolean {
  if (source.buildMethod === 'esbuild') return true;
  if (source.buildMethod !== undefined || source.handler === undefined) return false;
  if (source.runtime !== undefined && !source.runtime.startsWith('nodejs')) return false;
  return sourceOf(folder, source.handler) !== undefined;
}

/** Everything that the functions sharing this folder need. */
export async function bundle(folder: string, sources: readonly Source[]): Promise<Bundle> {
  const bundled = sources.filter((source) => needsBundle(folder, source));
  const files = new Map(besides(folder, sources).map((file) => [file.name, file]));
  const inputs = new Set<string>();
  for (const options of plan(folder, bundled)) {
    const { outputFiles, metafile } = await build(options, sources);
    for (const { path: file, contents } of outputFiles) {
      const name = path.relative(folder, file).split(path.sep).join('/');
      files.set(name, { name, mode: 0o644, bytes: Buffer.from(contents) });
    }
    for (const file of Object.keys(metafile.inputs)) {
      if (!/(^|\/)node_modules\//.test(file)) inputs.add(path.resolve(folder, file));
    }
  }
  return { files: [...files.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), inputs: [...inputs] };
}

/**
 * What goes into the package beside bundles. SAM's esbuild takes nothing along; where only the code says that it must be
 * bundled, files that it may read at run time are kept; and a function that needs no bundle keeps its folder.
 */
function besides(folder: string, sources: readonly Source[]): PackedFile[] {
  if (sources.some((source) => !needsBundle(folder, source))) return folderFiles(folder);
  if (sources.some((source) => source.buildMethod === 'esbuild')) return [];
  return folderFiles(folder).filter(({ name }) => !NO_ASSET.test(name));
}

/** One build for functions that ask for the same; they share what they have in common. */
function plan(folder: string, sources: readonly Source[]): BuildOptions[] {
  const builds = new Map<string, BuildOptions & { entryPoints: string[] }>();
  for (const source of sources) {
    const { entryPoints, ...options } = optionsOf(folder, source);
    const key = JSON.stringify(options);
    const known = builds.get(key);
    if (known) known.entryPoints = [...new Set([...known.entryPoints, ...entryPoints])];
    else builds.set(key, { ...options, entryPoints });
  }
  return [...builds.values()];
}

function optionsOf(folder: string, source: Source): BuildOptions & { entryPoints: string[] } {
  const { buildMethod, handler, place } = source;
  const properties = (source.buildProperties ?? {}) as BuildProperties;
  const unknown = Object.keys(properties).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) {
    throw new BundleFailed(
      `${place}: BuildProperties ${unknown.join(', ')} of esbuild are not offered; there are ${[...KNOWN].join(', ')}`,
    );
  }
  const entryPoints = properties.EntryPoints ?? [entryOf(folder, handler, place)];
  const isModule = buildMethod === undefined && isModuleFolder(folder);
  const format = properties.Format ?? (isModule ? 'esm' : 'cjs');
  const stems = entryPoints.map((entry) => path.posix.normalize(entry).replace(/\.[^./]+$/, ''));
  // SAM leaves the folders that all entry points share out, and looks for the handler there; where the handler names
  // them they stay
  const keepsFolders = handler !== undefined && stems.includes(path.posix.normalize(moduleOf(handler)));
  return {
    entryPoints,
    bundle: true,
    platform: 'node',
    format: format as 'cjs' | 'esm' | 'iife',
    minify: isTrue(properties.Minify ?? buildMethod === 'esbuild'),
    // SAM has no source maps unless asked; here a stack trace in the user's own lines costs nothing
    sourcemap: isTrue(properties.Sourcemap ?? true) && 'linked',
    sourcesContent: isTrue(properties.SourcesContent ?? false),
    target: properties.Target ?? (buildMethod === 'esbuild' ? 'es2020' : nodeTarget(source.runtime)),
    mainFields: (properties.MainFields ?? 'main,module').split(','),
    external: properties.External ?? [],
    ...(properties.Loader && { loader: pairs(properties.Loader) as Record<string, 'text'> }),
    outExtension: properties.OutExtension ? pairs(properties.OutExtension) : isModule ? { '.js': '.mjs' } : {},
    ...(isModule && { banner: { js: REQUIRE } }),
    ...(keepsFolders && { outbase: folder }),
    outdir: folder,
    absWorkingDir: folder,
  };
}

function entryOf(folder: string, handler: string | undefined, place: string): string {
  if (handler === undefined) {
    throw new BundleFailed(`${place}: name the EntryPoints of its build: its handler is not written out`);
  }
  const found = sourceOf(folder, handler);
  if (found !== undefined) return found;
  const stem = moduleOf(handler);
  const plain = COMPILED.map((extension) => stem + extension).find((file) => isFile(path.join(folder, file)));
  if (plain !== undefined) return plain;
  throw new BundleFailed(
    `${place}: ${path.join(folder, stem)}.ts or .js is not there, which its handler ${handler} names`,
  );
}

/** YAML and parameters bring text as well as booleans. */
const isTrue = (value: boolean | string): boolean => String(value).toLowerCase() === 'true';

const nodeTarget = (runtime: string | undefined): string => `node${/^nodejs(\d+)/.exec(runtime ?? '')?.[1] ?? '22'}`;

/** `.js=.mjs` */
const pairs = (list: readonly string[]): Record<string, string> =>
  Object.fromEntries(list.map((each) => each.split('=', 2) as [string, string]));

/** The next package.json upwards says how .ts and .js are meant. */
function isModuleFolder(folder: string): boolean {
  for (let at = folder; ; at = path.dirname(at)) {
    const file = path.join(at, 'package.json');
    if (existsSync(file)) return (JSON.parse(readFileSync(file, 'utf8')) as { type?: string }).type === 'module';
    if (path.dirname(at) === at) return false;
  }
}

/** A package that is not installed but that the runtime brings stays outside. */
const broughtByRuntime: Plugin = {
  name: 'brought-by-runtime',
  setup(build) {
    build.onResolve({ filter: BROUGHT }, async ({ path: wanted, pluginData, ...options }) => {
      if (pluginData === broughtByRuntime) return undefined;
      const { errors } = await build.resolve(wanted, { ...options, pluginData: broughtByRuntime });
      return errors.length > 0 ? { path: wanted, external: true } : undefined;
    });
  },
};

interface Built {
  outputFiles: { path: string; contents: Uint8Array }[];
  metafile: Metafile;
}

/** Contexts keep what did not change: building again after a file was saved takes a few milliseconds. */
const contexts = new Map<string, Promise<BuildContext>>();

async function build(options: BuildOptions, sources: readonly Source[]): Promise<Built> {
  const key = JSON.stringify(options);
  // loaded late: most templates have nothing to bundle
  const { context, formatMessages } = await import('esbuild');
  const plugins = [broughtByRuntime];
  const made = contexts.get(key) ?? context({ ...options, plugins, write: false, metafile: true, logLevel: 'silent' });
  contexts.set(key, made);
  try {
    const { outputFiles = [], metafile } = await (await made).rebuild();
    return { outputFiles, metafile: metafile! };
  } catch (error) {
    const { errors } = error as { errors?: Parameters<typeof formatMessages>[0] };
    if (!errors) {
      contexts.delete(key);
      throw error;
    }
    const words = await formatMessages(errors, { kind: 'error', color: false });
    throw new BundleFailed(`${sources[0]?.place}: esbuild could not bundle it\n${words.join('').trim()}`);
  }
}

/** Ends esbuild's service. */
export async function stopBundling(): Promise<void> {
  const made = [...contexts.values()];
  contexts.clear();
  for (const each of made) await (await each).dispose();
}

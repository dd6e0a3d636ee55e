// A template from the disk into a stack: local files go into a bucket first, as `aws cloudformation package` does.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Platform } from '#kernel/platform.ts';
import { ServiceError } from '#core/errors.ts';
import { deployStack } from '#deploy/index.ts';
import { findLocalFiles, replaceArtifacts, type Artifact, type Content, type LocalFiles } from './artifacts.ts';
import { putContents } from './contents.ts';
import { once, ownCall } from './own-call.ts';
import { type Package, zipFiles, zipFolder } from './zip.ts';

export interface Deployment {
  outputs: Record<string, string>;
  /** everything whose change asks for another deployment */
  files: string[];
}

/** A template that names itself never ends; AWS has no need of more either. */
const NESTED_MAX = 16;

/** A deployment that did not happen, with what to do about it; the old version goes on. */
export class DeploymentFailed extends Error {
  readonly files: string[];
  constructor(message: string, files: string[]) {
    super(message);
    this.files = files;
  }
}

export interface DeployOptions {
  platform: Platform;
  templateFile: string;
  stackName: string;
  parameters: Record<string, string>;
  lenient: boolean;
}

const assetsBucket = (platform: Platform): string =>
  `gatehouse-assets-${platform.config.defaultAccountId}-${platform.config.defaultRegion}`;

interface Upload {
  hash: string;
  extension: string;
  bytes: () => Promise<Buffer>;
}

async function upload(
  platform: Platform,
  { hash, extension, bytes }: Upload,
): Promise<{ bucket: string; key: string }> {
  const options = ownCall(platform);
  const bucket = assetsBucket(platform);
  const key = `${hash}${extension}`;
  try {
    await platform.call('s3', 'HeadObject', { Bucket: bucket, Key: key }, options);
    return { bucket, key };
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 404) throw error;
  }
  const body = await bytes();
  const put = (): Promise<unknown> =>
    platform.call(
      's3',
      'PutObject',
      { Bucket: bucket, Key: key, Body: once(body), ContentLength: body.length } as never,
      options,
    );
  try {
    await put();
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'NoSuchBucket') throw error;
    await platform.call('s3', 'CreateBucket', { Bucket: bucket }, options);
    await put();
  }
  return { bucket, key };
}

function fileAsIs(file: string, bytes = readFileSync(file)): Upload {
  return {
    hash: createHash('sha256').update(bytes).digest('hex'),
    extension: path.extname(file),
    bytes: async () => bytes,
  };
}

interface Packaged {
  /** the template with addresses in place of local paths */
  text: string;
  files: string[];
  contents: Content[];
}

/** Uploads what a template names; templates that it names first have the same done to them. */
async function packageTemplate(platform: Platform, templateFile: string, depth = 1): Promise<Packaged> {
  const text = readFileSync(templateFile, 'utf8');
  const local = findLocalFiles(text, templateFile);
  const files = watched(templateFile, local);
  if (local.missing.length > 0) throw new DeploymentFailed(local.missing.join('\n'), files);
  if (depth > NESTED_MAX)
    throw new DeploymentFailed(`${templateFile} is nested deeper than ${NESTED_MAX} templates`, files);
  const addresses = new Map<Artifact, { bucket: string; key: string }>();
  for (const artifact of local.artifacts) {
    const { kind, file } = artifact;
    if (kind === 'template') {
      const nested = await packageTemplate(platform, file, depth + 1);
      files.push(...nested.files);
      addresses.set(artifact, await upload(platform, fileAsIs(file, Buffer.from(nested.text))));
    } else if (kind === 'image') {
      addresses.set(artifact, { bucket: '', key: await loadImage(platform, artifact, files) });
    } else {
      const zipped = kind === 'zip' && { ...(await packageCode(artifact, files)), extension: '.zip' };
      addresses.set(artifact, await upload(platform, zipped || fileAsIs(file)));
    }
  }
  return { text: replaceArtifacts(text, addresses), files, contents: local.contents };
}

async function loadImage(platform: Platform, { file, place }: Artifact, files: string[]): Promise<string> {
  const { loadLocalImage, LocalImageRefused } = await import('./local-image.ts');
  try {
    return await loadLocalImage(platform, file, place);
  } catch (error) {
    if (error instanceof LocalImageRefused) throw new DeploymentFailed(error.message, files);
    throw error;
  }
}

/** A folder as it is, or what esbuild makes of it. */
async function packageCode({ file, sources }: Artifact, files: string[]): Promise<Package> {
  const { bundle, BundleFailed, needsBundle } = await import('./bundle.ts');
  if (!statSync(file).isDirectory() || !sources.some((source) => needsBundle(file, source))) return zipFolder(file);
  try {
    const bundled = await bundle(file, sources);
    files.push(...bundled.inputs.filter((input) => !input.startsWith(file + path.sep)));
    return zipFiles(bundled.files);
  } catch (error) {
    if (error instanceof BundleFailed) throw new DeploymentFailed(error.message, files);
    throw error;
  }
}

const watched = (templateFile: string, { artifacts, contents }: LocalFiles): string[] => [
  templateFile,
  ...artifacts.map((each) => each.file),
  ...contents.flatMap((each) => each.folder ?? []),
];

export async function deployTemplate(options: DeployOptions): Promise<Deployment> {
  const { platform, templateFile, stackName, parameters, lenient } = options;
  const { text, files, contents } = await packageTemplate(platform, templateFile);
  const { accountId, region } = ownCall(platform);
  const result = await deployStack(platform, {
    accountId,
    region,
    stackName,
    templateBody: text,
    templateName: templateFile,
    parameters,
    lenient,
  });
  if (result.failure !== undefined) throw new DeploymentFailed(result.failure, files);
  await putContents(platform, contents, result);
  return { outputs: result.outputs, files };
}

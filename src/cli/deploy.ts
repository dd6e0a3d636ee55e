// A template from the disk into a stack: local files go into a bucket first, as `aws cloudformation package` does.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Platform } from '#kernel/platform.ts';
import { rootPrincipal } from '#core/principal.ts';
import type { CallOptions } from '#kernel/call.ts';
import { ServiceError } from '#core/errors.ts';
import { deployStack } from '#deploy/index.ts';
import { findLocalFiles, replaceArtifacts, type Artifact, type LocalFiles } from './artifacts.ts';
import { putContents } from './contents.ts';
import { zipFolder } from './zip.ts';

export interface Deployment {
  outputs: Record<string, string>;
  /** everything whose change asks for another deployment */
  files: string[];
}

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

export function ownCall(platform: Platform): CallOptions {
  const { defaultAccountId: accountId, defaultRegion: region } = platform.config;
  return { as: rootPrincipal(accountId), accountId, region, trusted: true };
}

const assetsBucket = (platform: Platform): string =>
  `gatehouse-assets-${platform.config.defaultAccountId}-${platform.config.defaultRegion}`;

async function uploadArtifact(platform: Platform, artifact: Artifact): Promise<{ bucket: string; key: string }> {
  const options = ownCall(platform);
  const bucket = assetsBucket(platform);
  const { hash, bytes } = artifact.kind === 'zip' ? zipFolder(artifact.file) : fileAsIs(artifact.file);
  const key = `${hash}${artifact.kind === 'zip' ? '.zip' : path.extname(artifact.file)}`;
  try {
    await platform.call('s3', 'HeadObject', { Bucket: bucket, Key: key }, options);
    return { bucket, key };
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 404) throw error;
  }
  const body = await bytes();
  const put = (): Promise<unknown> =>
    platform.call('s3', 'PutObject', { Bucket: bucket, Key: key, Body: once(body), ContentLength: body.length } as never, options);
  try {
    await put();
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'NoSuchBucket') throw error;
    await platform.call('s3', 'CreateBucket', { Bucket: bucket }, options);
    await put();
  }
  return { bucket, key };
}

function fileAsIs(file: string): { hash: string; bytes: () => Promise<Buffer> } {
  const bytes = readFileSync(file);
  return { hash: zipFolder(file).hash, bytes: async () => bytes };
}

export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const watched = (templateFile: string, { artifacts, contents }: LocalFiles): string[] => [
  templateFile,
  ...artifacts.map((each) => each.file),
  ...contents.flatMap((each) => each.folder ?? []),
];

export async function deployTemplate(options: DeployOptions): Promise<Deployment> {
  const { platform, templateFile, stackName, parameters, lenient } = options;
  const text = readFileSync(templateFile, 'utf8');
  const local = findLocalFiles(text, templateFile);
  const files = watched(templateFile, local);
  if (local.missing.length > 0) throw new DeploymentFailed(local.missing.join('\n'), files);
  const addresses = new Map<Artifact, { bucket: string; key: string }>();
  for (const artifact of local.artifacts) addresses.set(artifact, await uploadArtifact(platform, artifact));
  const { accountId, region } = ownCall(platform);
  const result = await deployStack(platform, {
    accountId,
    region,
    stackName,
    templateBody: replaceArtifacts(text, addresses),
    templateName: templateFile,
    parameters,
    lenient,
  });
  if (result.failure !== undefined) throw new DeploymentFailed(result.failure, files);
  await putContents(platform, local.contents, result);
  return { outputs: result.outputs, files };
}

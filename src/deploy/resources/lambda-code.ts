// The code property of functions: where the bytes come from, and how inline code becomes a zip.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ServiceError } from '#core/errors.ts';
import yazl from 'yazl';
import type { Properties } from './contract.ts';
import { pick } from './shared.ts';

/** The same code gives the same bytes, and so the same CodeSha256. */
const ZIP_TIME = new Date('2020-01-01T00:00:00Z');
const FILE_MODE = 0o100644;

const bundled = (name: string): Buffer => readFileSync(path.join(import.meta.dirname, 'inline', name));

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html */
export async function zipInlineCode(source: string, runtime: string): Promise<Uint8Array> {
  const zip = new yazl.ZipFile();
  const add = (name: string, bytes: Buffer): void => zip.addBuffer(bytes, name, { mtime: ZIP_TIME, mode: FILE_MODE });
  if (runtime.startsWith('nodejs')) {
    add('index.js', Buffer.from(source));
    if (/['"`]cfn-response['"`]/.test(source)) add('cfn-response.js', bundled('cfn-response.js'));
  } else if (runtime.startsWith('python')) {
    add('index.py', Buffer.from(source));
    if (/\bcfnresponse\b/.test(source)) add('cfnresponse.py', bundled('cfnresponse.py'));
  } else {
    throw new ServiceError(
      'InvalidRequest',
      `ZipFile can only be used when Runtime is set to one of the nodejs or python runtimes, not ${runtime}`,
    );
  }
  zip.end();
  const chunks: Uint8Array[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** The Code member of CreateFunction, or the members of UpdateFunctionCode. */
export async function functionCode(properties: Properties): Promise<Record<string, any>> {
  const code: Properties = properties.Code ?? {};
  if (code.ZipFile !== undefined) return { ZipFile: await zipInlineCode(code.ZipFile, properties.Runtime ?? '') };
  return pick(code, ['S3Bucket', 'S3Key', 'S3ObjectVersion', 'S3ObjectStorageMode', 'ImageUri', 'SourceKMSKeyArn']);
}

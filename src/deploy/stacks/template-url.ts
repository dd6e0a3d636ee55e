// Templates and included pieces that lie in S3.
import { ServiceError } from '#core/errors.ts';
import { BodyTooLarge, readBody } from '#core/http.ts';
import type { Call } from '#kernel/call.ts';
import { TEMPLATE_URL_BYTES_MAX } from '../template/document.ts';
import { TemplateError } from '../template/error.ts';

export interface ObjectAddress {
  bucket: string;
  key: string;
  versionId?: string;
}

const UNSUPPORTED = 'TemplateURL must be a supported URL.';
const MORE = 'For more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html';

/** Bucket and key of an s3:// or http(s) address, path style or virtual-hosted, at AWS's names or at ours. */
export function parseObjectUrl(location: string): ObjectAddress {
  let url: URL;
  try {
    url = new URL(location);
  } catch (error) {
    throw new TemplateError(UNSUPPORTED, undefined, error);
  }
  const path = decodeURIComponent(url.pathname.slice(1));
  const versionId = url.searchParams.get('versionId');
  const extra = versionId ? { versionId } : {};
  if (url.protocol === 's3:') return need({ bucket: url.hostname, key: path, ...extra });
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new TemplateError(UNSUPPORTED);
  const virtual = /^(.+)\.s3(?:[.-][a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|localhost|.+)$/.exec(url.hostname);
  if (virtual && !/^s3[.-]/.test(url.hostname)) return need({ bucket: virtual[1]!, key: path, ...extra });
  const [bucket = '', ...rest] = path.split('/');
  return need({ bucket, key: rest.join('/'), ...extra });
}

function need(address: ObjectAddress): ObjectAddress {
  if (!address.bucket || !address.key) throw new TemplateError(UNSUPPORTED);
  return address;
}

/** Reads a text from S3 as the caller. */
export async function readObjectText(
  call: Call,
  address: ObjectAddress,
  bytesMax = TEMPLATE_URL_BYTES_MAX,
): Promise<string> {
  try {
    const { bucket, key, versionId } = address;
    const { Body } = await call('s3', 'GetObject', {
      Bucket: bucket,
      Key: key,
      ...(versionId && { VersionId: versionId }),
    });
    return (await readBody(Body as unknown as AsyncIterable<Uint8Array>, bytesMax)).toString();
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new TemplateError(`Template may not exceed ${bytesMax} bytes in size.`);
    if (!(error instanceof ServiceError) || error instanceof TemplateError) throw error;
    throw new TemplateError(`S3 error: ${error.message}\n${MORE}`, undefined, error);
  }
}

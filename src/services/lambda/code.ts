import { createHash } from 'node:crypto';
import { ServiceError } from '#core/errors.ts';
import { readBody } from '#core/http.ts';
import type { Context } from '#kernel/context.ts';
import { invalidParameter, notOffered } from './errors.ts';
import { requireImage } from './images.ts';
import { findCode, type ImageReference } from './store.ts';
import type { Reader } from '#store/contract.ts';

/** 50 MB zipped by upload, 250 MB unzipped (which is what an object in S3 may be at most, being its zip). */
export const UPLOAD_BYTES_MAX = 50 * 1024 * 1024;
/** of a request with a package in base64; packages that fit in are measured first (AWS, since November 2023) */
const REQUEST_BYTES_MAX = 70_167_211;
const ZIP_BYTES_MAX = 250 * 1024 * 1024;

export interface CodeInput {
  ZipFile?: Uint8Array;
  S3Bucket?: string;
  S3Key?: string;
  S3ObjectVersion?: string;
  ImageUri?: string;
  SourceKMSKeyArn?: string;
  S3ObjectStorageMode?: string;
}
export interface Code {
  /** as CodeSha256 shows it: base64 of a zip, hexadecimal of an image */
  sha256: string;
  /** of a zip; images are counted nowhere */
  size: number;
  bytes?: Buffer;
  image?: ImageReference;
}
export interface Zip extends Code {
  bytes: Buffer;
}

async function fromS3(context: Context, Bucket: string, Key: string, VersionId: string | undefined): Promise<Buffer> {
  try {
    const input = { Bucket, Key, ...(VersionId !== undefined && { VersionId }) };
    const object = await context.call('s3', 'GetObject', input as never);
    return await readBody(object.Body as unknown as AsyncIterable<Uint8Array>, ZIP_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw invalidParameter(
      `Error occurred while GetObject. S3 Error Code: ${error.code}. S3 Error Message: ${error.message}`,
    );
  }
}

/** A function's code: an image, or a zip. */
export async function readCodeInput(context: Context, input: CodeInput | undefined): Promise<Code> {
  if (input?.ImageUri !== undefined) {
    if ((input.ZipFile ?? input.S3Bucket ?? input.S3Key ?? input.S3ObjectVersion) !== undefined) {
      throw invalidParameter('Please do not provide other FunctionCode parameters when providing an ImageUri.');
    }
    const { reference, sha256 } = requireImage(context, input.ImageUri);
    return { sha256, size: 0, image: reference };
  }
  return readZip(context, input);
}

/** The bytes of a package, wherever they are. */
export async function readZip(context: Context, input: CodeInput | undefined): Promise<Zip> {
  if (input?.SourceKMSKeyArn !== undefined) throw notOffered('SourceKMSKeyArn');
  if (input?.S3ObjectStorageMode !== undefined && input.S3ObjectStorageMode !== 'COPY') {
    throw notOffered(`S3ObjectStorageMode ${input.S3ObjectStorageMode}`);
  }
  if (input?.ZipFile !== undefined && (input.S3Bucket ?? input.S3Key ?? input.S3ObjectVersion) !== undefined) {
    throw invalidParameter('Please do not provide other FunctionCode parameters when providing a ZipFile.');
  }
  let bytes: Buffer;
  if (input?.ZipFile !== undefined) {
    bytes = Buffer.from(input.ZipFile);
    if (Math.ceil(bytes.length / 3) * 4 > REQUEST_BYTES_MAX) {
      throw new ServiceError(
        'RequestEntityTooLargeException',
        `Request must be smaller than ${REQUEST_BYTES_MAX} bytes for the ${context.operation} operation`,
        413,
      );
    }
    if (bytes.length > UPLOAD_BYTES_MAX) {
      throw invalidParameter(`Zipped size must be smaller than ${UPLOAD_BYTES_MAX} bytes`);
    }
  } else if (input?.S3Bucket !== undefined && input.S3Key !== undefined) {
    bytes = await fromS3(context, input.S3Bucket, input.S3Key, input.S3ObjectVersion);
  } else throw invalidParameter('Please provide a source for function code.');
  if (bytes.length === 0) throw invalidParameter('Uploaded file must be a non-empty zip');
  return { bytes, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('base64') };
}

/** Reads stored code when the data plane has it not unpacked yet. */
export function codeReader(store: Reader, blobs: Context['blobs'], sha256: string): () => AsyncIterable<Uint8Array> {
  return async function* () {
    const code = await findCode(store, sha256);
    if (!code) throw new Error(`code ${sha256} is not in the store`);
    yield* blobs.read(code.blob);
  };
}

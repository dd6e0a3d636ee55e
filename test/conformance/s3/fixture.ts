import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';

/** A name that no other test has. */
export const bucketName = (): string => `test-${randomBytes(6).toString('hex')}`;

export async function newBucket(s3: S3Client): Promise<string> {
  const Bucket = bucketName();
  await s3.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

/** For assert.rejects: code and status of an AWS error. */
export const awsError = (
  name: string,
  httpStatusCode: number,
  more: Record<string, unknown> = {},
): ((error: unknown) => boolean) => {
  return (error) => {
    const { $metadata, ...rest } = error as { name: string; $metadata?: { httpStatusCode?: number } } & Record<
      string,
      unknown
    >;
    const wrong = Object.entries({ name, ...more }).find(([key, value]) => rest[key] !== value);
    if (wrong)
      throw new Error(`${wrong[0]} is ${String(rest[wrong[0]])}, expected ${String(wrong[1])}`, { cause: error });
    if ($metadata?.httpStatusCode !== httpStatusCode)
      throw new Error(`status is ${$metadata?.httpStatusCode}`, { cause: error });
    return true;
  };
};

export async function textOf(body: { transformToString(): Promise<string> } | undefined): Promise<string> {
  return (await body?.transformToString()) ?? '';
}

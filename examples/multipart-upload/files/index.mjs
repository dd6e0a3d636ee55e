import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client();
const Bucket = process.env.BUCKET;
const json = (statusCode, body) => ({
  statusCode,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

/** Keeps every file of the form; its other fields become metadata. */
export async function upload({ headers, body, isBase64Encoded }) {
  const type = headers['Content-Type'] ?? headers['content-type'] ?? '';
  if (!isBase64Encoded || !type.startsWith('multipart/form-data')) return json(415, { message: 'Send a form' });
  const form = await new Response(Buffer.from(body, 'base64'), { headers: { 'content-type': type } }).formData();
  const files = [...form.values()].filter((value) => value instanceof File);
  const fields = [...form].filter(([, value]) => typeof value === 'string');
  const Metadata = Object.fromEntries(fields.map(([name, value]) => [name, encodeURIComponent(value)]));
  const kept = [];
  for (const file of files) {
    const Body = Buffer.from(await file.arrayBuffer());
    await s3.send(new PutObjectCommand({ Bucket, Key: file.name, Body, ContentType: file.type, Metadata }));
    kept.push({ name: file.name, type: file.type, bytes: Body.length });
  }
  return json(201, { kept });
}

/** API Gateway turns the base64 back into bytes for clients that accept a binary media type. */
export async function download({ pathParameters: { name } }) {
  try {
    const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket, Key: decodeURIComponent(name) }));
    const body = await Body.transformToString('base64');
    return { statusCode: 200, headers: { 'Content-Type': ContentType }, body, isBase64Encoded: true };
  } catch (error) {
    if (error.name !== 'NoSuchKey' && error.name !== 'AccessDenied') throw error;
    return json(404, { message: 'There is no such file' });
  }
}

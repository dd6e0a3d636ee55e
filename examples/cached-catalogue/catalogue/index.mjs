import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';

const s3 = new S3Client();
let readings = 0;

/** Says by `readings` how often it was asked: a cached answer repeats the number. */
export async function handler({ queryStringParameters: { shelf } }) {
  const headers = { 'Content-Type': 'application/json' };
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: process.env.SHELF, Key: `${shelf}.json` }));
    const items = JSON.parse(await Body.transformToString());
    return { statusCode: 200, headers, body: JSON.stringify({ shelf, items, readings: ++readings }) };
  } catch (error) {
    if (error.name !== 'NoSuchKey' && error.name !== 'AccessDenied') throw error;
    return { statusCode: 404, headers, body: JSON.stringify({ message: `There is no shelf ${shelf}` }) };
  }
}

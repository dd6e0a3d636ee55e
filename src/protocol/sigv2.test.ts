import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '#core/errors.ts';
import { readSignature, type SignatureV2 } from './sigv4.ts';
import { signV2, stringToSignV2, verifySignatureV2 } from './sigv2.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

test('the presigned example of the S3 documentation', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#RESTAuthenticationQueryStringAuth
  const target =
    '/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620';
  const request = { method: 'GET', target, headers: { host: 'johnsmith.s3.amazonaws.com' } };
  const signature = readSignature(request, 's3') as SignatureV2;
  assert.deepEqual(signature, {
    version: 2,
    source: 'query',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    expiresAt: 1_175_139_620_000,
    signature: 'NpgCjnDzrM+WFzoENXmpNDUsSn8=',
  });
  assert.equal(stringToSignV2(request, '1175139620', 'johnsmith'), 'GET\n\n\n1175139620\n/johnsmith/photos/puppy.jpg');
  verifySignatureV2(request, signature, SECRET, 'johnsmith');
  assert.throws(
    () => verifySignatureV2(request, signature, SECRET, 'other'),
    (error) => error instanceof ServiceError && error.code === 'SignatureDoesNotMatch',
  );
});

test('subresources and x-amz- parameters belong to the signature', () => {
  const target =
    '/b/k?uploadId=u%2F1&partNumber=2&prefix=no&x-amz-security-token=t%2Bk&AWSAccessKeyId=A&Expires=9&Signature=S';
  const request = { method: 'PUT', target, headers: { 'content-type': 'text/plain' } };
  const expected = 'PUT\n\ntext/plain\n9\nx-amz-security-token:t+k\n/b/k?partNumber=2&uploadId=u/1';
  assert.equal(stringToSignV2(request, '9'), expected);
  const signature = readSignature(request, 's3') as SignatureV2;
  assert.equal(signature.sessionToken, 't+k');
  verifySignatureV2(request, { ...signature, signature: signV2(SECRET, expected) }, SECRET);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bareHostBucket, apiHostBucket, websiteHost } from './hosts.ts';

test('a bucket is named by the host in every form that S3 knows', () => {
  for (const host of [
    'b.ucket.s3.localhost',
    'b.ucket.s3.eu-west-1.localhost',
    'b.ucket.s3-eu-west-1.localhost',
    'b.ucket.s3.amazonaws.com',
    'b.ucket.s3.us-gov-west-1.amazonaws.com',
  ]) {
    assert.equal(apiHostBucket(host, 'localhost'), 'b.ucket', host);
  }
});

test('service names and other hosts name no bucket', () => {
  for (const host of [
    'localhost',
    '127.0.0.1',
    's3.localhost',
    's3.us-east-1.localhost',
    'x.execute-api.us-east-1.localhost',
    'b.s3-website-us-east-1.localhost',
    'UP_per.s3.localhost',
  ]) {
    assert.equal(apiHostBucket(host, 'localhost'), undefined, host);
  }
});

test('a website has hosts of its own', () => {
  assert.equal(websiteHost('www.example.com.s3-website-us-east-1.localhost', 'localhost'), 'www.example.com');
  assert.equal(websiteHost('site.s3-website.eu-central-1.gate.example', 'gate.example'), 'site');
  assert.equal(websiteHost('site.s3.localhost', 'localhost'), undefined);
});

test('a bare name below the domain is one label', () => {
  assert.equal(bareHostBucket('my-bucket.localhost', 'localhost'), 'my-bucket');
  assert.equal(bareHostBucket('a.my-bucket.localhost', 'localhost'), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { corsHeaders, matchCorsRule, type CorsRule } from './cors-rules.ts';

const rule: CorsRule = {
  origins: ['https://*.example.com', 'http://localhost'],
  methods: ['GET', 'PUT'],
  headers: ['content-*', 'x-amz-acl'],
  exposed: ['ETag'],
  maxAgeSeconds: 60,
};
const ask = (origin: string, method: string, ...headers: string[]): CorsRule | undefined =>
  matchCorsRule([rule], { origin, method, headers });

test('a rule matches by origin, method and every requested header', () => {
  assert.equal(ask('https://www.example.com', 'GET'), rule);
  assert.equal(ask('http://localhost', 'PUT', 'content-type', 'x-amz-acl'), rule);
  assert.equal(ask('https://example.com', 'GET'), undefined);
  assert.equal(ask('http://localhost', 'DELETE'), undefined);
  assert.equal(ask('http://localhost', 'PUT', 'authorization'), undefined);
});

test('the origin is repeated with credentials, but a rule for everyone answers the star', () => {
  const request = { origin: 'http://localhost', method: 'PUT', headers: ['content-type'] };
  const headers = Object.fromEntries(corsHeaders(rule, request, true));
  assert.equal(headers['Access-Control-Allow-Origin'], 'http://localhost');
  assert.equal(headers['Access-Control-Allow-Credentials'], 'true');
  assert.equal(headers['Access-Control-Allow-Headers'], 'content-type');
  assert.equal(headers['Access-Control-Max-Age'], '60');
  const open = Object.fromEntries(corsHeaders({ ...rule, origins: ['*'] }, request, false));
  assert.equal(open['Access-Control-Allow-Origin'], '*');
  assert.equal(open['Access-Control-Allow-Credentials'], undefined);
});

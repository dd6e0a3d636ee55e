import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyRule, findRule } from './website-redirects.ts';

const site = { protocol: 'http', host: 'site.example', base: '' };
const folder = { Condition: { KeyPrefixEquals: 'docs/' }, Redirect: { ReplaceKeyPrefixWith: 'documents/' } };
const missing = {
  Condition: { HttpErrorCodeReturnedEquals: '404' },
  Redirect: { HostName: 'other.example', ReplaceKeyWith: 'sorry', HttpRedirectCode: '302', Protocol: 'https' as const },
};
const rules = [missing, folder];

test('a rule without an error code applies before anything is read', () => {
  assert.equal(findRule(rules, 'docs/a'), folder);
  assert.equal(findRule(rules, 'other'), undefined);
  assert.deepEqual(applyRule(folder, 'docs/a b', site), {
    status: 301,
    location: 'http://site.example/documents/a%20b',
  });
});

test('a rule with an error code applies to that error alone', () => {
  assert.equal(findRule(rules, 'x', 404), missing);
  assert.equal(findRule(rules, 'x', 403), undefined);
  assert.deepEqual(applyRule(missing, 'x', site), { status: 302, location: 'https://other.example/sorry' });
});

test('a redirect within the path form of a site stays in it', () => {
  const { location } = applyRule(folder, 'docs/', { ...site, base: '/_aws/s3-website/b' });
  assert.equal(location, 'http://site.example/_aws/s3-website/b/documents/');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RouteTrie } from './route-trie.ts';

const parts = (text: string): [string, string] => {
  const space = text.indexOf(' ');
  return [text.slice(0, space), text.slice(space + 1)];
};

function trie(...routes: string[]): (request: string, ignoresTrailingSlash?: boolean) => string {
  const built = new RouteTrie<string>();
  for (const route of routes) {
    const [method, path] = parts(route);
    built.insert(path, method, route);
  }
  return (request, ignoresTrailingSlash = true) => {
    const [method, path] = parts(request);
    const found = built.find(path, method, { ignoresTrailingSlash });
    if (!found) return 'none';
    return [found.value, ...found.pathParameters.map(([name, value]) => `${name}=${value}`)].join(' ');
  };
}

test("AWS's own example of route priority", () => {
  const match = trie('GET /pets/dog/1', 'GET /pets/dog/{id}', 'GET /pets/{proxy+}', 'ANY /{proxy+}');
  assert.equal(match('GET /pets/dog/1'), 'GET /pets/dog/1');
  assert.equal(match('GET /pets/dog/2'), 'GET /pets/dog/{id} id=2');
  assert.equal(match('GET /pets/cat/1'), 'GET /pets/{proxy+} proxy=cat/1');
  assert.equal(match('POST /test/5'), 'ANY /{proxy+} proxy=test/5');
  assert.equal(match('POST /pets/dog/1'), 'ANY /{proxy+} proxy=pets/dog/1');
});

test('a method of its own wins over ANY, and a missing method falls back to less specific paths', () => {
  const match = trie('GET /a', 'ANY /a', 'POST /{x}', 'GET /{x}/{y}', 'GET /a/b');
  assert.equal(match('GET /a'), 'GET /a');
  assert.equal(match('POST /a'), 'ANY /a');
  assert.equal(match('GET /a/c'), 'GET /{x}/{y} x=a y=c');
  assert.equal(match('GET /a/b'), 'GET /a/b');
  assert.equal(match('PUT /z'), 'none');
});

test('greedy parameters take one segment or more, never none', () => {
  const match = trie('GET /files/{path+}');
  assert.equal(match('GET /files'), 'none');
  assert.equal(match('GET /files/'), 'none');
  assert.equal(match('GET /files/', false), 'none');
  assert.equal(match('GET /files/a'), 'GET /files/{path+} path=a');
  assert.equal(match('GET /files/a/b/'), 'GET /files/{path+} path=a/b');
  assert.equal(match('GET /files/a//b'), 'GET /files/{path+} path=a//b');
});

test('segments are decoded after they are split', () => {
  const match = trie('GET /a b/{id}');
  assert.equal(match('GET /a%20b/x%2Fy'), 'GET /a b/{id} id=x/y');
  assert.equal(match('GET /a%20b/%zz'), 'GET /a b/{id} id=%zz');
});

test('a slash at the end counts where it is asked for', () => {
  const match = trie('GET /a', 'GET /');
  assert.equal(match('GET /a/'), 'GET /a');
  assert.equal(match('GET /a/', false), 'none');
  assert.equal(match('GET /'), 'GET /');
  assert.equal(match('GET //'), 'none');
});

test('many routes match as fast as few', () => {
  const match = trie(...Array.from({ length: 10_000 }, (_, i) => `GET /r${i}/{id}`), 'GET /{proxy+}');
  assert.equal(match('GET /r9999/1'), 'GET /r9999/{id} id=1');
  assert.equal(match('GET /nothing/1'), 'GET /{proxy+} proxy=nothing/1');
});

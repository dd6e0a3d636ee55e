import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Malformed } from './malformed.ts';
import { parseXml } from './xml-parser.ts';
import { escapeXml } from './xml.ts';

const parse = (text: string): ReturnType<typeof parseXml> => parseXml(Buffer.from(text));

test('elements, attributes, prefixes, text, CDATA, comments, references', () => {
  const root = parse(
    `\ufeff<?xml version="1.0"?><!-- c --><s:a xmlns:s="u" xsi:type='x &amp; y'> <b>1 &lt; 2</b><b/><![CDATA[<raw>&]]>&#x41;&#66;<!-- x --></s:a>\n`,
  );
  assert.equal(root.name, 'a');
  assert.equal(root.attributes['xsi:type'], 'x & y');
  assert.deepEqual(
    root.children.map(({ name, text }) => [name, text]),
    [
      ['b', '1 < 2'],
      ['b', ''],
    ],
  );
  assert.equal(root.text, ' <raw>&AB');
});

test('line ends become \\n; spaces of text are kept', () => {
  assert.equal(parse('<a> x\r\ny </a>').text, ' x\ny ');
});

for (const text of [
  '',
  'x',
  '<a>',
  '<a></b>',
  '<a/><b/>',
  '<a/>x',
  '<a b></a>',
  '<a b=c/>',
  '<a b="1" b="2"/>',
  '<a b="<"/>',
  '<a b="1"c="2"/>',
  '<!DOCTYPE a><a/>',
  '<a><!DOCTYPE b></a>',
  '<a>&nbsp;</a>',
  '<a>&</a>',
  '<a>& b;</a>',
  '<a>&toString;</a>',
  '<a>&#0;</a>',
  '<a>&#x110000;</a>',
  '<a>\u0001</a>',
  '<a><![CDATA[x</a>',
  '<a><!-- x</a>',
  '<1a/>',
  '< a/>',
  '<a>'.repeat(100) + '</a>'.repeat(100),
]) {
  test(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.throws(() => parse(text), Malformed);
  });
}

test('what is escaped is read back, but for control characters, which XML 1.0 cannot say', () => {
  const text = `<&>"'\t\r\n ü 😀`;
  assert.equal(parse(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`).text, text);
  assert.equal(escapeXml('a\u0001b'), 'a&#x1;b');
});

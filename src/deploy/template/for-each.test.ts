import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from './document.ts';
import { expandForEach } from './for-each.ts';
import type { Scope } from './evaluate.ts';

const scope = { ref: () => ['x.1', 'y'], mappings: {}, languageExtensions: true } as unknown as Scope;
const expand = (value: Json): Json => expandForEach(value, scope);

test('a loop writes one member for each item, in keys, texts and Ref', () => {
  assert.deepEqual(
    expand({
      'Fn::ForEach::Topics': [
        'Name',
        ['A', 'B'],
        { 'Topic${Name}': { Type: 'T', Properties: { P: { Ref: 'Name' }, Q: '${Name}.fifo' } } },
      ],
    }),
    {
      TopicA: { Type: 'T', Properties: { P: 'A', Q: 'A.fifo' } },
      TopicB: { Type: 'T', Properties: { P: 'B', Q: 'B.fifo' } },
    },
  );
});

test('the collection may be a parameter; &{} leaves signs out; loops nest', () => {
  assert.deepEqual(
    expand({ 'Fn::ForEach::L': ['N', { Ref: 'P' }, { 'Fn::ForEach::M': ['O', ['1', '2'], { 'K&{N}${O}': '${N}' }] }] }),
    { Kx11: 'x.1', Kx12: 'x.1', Ky1: 'y', Ky2: 'y' },
  );
});

test('a wrong layout is refused', () => {
  assert.throws(() => expand({ 'Fn::ForEach::L': ['N', 'x'] }), { message: 'Fn::ForEach::L layout is incorrect' });
});

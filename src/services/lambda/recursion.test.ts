import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineageId, RecursiveInvocation, traceOf } from './recursion.ts';

const id = lineageId('arn:aws:lambda:us-east-1:111122223333:function:f');
const other = lineageId('arn:aws:lambda:us-east-1:111122223333:function:g');
const facts = { id, mayLoop: false, requestId: '6e0b6f5e-3f4b-4c1e-9f8e-0123456789ab', nowMs: Date.UTC(2026, 10, 21) };

test('an invocation without a trace begins one', () => {
  const trace = traceOf(undefined, facts);
  assert.match(trace, new RegExp(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0;Lineage=${id}:0$`));
  assert.equal(traceOf(undefined, facts), trace, 'the same for a try of the same event');
});

test('each visit of a function is counted, and the seventeenth refused', () => {
  let trace = traceOf(undefined, facts);
  for (let visit = 1; visit < 16; visit++) {
    trace = traceOf(traceOf(trace, { ...facts, id: other }), facts);
    assert.match(trace, new RegExp(`Lineage=${id}:${visit}\\|${other}:${visit - 1}$`));
  }
  assert.throws(() => traceOf(trace, facts), RecursiveInvocation);
  assert.match(traceOf(trace, { ...facts, mayLoop: true }), new RegExp(`${id}:16`));
});

test('what the client says of its trace is kept, and nonsense is no lineage', () => {
  const sent = 'Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1';
  assert.equal(traceOf(sent, facts), `${sent};Lineage=${id}:0`);
  assert.equal(traceOf(`${sent};Lineage=::|x:y|${id}`, facts).startsWith(sent), true);
});

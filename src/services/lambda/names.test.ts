import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFunctionName } from './names.ts';

const at = { accountId: '111122223333', region: 'us-east-1' };
const ARN = 'arn:aws:lambda:us-east-1:111122223333:function:f';

test('every form of a name means the same function', () => {
  for (const text of [
    'f',
    'function:f',
    '111122223333:f',
    '111122223333:function:f',
    'us-east-1:111122223333:function:f',
    ARN,
  ]) {
    assert.deepEqual(parseFunctionName(text, at), { ...at, name: 'f' }, text);
    assert.deepEqual(parseFunctionName(`${text}:live`, at), { ...at, name: 'f', qualifier: 'live' }, text);
    assert.deepEqual(parseFunctionName(text, at, '$LATEST'), { ...at, name: 'f', qualifier: '$LATEST' }, text);
  }
  const other = parseFunctionName('999988887777:function:f', at);
  assert.equal(other.accountId, '999988887777');
});

test('what is no name', () => {
  for (const text of [
    '',
    'a b',
    'arn:aws:lambda:f',
    'arn:aws:lambda:us-east-1:111122223333:f',
    'arn:aws:s3:::f',
    `${ARN}:1:2`,
  ]) {
    assert.throws(() => parseFunctionName(text, at), { name: 'InvalidParameterValueException' }, text);
  }
  assert.throws(() => parseFunctionName(`${ARN}:1`, at, '2'), { name: 'InvalidParameterValueException' });
  assert.throws(() => parseFunctionName(ARN.replace('east', 'west'), at), { name: 'ResourceNotFoundException' });
});

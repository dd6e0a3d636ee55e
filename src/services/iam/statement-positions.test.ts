import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statementPositions } from './statement-positions.ts';

test('positions are those that AWS answers for AdministratorAccess', () => {
  const text = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}`;
  assert.deepEqual(statementPositions(text), [{ start: { Line: 3, Column: 17 }, end: { Line: 8, Column: 6 } }]);
});

test('statements in one line, and one that stands alone, are found too', () => {
  assert.deepEqual(statementPositions('{"Statement":[{"Sid":"}"},{"Sid":"Statement"}]}'), [
    { start: { Line: 1, Column: 15 }, end: { Line: 1, Column: 26 } },
    { start: { Line: 1, Column: 27 }, end: { Line: 1, Column: 46 } },
  ]);
  assert.deepEqual(statementPositions('{"Id":"Statement","Statement":{"Condition":{}}}'), [
    { start: { Line: 1, Column: 31 }, end: { Line: 1, Column: 47 } },
  ]);
});

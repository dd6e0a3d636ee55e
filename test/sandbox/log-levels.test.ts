// LoggingConfig JSON (docs: monitoring-cloudwatchlogs-log-level) where the runtime is the function's own, and for extensions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from '../eventually.ts';
import { bashExtension, extensionLayer } from './extension-fixture.ts';
import { defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

let fixture: PoolFixture;
before(async () => (fixture = await startPool()));
after(() => fixture.stop());

const line = (level: string): string =>
  `{"timestamp":"2026-11-21T00:00:00.000Z","level":"${level}","message":"said ${level}"}`;
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const SAY = `for LINE in ${LEVELS.map((level) => `'${line(level)}'`).join(' ')} plain; do echo "$LINE"; done`;
const RUNTIME = `#!/bin/bash
API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  ID=$(curl -sS -o /dev/null -D - "$API/invocation/next" | grep -i '^Lambda-Runtime-Aws-Request-Id:' | tr -d '\\r' | cut -d' ' -f2)
  ${SAY}
  curl -sS -X POST "$API/invocation/$ID/response" -d null > /dev/null
done`;

async function linesOf(format: 'Text' | 'JSON', applicationLevel?: string, systemLevel?: string): Promise<string[]> {
  const snapshot = await defineFunction(
    { bootstrap: RUNTIME },
    {
      runtime: 'provided.al2023',
      logging: {
        group: 'g',
        format,
        ...(applicationLevel && { applicationLevel }),
        ...(systemLevel && { systemLevel }),
      },
    },
  );
  const { logTail = '' } = await invoke(fixture, snapshot, {}, { logTail: true, requestId: 'r' });
  return logTail.split('\n');
}

const said = (lines: string[]): string[] =>
  lines.flatMap((each) => /said (\w+)|^(plain)$/.exec(each)?.slice(1).find(Boolean) ?? []);
const platform = (lines: string[]): string[] =>
  lines.flatMap((each) => /"type":"platform\.(\w+)"/.exec(each)?.[1] ?? []);

test('JSON lines below the application level are not logged; a line without level counts as INFO', async () => {
  assert.deepEqual(said(await linesOf('JSON')), ['INFO', 'WARN', 'ERROR', 'FATAL', 'plain']);
  assert.deepEqual(said(await linesOf('JSON', 'ERROR')), ['ERROR', 'FATAL']);
  assert.deepEqual(said(await linesOf('JSON', 'TRACE')), [...LEVELS, 'plain']);
});

test('in Text format a level chooses nothing', async () => {
  assert.deepEqual(said(await linesOf('Text')), [...LEVELS, 'plain']);
});

test('platform records are chosen by the system level', async () => {
  assert.deepEqual(platform(await linesOf('JSON')), ['start', 'report']);
  assert.deepEqual(platform(await linesOf('JSON', 'INFO', 'DEBUG')), [
    'initRuntimeDone',
    'initReport',
    'start',
    'runtimeDone',
    'report',
  ]);
  assert.deepEqual(platform(await linesOf('JSON', 'INFO', 'WARN')), []);
});

test('platform records have AWS’s members in AWS’s order', async () => {
  const lines = await linesOf('JSON', 'INFO', 'DEBUG');
  const members = lines
    .filter((each) => each.includes('"platform.'))
    .map((each) => JSON.parse(each) as { record: object });
  assert.deepEqual(
    members.map(({ record }) => Object.keys(record)),
    [
      ['initializationType', 'phase', 'status'],
      ['initializationType', 'phase', 'status', 'metrics'],
      ['requestId', 'functionArn', 'version'],
      ['requestId', 'status', 'spans', 'metrics'],
      ['requestId', 'metrics', 'status'],
    ],
  );
  assert.deepEqual(Object.keys(members[0] ?? {}), ['time', 'type', 'record']);
});

test('what an extension writes as JSON is chosen in the same way', async () => {
  const layers = [await extensionLayer({ talker: bashExtension('[]', '', `${SAY}; sleep 0.1`) })];
  const snapshot = await defineFunction(
    { 'index.js': 'exports.handler = async () => 1' },
    { layers, logging: { group: 'g', format: 'JSON', applicationLevel: 'WARN' } },
  );
  await invoke(fixture, snapshot);
  await eventually(() => said(fixture.logs.get(snapshot.name) ?? []).length > 0);
  assert.deepEqual(said((fixture.logs.get(snapshot.name) ?? []).map((each) => each.trimEnd())), [
    'WARN',
    'ERROR',
    'FATAL',
  ]);
});

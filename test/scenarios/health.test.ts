import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer } from '../harness.ts';

test('health says version, mode and uptime, and existing wait scripts find what they look for', async () => {
  const server = await startTestServer();
  try {
    const health = await fetch(`${server.endpoint}/_gatehouse/health`);
    assert.equal(health.status, 200);
    const { version, mode, uptimeSeconds } = (await health.json()) as Record<string, unknown>;
    assert.match(String(version), /^\d+\.\d+\.\d+$/);
    assert.deepEqual([mode, typeof uptimeSeconds], ['start', 'number']);
    const { services } = (await (await fetch(`${server.endpoint}/_localstack/health`)).json()) as {
      services: Record<string, string>;
    };
    assert.equal(services['s3'], 'running');
  } finally {
    await server.stop();
  }
});

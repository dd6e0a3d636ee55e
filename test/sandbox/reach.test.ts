// Unmodified code reaches the platform by AWS's own names (runtime.md 4b): names, ports, trust, identity.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { FunctionSnapshot } from '#functions/index.ts';
import { openCertificates } from '#server/certificates.ts';
import { secureSocket } from '#server/tls.ts';
import { offeredModes } from './modes.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

interface Seen {
  functionArn: string;
  tls: boolean;
  host: string;
  line: string;
  authorization: string;
}

const BODIES: Record<string, [string, string]> = {
  GetCallerIdentity: [
    'text/xml',
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>me</Arn><UserId>u</UserId><Account>1</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>',
  ],
};

for (const mode of await offeredModes(['strict', 'namespaces'])) {
  describe(`in mode ${mode}`, () => {
    let fixture: PoolFixture;
    let seen: Seen[] = [];
    const outside: string[] = [];
    const outsideServer = createServer((request, response) => response.end(`outside ${request.headers.host}`));

    before(async () => {
      await new Promise<void>((resolve) => outsideServer.listen(0, '127.0.0.1', resolve));
      const certificates = await openCertificates(undefined);
      const facts = new WeakMap<object, { functionArn: string; tls: boolean }>();
      const front = createServer(async (request: IncomingMessage, response) => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        seen.push({
          ...(facts.get(request.socket) ?? { functionArn: '', tls: false }),
          host: request.headers.host ?? '',
          line: `${request.method} ${request.url}`,
          authorization: request.headers.authorization ?? '',
        });
        const action = /Action=(\w+)/.exec(body)?.[1] ?? '';
        const [type, text] = BODIES[action] ?? ['application/json', JSON.stringify({ echo: body })];
        response.writeHead(200, { 'content-type': type }).end(text);
      });
      fixture = await startPool({
        isolation: mode,
        caCertificate: certificates.caCertificate,
        outbound: {
          resolve: async (name) => (name === 'api.example.com' ? '93.184.216.34' : undefined),
          connect: (address, port) => {
            outside.push(`${address}:${port}`);
            return connect((outsideServer.address() as AddressInfo).port, '127.0.0.1');
          },
        },
        connection: (socket, info) => {
          const end = info.tls ? secureSocket(socket, certificates) : socket;
          facts.set(end, info);
          front.emit('connection', end);
        },
      });
    });
    after(async () => {
      await fixture.stop();
      outsideServer.close();
    });

    const run = async (snapshot: FunctionSnapshot, event: unknown = {}): Promise<any> => {
      seen = [];
      const result = await invoke(fixture, snapshot, event, { logTail: true });
      assert.equal(result.functionError, undefined, `${result.payload}\n${result.logTail}`);
      return answerOf(result);
    };

    test('an https PUT to a name of AWS arrives with the caller known', async () => {
      const snapshot = await defineFunction({
        'index.js': `const https = require('https');
          exports.handler = (event) => new Promise((resolve, reject) => {
            const request = https.request({ hostname: 'cloudformation-custom-resource-response-useast1.s3.amazonaws.com', path: '/x?y=1', method: 'PUT' },
              (response) => { let text = ''; response.on('data', (part) => (text += part)).on('end', () => resolve(JSON.parse(text))) });
            request.on('error', reject); request.end('done') })`,
      });
      assert.deepEqual(await run(snapshot), { echo: 'done' });
      assert.deepEqual(seen, [
        {
          functionArn: snapshot.arn,
          tls: true,
          host: 'cloudformation-custom-resource-response-useast1.s3.amazonaws.com',
          line: 'PUT /x?y=1',
          authorization: '',
        },
      ]);
    });

    test('fetch trusts every name that is ours, over TLS and plain', async () => {
      const urls = [
        'https://abc123.execute-api.us-east-1.amazonaws.com/test/items',
        'https://abc.lambda-url.eu-west-1.on.aws/',
        'https://d111111abcdef8.cloudfront.net/a.png',
        'https://abc.execute-api.us-east-1.localhost/',
        'http://bucket.s3.amazonaws.com/key',
        'http://localhost:4566/_gatehouse/health',
      ];
      const snapshot = await defineFunction({
        'index.js': `exports.handler = (urls) => Promise.all(urls.map(async (url) => (await fetch(url)).status))`,
      });
      assert.deepEqual(
        await run(snapshot, urls),
        urls.map(() => 200),
      );
      assert.deepEqual(
        seen.map(({ host, tls }) => `${tls ? 'https' : 'http'}://${host}`).toSorted(),
        urls.map((url) => new URL(url).origin).toSorted(),
      );
    });

    test('the AWS SDK that the runtime brings works with no endpoint, as the role', async () => {
      const cases: [string, string][] = [
        [
          'nodejs16.x',
          `const AWS = require('aws-sdk'); exports.handler = () => new AWS.STS().getCallerIdentity().promise().then((r) => r.Arn)`,
        ],
        [
          'nodejs22.x',
          `const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts');
           exports.handler = async () => (await new STSClient().send(new GetCallerIdentityCommand())).Arn`,
        ],
      ];
      for (const [runtime, source] of cases) {
        const settings = { runtime, memoryMb: 512, timeoutSeconds: 20 };
        assert.equal(await run(await defineFunction({ 'index.js': source }, settings)), 'me');
        assert.match(seen[0]?.host ?? '', /^sts\.(us-east-1\.)?amazonaws\.com$/);
        assert.match(seen[0]?.authorization ?? '', /^AWS4-HMAC-SHA256 Credential=ASIATEST\//);
      }
    });

    test('an ES module imports the SDK that the runtime brings', async () => {
      const source = `import { S3Client } from '@aws-sdk/client-s3'; export const handler = async () => typeof S3Client`;
      const snapshot = await defineFunction({ 'index.mjs': source }, { memoryMb: 512, timeoutSeconds: 20 });
      assert.equal(await run(snapshot), 'function');
    });

    test('Python code reaches us by boto3 and by urllib', async () => {
      const source = `
import json, ssl, urllib.request
import boto3

def handler(event, context):
    with urllib.request.urlopen("https://abc.execute-api.us-east-1.amazonaws.com/x") as answer:
        status = answer.status
    return [status, boto3.client("sts").get_caller_identity()["Arn"]]
`;
      const settings = { runtime: 'python3.11', handler: 'app.handler', memoryMb: 512, timeoutSeconds: 20 };
      assert.deepEqual(await run(await defineFunction({ 'app.py': source }, settings)), [200, 'me']);
    });

    test('programs that a function starts trust us too', async () => {
      const snapshot = await defineFunction({
        'index.js': `const { execFileSync } = require('child_process');
          exports.handler = async () => execFileSync('curl', ['-sS', 'https://sqs.us-east-1.amazonaws.com/']).toString()`,
      });
      assert.equal(await run(snapshot), '{"echo":""}');
    });

    test('a name of the internet leads there, on ports 80 and 443 only', async () => {
      const snapshot = await defineFunction({
        'index.js': `const net = require('net');
          exports.handler = async () => [await (await fetch('http://api.example.com/x')).text(), ...(await Promise.all([443, 4566, 5432].map((port) =>
            new Promise((resolve) => net.connect(port, 'api.example.com', () => resolve('open')).on('error', (error) => resolve(error.code))))))]`,
      });
      assert.deepEqual(await run(snapshot), ['outside api.example.com', 'open', 'open', 'ECONNREFUSED']);
      assert.deepEqual(outside.toSorted(), ['93.184.216.34:443', '93.184.216.34:80']);
      assert.deepEqual(seen, []);
    });

    test('other names do not exist', async () => {
      const snapshot = await defineFunction({
        'index.js': `const { lookup } = require('dns/promises');
          exports.handler = (names) => Promise.all(names.map((name) => lookup(name).then((found) => found.address, (error) => error.code)))`,
      });
      const names = ['other.example.com', 'evilamazonaws.com', 'sqs.us-east-1.amazonaws.com', 'localhost'];
      assert.deepEqual(await run(snapshot, names), ['ENOTFOUND', 'ENOTFOUND', '127.0.0.1', '127.0.0.1']);
    });
  });
}

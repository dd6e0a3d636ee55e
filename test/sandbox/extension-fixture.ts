// Extensions as scripts of bash and Node, in layers, for tests.
import type { FunctionSnapshot } from '#functions/index.ts';
import { snapshotOf, zip } from './pool-fixture.ts';

export type Layer = FunctionSnapshot['layers'][number];

/** A layer whose extensions/ has these executables. */
export async function extensionLayer(programs: Record<string, string>): Promise<Layer> {
  const files = Object.entries(programs).map(([name, text]) => [`extensions/${name}`, text]);
  const { codeSha256, readCode } = snapshotOf(await zip(Object.fromEntries(files)));
  return { arn: 'arn:aws:lambda:us-east-1:000000000000:layer:extension:1', codeSha256, readCode };
}

/** An extension of bash: registers under its own name, then runs `body` with each event in $EVENT. */
export const bashExtension = (events: string, body = '', init = ''): string => `#!/bin/bash
API="http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension"
NAME=$(basename "$0")
HEADERS=$(mktemp)
REGISTERED=$(curl -sS -D $HEADERS -X POST "$API/register" -H "Lambda-Extension-Name: $NAME" -d '{"events":${events}}')
ID=$(grep -i '^Lambda-Extension-Identifier:' $HEADERS | tr -d '\\r' | cut -d' ' -f2)
rm $HEADERS
post() { curl -sS -X POST "$API/$1" -H "Lambda-Extension-Identifier: $ID" "\${@:2}"; }
${init}
while true; do
  EVENT=$(curl -sS "$API/event/next" -H "Lambda-Extension-Identifier: $ID")
  ${body}
  case $EVENT in *SHUTDOWN*) exit 0;; esac
done
`;

/** An extension of Node: \`ask(method, path, body, headers)\` answers status, headers and text. */
export const nodeExtension = (body: string): string => `#!/usr/bin/env node
const http = require('node:http');
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const name = require('node:path').basename(process.argv[1]);
const ask = (method, path, body, headers = {}) => new Promise((resolve, reject) => {
  const request = http.request({ host, port, method, path, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part) => (text += part)).on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
  });
  request.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
});
const register = async (events, more = {}) => {
  const { headers, text } = await ask('POST', '/2020-01-01/extension/register', { events }, { 'Lambda-Extension-Name': name, ...more });
  return { id: headers['lambda-extension-identifier'], facts: JSON.parse(text) };
};
const next = (id) => ask('GET', '/2020-01-01/extension/event/next', undefined, { 'Lambda-Extension-Identifier': id });
(async () => {
${body}
})();
`;

/** A custom runtime of bash that answers with the event. */
export const ECHO_RUNTIME = `#!/bin/bash
API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  HEADERS=$(mktemp)
  EVENT=$(curl -sS -D $HEADERS "$API/invocation/next")
  ID=$(grep -i '^Lambda-Runtime-Aws-Request-Id:' $HEADERS | tr -d '\\r' | cut -d' ' -f2)
  rm $HEADERS
  curl -sS -X POST "$API/invocation/$ID/response" -d "$EVENT" > /dev/null
done
`;

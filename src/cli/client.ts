// The few API calls that commands make to a running server.
import { readFileSync } from 'node:fs';
import { signRequest } from '#protocol/sigv4-sign.ts';
import { CommandError } from './command.ts';
import type { Running } from './running.ts';

/** The region that start and serve deploy to. */
const REGION = 'us-east-1';

interface ApiRequest {
  service: string;
  method?: string;
  /** path and query */
  target?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** start takes any key; serve wrote the root account's into a credentials file. */
function credentialsFor(running: Running): { accessKeyId: string; secretAccessKey: string } {
  if (running.credentialsFile === undefined) return { accessKeyId: 'gatehouse', secretAccessKey: 'gatehouse' };
  const text = readFileSync(running.credentialsFile, 'utf8');
  const read = (name: string): string => new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm').exec(text)?.[1] ?? '';
  return { accessKeyId: read('aws_access_key_id'), secretAccessKey: read('aws_secret_access_key') };
}

export async function callApi(running: Running, request: ApiRequest): Promise<{ headers: Headers; body: string }> {
  const { service, method = 'POST', target = '/', headers = {}, body = '' } = request;
  const signed = signRequest(
    { method, target, headers: { host: new URL(running.endpoint).host, ...headers }, body },
    { credentials: credentialsFor(running), region: REGION, service, now: Date.now() },
  );
  const response = await fetch(`${running.endpoint}${target}`, {
    method,
    headers: signed,
    ...(body !== '' && { body }),
  });
  const text = await response.text();
  if (response.ok) return { headers: response.headers, body: text };
  let message = text;
  try {
    const error = JSON.parse(text) as { message?: string; Message?: string; __type?: string };
    message = error.message ?? error.Message ?? error.__type ?? text;
  } catch {
    // not JSON: the text is all there is to say
  }
  throw new CommandError(message);
}

/** An operation of an awsJson1_1 service. */
export async function callJson<T>(running: Running, service: string, target: string, input: unknown): Promise<T> {
  const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' };
  return JSON.parse((await callApi(running, { service, headers, body: JSON.stringify(input) })).body) as T;
}

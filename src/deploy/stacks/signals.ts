// Answers from outside: custom resources and wait conditions report by an HTTP PUT to an address that names their step.
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import { readBody } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import type { DataPlane } from '#kernel/service.ts';
import type { StackKey } from '../engine/records.ts';
import { parseStackId } from './identity.ts';
import * as store from './store.ts';

/** AWS's presigned addresses take small bodies; a response object may have 4,096 bytes of data. */
const BODY_BYTES_MAX = 1_048_576;
const WAIT_PATH = '/_gatehouse/cloudformation/wait-condition/';
const RESPONSE_HOST = /^cloudformation-custom-resource-response-[a-z0-9]+\.s3[.-]/;

interface SignalAddress {
  stackId: string;
  logicalId: string;
  token: string;
}

const encode = ({ stackId, logicalId, token }: SignalAddress): string =>
  encodeURIComponent(`${stackId}|${logicalId}|${token}`);

/** Where a custom resource's function PUTs its answer: AWS's own name, which leads to us from inside functions. */
export function responseUrl(address: SignalAddress, region: string): string {
  const host = `cloudformation-custom-resource-response-${region.replaceAll('-', '')}.s3.${region}.amazonaws.com`;
  return `https://${host}/${encode(address)}`;
}

/** Where anybody who may signal a wait condition PUTs: curl on this machine as well as a function. */
export function waitConditionUrl(address: SignalAddress, platform: Platform): string {
  const { host, port, domain } = platform.config;
  const name = domain !== 'localhost' ? domain : host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}${WAIT_PATH}${encode(address)}`;
}

export function parseSignalPath(path: string): (StackKey & SignalAddress) | undefined {
  let text: string;
  try {
    text = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  const [stackId = '', logicalId = '', token = ''] = text.split('|');
  const parsed = parseStackId(stackId);
  return parsed && token ? { ...parsed, stackId, logicalId, token } : undefined;
}

const answer = (status: number, code?: string): HttpResponse => ({
  status,
  headers: code === undefined ? [] : [['content-type', 'application/xml']],
  ...(code !== undefined && { body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>` }),
});

async function receive(platform: Platform, path: string, request: HttpRequest): Promise<HttpResponse> {
  const address = parseSignalPath(path);
  if (!address) return answer(403, 'AccessDenied');
  const resources = await store.listResources(platform.store, address);
  const record = resources.find((resource) => resource.logicalId === address.logicalId);
  // The token is the secret: it is in the step's record, and in the address alone.
  const known = record?.step?.token === address.token || record?.deployed?.attributes.token === address.token;
  if (!known) return answer(403, 'AccessDenied');
  const body = await readBody(request.body, BODY_BYTES_MAX);
  const signal = parseSignal(body.toString(), address.token);
  if (!signal) return answer(400, 'InvalidRequest');
  await platform.store.transact((tx) => store.putSignal(tx, address, address.logicalId, signal));
  return answer(200);
}

function parseSignal(text: string, token: string): store.SignalRecord | undefined {
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const status = body.Status === 'SUCCESS' ? 'SUCCESS' : 'FAILURE';
  return {
    status,
    uniqueId: typeof body.UniqueId === 'string' ? body.UniqueId : token,
    ...(typeof body.Reason === 'string' && { reason: body.Reason }),
    ...(body.Data !== undefined && { data: body.Data }),
    ...(typeof body.PhysicalResourceId === 'string' && { physicalId: body.PhysicalResourceId }),
    ...(body.NoEcho === true && { noEcho: true }),
  };
}

export function createSignalPlane(platform: Platform): DataPlane {
  return {
    id: 'cloudformation-signals',
    match(host, path, request) {
      if (request.method !== 'PUT') return undefined;
      if (path.startsWith(WAIT_PATH)) return (put) => receive(platform, path.slice(WAIT_PATH.length), put);
      if (RESPONSE_HOST.test(host)) return (put) => receive(platform, path.slice(1), put);
      return undefined;
    },
  };
}

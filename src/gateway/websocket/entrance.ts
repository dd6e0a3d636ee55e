// How a handshake finds its stage and stays with it, and how callbacks find their connection.
import type { HttpRequest } from '#core/http.ts';
import type { DataPlane, Handshake } from '#kernel/service.ts';
import type { Address } from '../address.ts';
import type { GatewayFacts } from '../facts.ts';
import type { StageCache } from '../stage-cache.ts';
import type { CompiledWebSocketStage } from './compile.ts';
import { connect } from './connect.ts';
import { connectionIdOf, manageConnection } from './manage.ts';

const SIGNED_FOR_US = /Credential=[^,]*\/execute-api\/aws4_request/;

/**
 * `/@connections/{id}` and `/{stage}/@connections/{id}` at our own endpoint, for clients that know one address only: ids of
 * connections are unique. An object of S3 may have such a path too; signatures tell them apart.
 */
export function matchConnection(
  facts: GatewayFacts,
  path: string,
  { headers }: HttpRequest,
): ReturnType<DataPlane['match']> {
  if (!path.includes('connections/')) return undefined;
  const id = connectionIdOf(path);
  const isOurs = path.startsWith('/@connections/') || SIGNED_FOR_US.test(headers['authorization'] ?? '');
  if (id === undefined || !isOurs) return undefined;
  return (request) => manageConnection(facts, id, request);
}

/** Takes the handshake; false where the API's own endpoint is off. */
export async function enter(
  cache: StageCache,
  stage: CompiledWebSocketStage,
  { apiId, basePath }: Address,
  handshake: Handshake,
): Promise<boolean> {
  const { region, api } = stage.published;
  if (api.disableExecuteApiEndpoint && basePath === undefined) return false;
  const host = hostNameOf(handshake.request);
  // A path form names no API: functions call back by AWS's name, which leads here.
  const isNamed = basePath !== undefined || host.startsWith(`${apiId}.`);
  const domainName = isNamed ? host : `${apiId}.execute-api.${region}.amazonaws.com`;
  await connect({ stage, follow: () => currentStage(cache, apiId, stage.name), domainName }, handshake);
  return true;
}

function hostNameOf({ headers }: HttpRequest): string {
  const host = headers['host'] ?? '';
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
}

/** The stage as it is deployed now: open connections follow deployments. */
function currentStage(
  cache: StageCache,
  apiId: string,
  stageName: string,
): CompiledWebSocketStage | undefined | Promise<CompiledWebSocketStage | undefined> {
  const stage = cache.peek(apiId)?.stages.get(stageName);
  return stage?.kind === 'WEBSOCKET' ? stage : findCurrentStage(cache, apiId, stageName);
}

async function findCurrentStage(
  cache: StageCache,
  apiId: string,
  stageName: string,
): Promise<CompiledWebSocketStage | undefined> {
  const api = await cache.findApi(apiId);
  const stage = api && (await cache.findStage(api, stageName));
  return stage?.kind === 'WEBSOCKET' ? stage : undefined;
}

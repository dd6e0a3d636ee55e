// The door of the request path: which API and stage a request is for, then that API's own path.
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { DataPlane, Handshake } from '#kernel/service.ts';
import type { Platform } from '#kernel/platform.ts';
import { findAddress, type Address } from './address.ts';
import { DomainIndex, type TlsTerms } from './domains/domain-index.ts';
import { tlsVersionsOf } from './domains/security-policies.ts';
import { createFacts, type GatewayFacts } from './facts.ts';
import { handleHttp, httpNotFound } from './http/handle.ts';
import { GATEWAY_LIMITS, type GatewayLimits } from './limits.ts';
import type { CompiledHttpStage } from './http/compile.ts';
import type { CompiledRestStage } from './rest/compile.ts';
import { handleRest } from './rest/handle.ts';
import { enter, matchConnection } from './websocket/entrance.ts';
import { refuseHandshake } from './websocket/handshake.ts';
import { connectionIdOf, manageConnection } from './websocket/manage.ts';
import { StageCache, type CachedApi, type CompiledStage } from './stage-cache.ts';

export interface GatewayOptions {
  limits?: Partial<GatewayLimits>;
}

export interface Gateway {
  dataPlane: DataPlane;
  /** How a name is served over TLS; undefined where no API says anything about it. */
  tlsTermsOf: (host: string) => Promise<TlsTerms | undefined>;
  stop(): Promise<void>;
}

export function createGateway(platform: Platform, options: GatewayOptions = {}): Gateway {
  const facts = createFacts(platform, { ...GATEWAY_LIMITS, ...options.limits });
  const cache = new StageCache(platform.store, facts);
  const domains = new DomainIndex(platform);
  const addressOf = (host: string, path: string, request: HttpRequest): Address | 'unmapped' | undefined =>
    findAddress(host, path) ?? domains.find(host, path, request);
  return {
    dataPlane: {
      id: 'execute-api',
      match(host, path, request) {
        const address = addressOf(host, path, request);
        if (address === undefined) return matchConnection(facts, path, request);
        if (address === 'unmapped') return async () => forbidden(facts);
        return (given) => handle(facts, cache, address, given);
      },
      upgrade(host, path, request) {
        const address = addressOf(host, path, request);
        if (address === undefined) return undefined;
        return async (handshake) => {
          if (address === 'unmapped' || !(await upgrade(cache, address, handshake))) {
            const requestId = platform.ids.uuid();
            refuseHandshake(handshake.socket, { status: 403, body: '{"message":"Forbidden"}', requestId });
          }
          return true;
        };
      },
    },
    tlsTermsOf: async (host) => (await domains.tlsTermsOf(host)) ?? (await apiTlsTerms(cache, host)),
    async stop() {
      domains.close();
      cache.close();
      facts.connections.close();
      facts.plans.close();
      facts.client.close();
      await facts.usage.flush();
      await facts.logs.flush();
    },
  };
}

/** REST APIs may have a security policy of their own, for their default endpoint. */
async function apiTlsTerms(cache: StageCache, host: string): Promise<TlsTerms | undefined> {
  const address = findAddress(host, '/');
  const api = address && (await cache.findApi(address.apiId));
  const [stageName] = api?.api.stageNames ?? [];
  const stage = api && stageName !== undefined ? await cache.findStage(api, stageName) : undefined;
  const policy = stage?.kind === 'REST' ? stage.published.api.securityPolicy : undefined;
  return policy === undefined ? undefined : tlsVersionsOf(policy);
}

/** False when there is no WebSocket API at this address. */
async function upgrade(cache: StageCache, address: Address, handshake: Handshake): Promise<boolean> {
  const api = cache.peek(address.apiId) ?? (await cache.findApi(address.apiId));
  const target = api?.api.kind === 'WEBSOCKET' ? await findStage(cache, api, address) : undefined;
  return target?.stage.kind === 'WEBSOCKET' && enter(cache, target.stage, address, handshake);
}

async function handle(
  facts: GatewayFacts,
  cache: StageCache,
  address: Address,
  request: HttpRequest,
): Promise<HttpResponse> {
  const api = cache.peek(address.apiId) ?? (await cache.findApi(address.apiId));
  if (!api) return forbidden(facts);
  const found = findStage(cache, api, address);
  const target = found instanceof Promise ? await found : found;
  if (!target) return api.api.kind === 'HTTP' ? httpNotFound(facts) : forbidden(facts);
  const { stage, path } = target;
  if (stage.kind === 'WEBSOCKET') {
    const id = connectionIdOf(path);
    const isOff = stage.published.api.disableExecuteApiEndpoint && address.basePath === undefined;
    return id === undefined || isOff ? forbidden(facts) : manageConnection(facts, id, request, stage);
  }
  const { basePath } = address;
  if (basePath === undefined && isClosed(stage, request)) {
    return stage.kind === 'REST' ? forbidden(facts) : httpNotFound(facts);
  }
  return stage.kind === 'REST'
    ? handleRest(stage, request, path, basePath)
    : handleHttp(stage, request, path, basePath);
}

/** The default endpoint is off, or in strict mode answers only connections that were made for its very name. */
function isClosed(stage: CompiledRestStage | CompiledHttpStage, { headers, peer }: HttpRequest): boolean {
  const { api } = stage.published;
  if (api.disableExecuteApiEndpoint) return true;
  if (!('endpointAccessMode' in api) || api.endpointAccessMode !== 'STRICT') return false;
  return peer?.serverName !== (headers['host'] ?? '').replace(/:\d+$/, '').toLowerCase();
}

interface Target {
  stage: CompiledStage;
  /** after the stage */
  path: string;
}

/** By name in the address or as the first segment; an HTTP API answers everything else on its $default stage. */
function findStage(
  cache: StageCache,
  api: CachedApi,
  address: Address,
): Target | Promise<Target | undefined> | undefined {
  if (address.stageName !== undefined) return named(cache, api, address.stageName, address.path);
  const { path } = address;
  const end = path.indexOf('/', 1);
  const name = end < 0 ? path.slice(1) : path.slice(1, end);
  const { stageNames } = api.api;
  if (stageNames.includes(name)) return named(cache, api, name, end < 0 ? '/' : path.slice(end));
  return stageNames.includes('$default') ? named(cache, api, '$default', path) : undefined;
}

function named(
  cache: StageCache,
  api: CachedApi,
  name: string,
  path: string,
): Target | Promise<Target | undefined> | undefined {
  const stage = api.stages.get(name);
  if (stage) return { stage, path };
  return cache.findStage(api, name).then((found) => found && { stage: found, path });
}

/** What the front of REST APIs says to names and stages that do not exist. */
function forbidden(facts: GatewayFacts): HttpResponse {
  return {
    status: 403,
    headers: [
      ['x-amzn-RequestId', facts.platform.ids.uuid()],
      ['x-amzn-ErrorType', 'ForbiddenException'],
      ['Content-Type', 'application/json'],
    ],
    body: '{"message":"Forbidden"}',
  };
}

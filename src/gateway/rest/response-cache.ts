// The stage's cache: answers by resource, method and key parameters. A hit asks no backend.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
import type { HttpResponse } from '#core/http.ts';
import type { PublishedRestStageSettings } from '../published-rest.ts';
import { decideInvalidate } from '../signed-caller.ts';
import type { CompiledMethod } from './compile.ts';
import { GatewayError } from './errors.ts';
import type { RestExchange } from './exchange.ts';
import { findMethodSetting } from './method-settings.ts';
import { compileParameterSource, type ParameterSource } from './parameter-source.ts';

export const CACHE_LIMITS = {
  ttlSecondsDefault: 300,
  ttlSecondsMax: 3600,
  /** AWS: the largest answer that is kept */
  answerBytes: 1_048_576,
  /** A cluster has 0.5 GB and more; this is what one stage may take of our memory. */
  stageBytes: 64 * 1024 * 1024,
} as const;

interface Entry {
  status: number;
  headers: [string, string][];
  body: Buffer | string;
  bytes: number;
  expiresAt: number;
}

/** Of one stage. The entry that was asked for longest ago goes first. */
export class StageCacheStore {
  readonly #bytesMax: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(stage: PublishedRestStageSettings) {
    const size = Number(stage.cacheClusterSize ?? '0.5') * 2 ** 30;
    this.#bytesMax = Math.min(size, CACHE_LIMITS.stageBytes);
  }

  get(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAt <= now) {
      this.#bytes -= entry.bytes;
      return undefined;
    }
    this.#entries.set(key, entry);
    return entry;
  }

  set(key: string, entry: Entry): void {
    this.delete(key);
    if (entry.bytes > CACHE_LIMITS.answerBytes) return;
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}

/** Runs `ask` unless the cache has the answer. */
export type Cached = (exchange: RestExchange, ask: () => Promise<HttpResponse>) => Promise<HttpResponse>;

/** Undefined where the method is not cached. Without settings of their own only GET methods are. */
export function compileCache(method: CompiledMethod): Cached | undefined {
  const { stage } = method.variant;
  const settings = stage.published.stage;
  const { httpMethod, methodIntegration } = method.published;
  if (!settings.cacheClusterEnabled || !methodIntegration) return undefined;
  const setting = findMethodSetting(settings, method.resource.path, httpMethod);
  const own = findMethodSetting(
    { ...settings, methodSettings: withoutDefaults(settings) },
    method.resource.path,
    httpMethod,
  );
  const isCached = own.cachingEnabled ?? (setting.cachingEnabled === true && httpMethod === 'GET');
  const ttlMs = (setting.cacheTtlInSeconds ?? CACHE_LIMITS.ttlSecondsDefault) * 1000;
  if (!isCached || ttlMs <= 0) return undefined;
  const keyOf = compileKey(method);
  const mayInvalidate = compileInvalidation(setting);
  return async (exchange, ask) => {
    const { cache } = stage;
    const key = keyOf(exchange);
    const warning = await mayInvalidate(exchange);
    const entry = warning === 'invalidate' ? undefined : cache.get(key, exchange.startedAt);
    exchange.cacheHit = entry !== undefined;
    const response = entry ? answerOf(exchange, entry) : await ask();
    if (!entry && response.status >= 200 && response.status < 300) store(exchange, key, response, ttlMs);
    if (typeof warning === 'object') response.headers.push(warning.header);
    return response;
  };
}

const withoutDefaults = ({
  methodSettings = {},
}: PublishedRestStageSettings): NonNullable<PublishedRestStageSettings['methodSettings']> =>
  Object.fromEntries(Object.entries(methodSettings).filter(([name]) => name !== '*/*'));

function compileKey(method: CompiledMethod): (exchange: RestExchange) => string {
  const { cacheKeyParameters = [], cacheNamespace } = method.published.methodIntegration!;
  const sources: ParameterSource[] = cacheKeyParameters.map(compileParameterSource);
  const { isCanary } = method.variant;
  const sharesCanary = method.variant.stage.published.stage.canarySettings?.useStageCache ?? true;
  const prefix = `${isCanary && !sharesCanary ? 'canary' : ''}\0${cacheNamespace ?? method.resource.id}\0`;
  return (exchange) =>
    prefix + exchange.request.method + sources.map((source) => `\0${source(exchange) ?? '\x01'}`).join('');
}

type Invalidation = 'invalidate' | 'none' | { header: [string, string] };

const CACHE_CONTROL_WARNING: [string, string] = ['Warning', '199 - "Unauthorized to invalidate cache"'];

/** `Cache-Control: max-age=0` asks for a fresh answer, which needs execute-api:InvalidateCache unless the method waives it. */
function compileInvalidation(
  setting: ReturnType<typeof findMethodSetting>,
): (exchange: RestExchange) => Promise<Invalidation> | Invalidation {
  return (exchange) => {
    const { 'cache-control': header } = exchange.request.headers;
    if (header === undefined || !/(?:^|[\s,])max-age=0(?:$|[\s,])/.test(header)) return 'none';
    if (setting.requireAuthorizationForCacheControl === false) return 'invalidate';
    return refuseOrInvalidate(exchange, setting.unauthorizedCacheControlHeaderStrategy);
  };
}

async function refuseOrInvalidate(
  exchange: RestExchange,
  strategy: ReturnType<typeof findMethodSetting>['unauthorizedCacheControlHeaderStrategy'],
): Promise<Invalidation> {
  if (exchange.principal && (await mayInvalidate(exchange))) return 'invalidate';
  switch (strategy) {
    case 'FAIL_WITH_403':
      throw new GatewayError('ACCESS_DENIED', { message: 'User is not authorized to invalidate the cache' });
    case 'SUCCEED_WITHOUT_RESPONSE_HEADER':
      return 'none';
    default:
      return { header: CACHE_CONTROL_WARNING };
  }
}

async function mayInvalidate(exchange: RestExchange): Promise<boolean> {
  const { accountId, region } = exchange.stage.published;
  const { request, methodArn: arn, principal } = exchange;
  const question = { principal: principal!, arn, accountId, region, request };
  return (await decideInvalidate(exchange.stage.facts.platform, question)) === 'allow';
}

/** Headers of this very request are its own, not the first one's. */
const PER_REQUEST = new Set(['x-amzn-requestid', 'x-amz-apigw-id', 'x-amzn-trace-id', 'date']);

function store(exchange: RestExchange, key: string, { status, headers, body = '' }: HttpResponse, ttlMs: number): void {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return;
  const kept = headers.filter(([name]) => !PER_REQUEST.has(name.toLowerCase()));
  const bytes = Buffer.byteLength(body) + kept.reduce((sum, [name, value]) => sum + name.length + value.length, 200);
  const text = typeof body === 'string' ? body : Buffer.from(body);
  const expiresAt = exchange.stage.now() + ttlMs;
  exchange.stage.cache.set(key, { status, headers: kept, body: text, bytes, expiresAt });
}

const answerOf = (exchange: RestExchange, { status, headers, body }: Entry): HttpResponse => ({
  status,
  headers: [['x-amzn-RequestId', exchange.requestId], ['x-amz-apigw-id', exchange.extendedRequestId], ...headers],
  body,
});

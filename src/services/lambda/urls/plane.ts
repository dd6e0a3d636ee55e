// The request path of function URLs: find → preflight → body → authorize → invoke → answer.
import { ServiceError } from '#core/errors.ts';
import { BodyTooLarge, readBody, type HttpRequest, type HttpResponse } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import type { DataPlane } from '#kernel/service.ts';
import { requestTooLarge } from '../errors.ts';
import { SYNC_BYTES_MAX } from '../invocation.ts';
import { runStream } from '../invoke-stream.ts';
import { run } from '../invoke.ts';
import { functionArn } from '../names.ts';
import type { Invocable, Snapshots } from '../snapshots.ts';
import { findUrlById, urlsById, type Place, type UrlRecord } from '../store.ts';
import { mayInvoke, signerOf } from './access.ts';
import { findUrlAddress, type UrlAddress } from './address.ts';
import { badGateway, bufferedAnswer, forbidden, refused, streamedAnswer } from './answer.ts';
import { urlHost } from './configs.ts';
import { answerPreflight, applyCors } from './cors.ts';
import { urlEvent } from './event.ts';

const URLS_MAX = 10_000;
const NOTHING = Buffer.alloc(0);

interface KnownUrl {
  at: Place;
  url: UrlRecord;
  arn: string;
}

/** URLs by id, until one of them changes. */
class UrlCache {
  readonly #platform: Platform;
  readonly #known = new Map<string, KnownUrl>();
  readonly stop: () => void;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.stop = platform.store.watch(urlsById(), () => this.#known.clear());
  }

  find(id: string): KnownUrl | Promise<KnownUrl | undefined> {
    return this.#known.get(id) ?? this.#load(id);
  }

  async #load(id: string): Promise<KnownUrl | undefined> {
    const found = await findUrlById(this.#platform.store, id);
    if (!found) return undefined;
    const known = { ...found, arn: functionArn(found.at, found.url.name, found.url.qualifier || undefined) };
    if (this.#known.size >= URLS_MAX) this.#known.clear();
    this.#known.set(id, known);
    return known;
  }
}

export function createUrlPlane(platform: Platform, snapshots: Snapshots): { plane: DataPlane; stop: () => void } {
  const urls = new UrlCache(platform);
  return {
    plane: {
      id: 'lambda-url',
      match(host, path) {
        const address = findUrlAddress(host, path);
        return address && ((request) => handle(platform, urls, snapshots, address, request));
      },
    },
    stop: urls.stop,
  };
}

async function handle(
  platform: Platform,
  urls: UrlCache,
  snapshots: Snapshots,
  address: UrlAddress,
  request: HttpRequest,
): Promise<HttpResponse> {
  const requestId = platform.ids.uuid();
  const found = urls.find(address.id);
  const known = found instanceof Promise ? await found : found;
  if (!known) return withIds(forbidden(), requestId);
  const { cors } = known.url;
  const preflight = cors && answerPreflight(cors, request);
  if (preflight) return withIds(preflight, requestId);
  const trace = traceOf(request, requestId, platform.clock.now());
  let response: HttpResponse;
  try {
    response = await answer(platform, snapshots, known, address, request, { requestId, trace });
  } catch (error) {
    if (error instanceof BodyTooLarge) response = refused(tooLarge());
    else if (error instanceof ServiceError) response = error.fault === 'client' ? refused(error) : badGateway();
    else throw error;
  }
  response.headers.push(['X-Amzn-Trace-Id', trace]);
  if (cors) applyCors(cors, request, response);
  return withIds(response, requestId);
}

async function answer(
  platform: Platform,
  snapshots: Snapshots,
  { at, url, arn }: KnownUrl,
  { id, path }: UrlAddress,
  request: HttpRequest,
  { requestId, trace }: { requestId: string; trace: string },
): Promise<HttpResponse> {
  const startedAt = platform.clock.now();
  const found = snapshots.find(arn);
  const invocable = found instanceof Promise ? await found : found;
  if (!invocable) return forbidden();
  const body = await bodyOf(request);
  const isSigned = url.authType === 'AWS_IAM';
  const principal = isSigned ? await signerOf(platform, request, body) : undefined;
  if (isSigned && !principal) return forbidden();
  if (!(await mayInvoke(platform, invocable, url, request, principal))) return forbidden();
  const domainName = domainOf(request, id, at.region, platform.config.domain);
  const payload = urlEvent({ request, urlId: id, path, domainName, body, requestId, trace, startedAt, principal });
  return invoke(platform, invocable, url, { payload, requestId, traceHeader: trace });
}

async function invoke(
  platform: Platform,
  invocable: Invocable,
  { invokeMode }: UrlRecord,
  invocation: { payload: string; requestId: string; traceHeader: string },
): Promise<HttpResponse> {
  return invokeMode === 'RESPONSE_STREAM'
    ? streamedAnswer(await runStream(platform, invocable, invocation))
    : bufferedAnswer(await run(platform, invocable, invocation));
}

function bodyOf(request: HttpRequest): Buffer | Promise<Buffer> {
  const length = request.headers['content-length'];
  const isEmpty = length === undefined ? request.headers['transfer-encoding'] === undefined : length === '0';
  if (isEmpty) return NOTHING;
  if (Number(length) > SYNC_BYTES_MAX) throw tooLarge(Number(length));
  return readBody(request.body, SYNC_BYTES_MAX);
}

const tooLarge = (bytes = SYNC_BYTES_MAX + 1): ServiceError =>
  requestTooLarge(bytes, 'RequestResponse', SYNC_BYTES_MAX);

/** The path form has no name of its own. */
function domainOf(request: HttpRequest, id: string, region: string, domain: string): string {
  const host = request.headers['host'] ?? '';
  return host.startsWith(`${id}.`) ? host.replace(/:\d+$/, '') : urlHost(id, region, domain);
}

function traceOf(request: HttpRequest, requestId: string, nowMs: number): string {
  const sent = request.headers['x-amzn-trace-id'];
  if (sent !== undefined && sent.includes('Root=')) return sent;
  const seconds = Math.floor(nowMs / 1000).toString(16);
  return `Root=1-${seconds}-${requestId.slice(9).replaceAll('-', '')}`;
}

function withIds(response: HttpResponse, requestId: string): HttpResponse {
  response.headers.push(['x-amzn-RequestId', requestId]);
  return response;
}

import type { ClientCertificate, HttpRequest } from '#core/http.ts';
import type { Principal } from '#core/principal.ts';
import { decodePercent, extendedRequestId, parseQuery, queryOf, traceOf } from '../incoming.ts';
import type { AuthorizerOutcome, CallerIdentity } from '../identity.ts';
import type { RouteMatch } from '../route-trie.ts';
import type { CompiledHttpStage, CompiledRoute } from './compile.ts';
import type { HttpApiError } from './errors.ts';
import type { OutgoingRequest } from './parameter-mapping.ts';

const NO_BODY = Buffer.alloc(0);

/** One request on its way through an HTTP API, and what becomes known about it. */
export class HttpExchange {
  readonly stage: CompiledHttpStage;
  readonly request: HttpRequest;
  /** after the stage, as sent */
  readonly path: string;
  /** under a custom domain: what stands before `path` in the URL */
  readonly basePath: string | undefined;
  /** HTTP APIs have one id, in the short form */
  readonly requestId: string;
  readonly startedAt: number;
  body: Buffer = NO_BODY;
  route: RouteMatch<CompiledRoute> | undefined = undefined;
  identity: CallerIdentity | undefined = undefined;
  principal: Principal | undefined = undefined;
  authorizer: HttpAuthorizerOutcome | undefined = undefined;
  error: HttpApiError | undefined = undefined;
  integrationStatus: number | undefined = undefined;
  integrationLatencyMs: number | undefined = undefined;
  integrationRequestId: string | undefined = undefined;
  integrationError: string | undefined = undefined;
  status = 0;
  responseBytes = 0;
  readonly #uuid: string;
  #query: [string, string][] | undefined = undefined;
  #trace: string | undefined = undefined;

  constructor(
    stage: CompiledHttpStage,
    request: HttpRequest,
    path: string,
    uuid: string,
    startedAt: number,
    basePath?: string,
  ) {
    this.stage = stage;
    this.request = request;
    this.path = path;
    this.basePath = basePath;
    this.requestId = extendedRequestId(uuid);
    this.startedAt = startedAt;
    this.#uuid = uuid;
  }

  /** The same request with other headers, query or path: what parameter mapping makes of it for a function. */
  derive(outgoing: OutgoingRequest): HttpExchange {
    const query = outgoing.query
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .join('&');
    const path = outgoing.path ?? this.path;
    const request = withParameters(this.request, outgoing.headers, query ? `${path}?${query}` : path);
    const derived = new HttpExchange(this.stage, request, path, this.#uuid, this.startedAt, this.basePath);
    const { body, route, identity, principal, authorizer } = this;
    return Object.assign(derived, { body, route, identity, principal, authorizer });
  }

  get trace(): string {
    return (this.#trace ??= traceOf(this.request, this.#uuid, this.startedAt));
  }

  /** set under custom domains with mutual TLS */
  get clientCertificate(): ClientCertificate | undefined {
    return this.basePath === undefined ? undefined : this.request.peer?.clientCertificate;
  }

  get query(): [string, string][] {
    return (this.#query ??= parseQuery(queryOf(this.request.target)));
  }

  get rawQuery(): string {
    return queryOf(this.request.target);
  }

  /** As functions see it: decoded, with what stands before it in the URL: the stage, or a custom domain's mapping. */
  get rawPath(): string {
    const decoded = decodePercent(this.path);
    if (this.basePath !== undefined) return this.basePath + decoded;
    return this.stage.name === '$default' ? decoded : `/${this.stage.name}${decoded}`;
  }

  get domainName(): string {
    const host = this.request.headers['host'] ?? '';
    const colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
  }

  /** `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/path` */
  get routeArn(): string {
    const { accountId, region, apiId } = this.stage.published;
    return `arn:aws:execute-api:${region}:${accountId}:${apiId}/${this.stage.name}/${this.request.method}/${this.path.slice(1)}`;
  }
}

/** What the connection knows stays the request's own. */
function withParameters(request: HttpRequest, pairs: readonly [string, string][], target: string): HttpRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    const before = headers[lower];
    headers[lower] = before === undefined ? value : `${before}${lower === 'cookie' ? '; ' : ', '}${value}`;
  }
  const { method, remoteAddress, remotePort, secure, httpVersion, body, signal, peer } = request;
  return {
    method,
    target,
    headers,
    rawHeaders: pairs.flat(),
    remoteAddress,
    remotePort,
    secure,
    httpVersion,
    body,
    signal,
    peer,
  };
}

export interface HttpAuthorizerOutcome extends AuthorizerOutcome {
  kind: 'jwt' | 'lambda' | 'iam';
  scopes?: string[] | null;
  /** as the function gave it; values keep their kinds in payload 2.0 */
  lambda?: Record<string, unknown>;
}

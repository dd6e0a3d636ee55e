import type { ClientCertificate, HttpRequest } from '#core/http.ts';
import type { Principal } from '#core/principal.ts';
import type { Value } from '../templates/index.ts';
import { extendedRequestId, parseQuery, queryOf, traceOf } from '../incoming.ts';
import type { AuthorizerOutcome, CallerIdentity } from '../identity.ts';
import type { CompiledRestStage, RestVariant } from './compile.ts';
import type { GatewayError } from './errors.ts';
import type { ExecutionLog } from './execution-log.ts';
import type { MatchedRoute } from './match-route.ts';

const NO_BODY = Buffer.alloc(0);

/** Headers, path parameters and query strings that a mapping template replaces by $context.requestOverride and responseOverride. */
export interface Overrides {
  requestHeader: Map<string, Value>;
  requestQuery: Map<string, Value>;
  requestPath: Map<string, Value>;
  responseHeader: Map<string, Value>;
  responseStatus?: Value;
}

/** One request on its way through a REST API, and what becomes known about it. */
export class RestExchange {
  readonly stage: CompiledRestStage;
  readonly variant: RestVariant;
  readonly request: HttpRequest;
  /** after the stage, as sent */
  readonly path: string;
  /** under a custom domain: what stands before `path` in the URL */
  readonly basePath: string | undefined;
  readonly requestId: string;
  /** ms since the epoch */
  readonly startedAt: number;
  body: Buffer = NO_BODY;
  route: MatchedRoute | undefined = undefined;
  identity: CallerIdentity | undefined = undefined;
  /** who signed the request, where the method asks for that */
  principal: Principal | undefined = undefined;
  authorizer: AuthorizerOutcome | undefined = undefined;
  error: GatewayError | undefined = undefined;
  integrationStatus: number | undefined = undefined;
  integrationLatencyMs: number | undefined = undefined;
  integrationRequestId: string | undefined = undefined;
  integrationError: string | undefined = undefined;
  /** set where the method is cached */
  cacheHit: boolean | undefined = undefined;
  log: ExecutionLog | undefined = undefined;
  status = 0;
  responseBytes = 0;
  #trace: string | undefined = undefined;
  #query: [string, string][] | undefined = undefined;
  #overrides: Overrides | undefined = undefined;

  constructor(
    stage: CompiledRestStage,
    request: HttpRequest,
    path: string,
    requestId: string,
    startedAt: number,
    basePath?: string,
  ) {
    this.stage = stage;
    this.variant = stage.pickVariant();
    this.request = request;
    this.path = path;
    this.basePath = basePath;
    this.requestId = requestId;
    this.startedAt = startedAt;
  }

  /** $context.path: with the stage, or with the base path of a custom domain */
  get publicPath(): string {
    return this.basePath === undefined ? `/${this.stage.name}${this.path}` : this.basePath + this.path;
  }

  /** `path` of proxy events: a custom domain's base path stands in it, a stage does not. */
  get eventPath(): string {
    return this.basePath ? this.basePath + this.path : this.path;
  }

  get extendedRequestId(): string {
    return extendedRequestId(this.requestId);
  }

  get trace(): string {
    if (this.#trace === undefined) {
      const trace = traceOf(this.request, this.requestId, this.startedAt);
      this.#trace = this.stage.tracing?.headerFor(trace, this.startedAt) ?? trace;
    }
    return this.#trace;
  }

  /** set under custom domains with mutual TLS */
  get clientCertificate(): ClientCertificate | undefined {
    return this.basePath === undefined ? undefined : this.request.peer?.clientCertificate;
  }

  /** Query parameters, decoded, in the order of the request. REST APIs split at semicolons too. */
  get query(): [string, string][] {
    return (this.#query ??= parseQuery(queryOf(this.request.target), /[&;]/));
  }

  get hasOverrides(): boolean {
    return this.#overrides !== undefined;
  }

  get overrides(): Overrides {
    return (this.#overrides ??= {
      requestHeader: new Map(),
      requestQuery: new Map(),
      requestPath: new Map(),
      responseHeader: new Map(),
    });
  }

  /** `arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/path`: what policies speak about. */
  get methodArn(): string {
    const { accountId, region, apiId } = this.stage.published;
    return `arn:aws:execute-api:${region}:${accountId}:${apiId}/${this.stage.name}/${this.request.method}/${this.path.slice(1)}`;
  }

  get domainName(): string {
    const host = this.request.headers['host'] ?? '';
    const colon = host.lastIndexOf(':');
    return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
  }
}

// A published stage of an HTTP API made ready to answer.
import { servicePrincipal, type Principal } from '#core/principal.ts';
import type {
  PublishedHttpIntegration,
  PublishedHttpStage,
  PublishedRoute,
  PublishedRouteSettings,
} from '../published-http.ts';
import { compileAccessLog, logStreamName, type AccessLog } from '../access-log.ts';
import type { GatewayFacts } from '../facts.ts';
import { metricName } from '../metrics.ts';
import { RouteTrie } from '../route-trie.ts';
import type { TokenBucket } from '../throttle.ts';
import { compileAuthorization, type Authorize } from './authorize.ts';
import { compileCors, type Cors } from './cors.ts';
import { compileOpenEventV2 } from './event-v2.ts';
import type { HttpExchange } from './exchange.ts';
import { compileHttpIntegration, type HttpIntegration } from './integration.ts';

export class CompiledHttpStage {
  readonly kind = 'HTTP';
  readonly published: PublishedHttpStage;
  readonly name: string;
  readonly facts: GatewayFacts;
  readonly variables: Readonly<Record<string, string>>;
  readonly accessLog: AccessLog | undefined;
  readonly accountThrottle: TokenBucket;
  readonly routes: RouteTrie<CompiledRoute> = new RouteTrie();
  readonly defaultRoute: CompiledRoute | undefined;
  readonly cors: Cors | undefined;
  readonly ownMetricName: string;

  constructor(published: PublishedHttpStage, facts: GatewayFacts) {
    const { stage, deployment, accountId, region } = published;
    this.published = published;
    this.name = stage.stageName;
    this.facts = facts;
    this.variables = stage.stageVariables ?? {};
    this.accessLog = compileAccessLog(stage.accessLogSettings, logStreamName(published.apiId, this.name), facts.logs);
    const { accountRateLimit: rateLimit, accountBurstLimit: burstLimit } = facts.limits;
    this.accountThrottle = facts.throttles.bucket(`account/${accountId}/${region}`, { rateLimit, burstLimit });
    this.ownMetricName = this.metricName();
    this.cors = deployment.corsConfiguration && compileCors(deployment.corsConfiguration);
    const integrations = new Map(deployment.integrations.map((one) => [`integrations/${one.integrationId}`, one]));
    for (const route of deployment.routes) {
      const compiled = new CompiledRoute(this, route, integrations.get(route.target ?? ''));
      const space = route.routeKey.indexOf(' ');
      if (route.routeKey === '$default') this.defaultRoute = compiled;
      else this.routes.insert(route.routeKey.slice(space + 1), route.routeKey.slice(0, space), compiled);
    }
  }

  readonly #authorizers = new Map<string, Authorize>();

  /** of the stage, or of one of its routes */
  metricName(method?: string): string {
    const { accountId, region, apiId } = this.published;
    return metricName({ accountId, region, apiId, stage: this.name, ...(method !== undefined && { method }) });
  }

  now(): number {
    return this.facts.clock.now();
  }

  /** Routes share an authorizer and with it the answers that it keeps. */
  sharedAuthorizer(id: string, compile: () => Authorize): Authorize {
    let shared = this.#authorizers.get(id);
    if (!shared) this.#authorizers.set(id, (shared = compile()));
    return shared;
  }
}

export class CompiledRoute {
  readonly stage: CompiledHttpStage;
  readonly published: PublishedRoute;
  /** absent: nothing to ask, answered 404 */
  readonly target: PublishedHttpIntegration | undefined;
  readonly throttle: TokenBucket | undefined;
  /** set where the route has metrics of its own */
  readonly metricName: string | undefined;
  /** API Gateway as resource policies of functions see it */
  readonly principal: Principal;
  #integration: HttpIntegration | undefined;
  #authorize: { run: Authorize | undefined } | undefined;
  #openEvent: ((exchange: HttpExchange) => string) | undefined;

  constructor(stage: CompiledHttpStage, published: PublishedRoute, target: PublishedHttpIntegration | undefined) {
    this.stage = stage;
    this.published = published;
    this.target = target;
    const { defaultRouteSettings, routeSettings } = stage.published.stage;
    const settings = { ...defaultRouteSettings, ...routeSettings?.[published.routeKey] };
    this.throttle = compileThrottle(stage, published.routeKey, settings);
    this.metricName = settings.detailedMetricsEnabled ? stage.metricName(published.routeKey) : undefined;
    this.principal = servicePrincipal('apigateway.amazonaws.com', sourceArn(stage.published, published.routeKey));
  }

  /** undefined where everybody may call */
  get authorize(): Authorize | undefined {
    return (this.#authorize ??= { run: compileAuthorization(this) }).run;
  }

  /** an event of format 2.0 up to the payload */
  get openEvent(): (exchange: HttpExchange) => string {
    return (this.#openEvent ??= compileOpenEventV2(this));
  }

  get integration(): HttpIntegration {
    return (this.#integration ??= compileHttpIntegration(this, this.target!));
  }
}

/** `arn:…:API/STAGE/METHOD/path`; the $default route is `API/STAGE/$default`. */
function sourceArn({ accountId, region, apiId, stage }: PublishedHttpStage, routeKey: string): string {
  const [method, path] = routeKey.split(' ');
  const resource = path === undefined ? '$default' : `${method === 'ANY' ? '*' : method}${path}`;
  return `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage.stageName}/${resource}`;
}

function compileThrottle(
  stage: CompiledHttpStage,
  routeKey: string,
  { throttlingRateLimit: rateLimit, throttlingBurstLimit: burstLimit }: PublishedRouteSettings,
): TokenBucket | undefined {
  if (rateLimit === undefined && burstLimit === undefined) return undefined;
  const { limits, throttles } = stage.facts;
  return throttles.bucket(`${stage.published.apiId}/${stage.name}/${routeKey}`, {
    rateLimit: rateLimit ?? limits.accountRateLimit,
    burstLimit: burstLimit ?? limits.accountBurstLimit,
  });
}

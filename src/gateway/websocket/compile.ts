import { servicePrincipal, type Principal } from '#core/principal.ts';
import { compileAccessLog, logStreamName, type AccessLog } from '../access-log.ts';
import type { GatewayFacts } from '../facts.ts';
import type { LogTarget } from '../log-sink.ts';
import { metricName } from '../metrics.ts';
import type { PublishedRouteSettings } from '../published-http.ts';
import type {
  PublishedWebSocketIntegration,
  PublishedWebSocketRoute,
  PublishedWebSocketStage,
} from '../published-websocket.ts';
import type { TokenBucket } from '../throttle.ts';
import { compileAuthorization, type AuthorizeConnect } from './authorize.ts';
import type { LogLevel } from './execution-log.ts';
import type { WebSocketExchange } from './exchange.ts';
import { compileExpression, type Expression } from './expression.ts';
import { compileWebSocketIntegration, type WebSocketIntegration } from './integration.ts';
import { webSocketMetricsOf } from './metrics.ts';
import { compileValidation, type Validate } from './validate.ts';

export class CompiledWebSocketStage {
  readonly kind = 'WEBSOCKET';
  readonly published: PublishedWebSocketStage;
  readonly name: string;
  readonly facts: GatewayFacts;
  readonly variables: Readonly<Record<string, string>>;
  readonly accessLog: AccessLog | undefined;
  readonly executionLogTarget: LogTarget;
  readonly accountThrottle: TokenBucket;
  readonly routes: ReadonlyMap<string, CompiledWebSocketRoute>;
  readonly metricName: string;
  readonly #selectRouteKey: Expression;

  constructor(published: PublishedWebSocketStage, facts: GatewayFacts) {
    const { stage, deployment, accountId, region, apiId, api } = published;
    const { stageName } = stage;
    this.published = published;
    this.name = stageName;
    this.facts = facts;
    this.variables = stage.stageVariables ?? {};
    const streamName = logStreamName(apiId, stageName);
    this.accessLog = compileAccessLog(stage.accessLogSettings, streamName, facts.logs);
    const groupName = `/aws/apigateway/${apiId}/${stageName}`;
    this.executionLogTarget = { accountId, region, groupName, streamName, createsGroup: true };
    const { accountRateLimit: rateLimit, accountBurstLimit: burstLimit } = facts.limits;
    this.accountThrottle = facts.throttles.bucket(`account/${accountId}/${region}`, { rateLimit, burstLimit });
    this.metricName = metricName({ accountId, region, apiId, stage: stageName });
    this.#selectRouteKey = compileExpression(api.routeSelectionExpression);
    const integrations = new Map(deployment.integrations.map((one) => [`integrations/${one.integrationId}`, one]));
    this.routes = new Map(
      deployment.routes.map((route) => [
        route.routeKey,
        new CompiledWebSocketRoute(this, route, integrations.get(route.target ?? '')),
      ]),
    );
  }

  now(): number {
    return this.facts.clock.now();
  }

  /** The route that the message's own expression names, else $default. */
  routeOf(exchange: WebSocketExchange): CompiledWebSocketRoute | undefined {
    const key = this.#selectRouteKey(exchange);
    const own = key === undefined || key.startsWith('$') ? undefined : this.routes.get(key);
    return own ?? this.routes.get('$default');
  }

  /** MessageCount, of a message to a client. */
  countMessage(now: number): void {
    const figures = webSocketMetricsOf(this.facts.platform).at(this.metricName, now);
    if (figures) figures.messageCount++;
  }
}

export class CompiledWebSocketRoute {
  readonly stage: CompiledWebSocketStage;
  readonly published: PublishedWebSocketRoute;
  readonly target: PublishedWebSocketIntegration | undefined;
  readonly throttle: TokenBucket | undefined;
  readonly logLevel: LogLevel | undefined;
  /** with detailed metrics only */
  readonly metricName: string | undefined;
  /** API Gateway as resource policies of functions see it */
  readonly principal: Principal;
  #integration: WebSocketIntegration | undefined;
  #authorize: { run: AuthorizeConnect | undefined } | undefined;
  #validate: { run: Validate | undefined } | undefined;

  constructor(
    stage: CompiledWebSocketStage,
    published: PublishedWebSocketRoute,
    target: PublishedWebSocketIntegration | undefined,
  ) {
    const { accountId, region, apiId } = stage.published;
    const { defaultRouteSettings, routeSettings } = stage.published.stage;
    const { routeKey } = published;
    const settings = { ...defaultRouteSettings, ...routeSettings?.[routeKey] };
    this.stage = stage;
    this.published = published;
    this.target = target;
    this.throttle = compileThrottle(stage, routeKey, settings);
    const { loggingLevel: level, dataTraceEnabled: dataTrace = false, detailedMetricsEnabled } = settings;
    this.logLevel = level === 'ERROR' || level === 'INFO' ? { level, dataTrace } : undefined;
    this.metricName = detailedMetricsEnabled
      ? metricName({ accountId, region, apiId, stage: stage.name, method: routeKey })
      : undefined;
    const arn = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage.name}/${routeKey}`;
    this.principal = servicePrincipal('apigateway.amazonaws.com', arn);
  }

  /** undefined where everybody may connect */
  get authorize(): AuthorizeConnect | undefined {
    return (this.#authorize ??= { run: compileAuthorization(this) }).run;
  }

  /** undefined where nothing is checked */
  get validate(): Validate | undefined {
    return (this.#validate ??= { run: compileValidation(this) }).run;
  }

  get integration(): WebSocketIntegration {
    return (this.#integration ??= compileWebSocketIntegration(this, this.target!));
  }

  /** Does the backend's answer go to the client? */
  get answers(): boolean {
    const { routeResponseSelectionExpression, routeResponses } = this.published;
    return routeResponseSelectionExpression !== undefined && routeResponses !== undefined && routeResponses.length > 0;
  }
}

function compileThrottle(
  stage: CompiledWebSocketStage,
  routeKey: string,
  { throttlingRateLimit, throttlingBurstLimit }: PublishedRouteSettings,
): TokenBucket | undefined {
  if (throttlingRateLimit === undefined && throttlingBurstLimit === undefined) return undefined;
  const { limits, throttles } = stage.facts;
  return throttles.bucket(`${stage.published.apiId}/${stage.name}/${routeKey}`, {
    rateLimit: throttlingRateLimit ?? limits.accountRateLimit,
    burstLimit: throttlingBurstLimit ?? limits.accountBurstLimit,
  });
}

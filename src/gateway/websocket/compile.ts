import { servicePrincipal, type Principal } from '#core/principal.ts';
import type { GatewayFacts } from '../facts.ts';
import type {
  PublishedWebSocketIntegration,
  PublishedWebSocketRoute,
  PublishedWebSocketStage,
} from '../published-websocket.ts';
import { compileAccessLog, logStreamName, type AccessLog } from '../access-log.ts';
import type { TokenBucket } from '../throttle.ts';
import { compileAuthorization, type AuthorizeConnect } from './authorize.ts';
import type { WebSocketExchange } from './exchange.ts';
import { compileWebSocketIntegration, type WebSocketIntegration } from './integration.ts';
import { compileExpression, type Expression } from './expression.ts';

export class CompiledWebSocketStage {
  readonly kind = 'WEBSOCKET';
  readonly published: PublishedWebSocketStage;
  readonly name: string;
  readonly facts: GatewayFacts;
  readonly variables: Readonly<Record<string, string>>;
  readonly accessLog: AccessLog | undefined;
  readonly accountThrottle: TokenBucket;
  readonly routes: ReadonlyMap<string, CompiledWebSocketRoute>;
  readonly selectRouteKey: Expression;

  constructor(published: PublishedWebSocketStage, facts: GatewayFacts) {
    const { stage, deployment, accountId, region, apiId, api } = published;
    this.published = published;
    this.name = stage.stageName;
    this.facts = facts;
    this.variables = stage.stageVariables ?? {};
    this.accessLog = compileAccessLog(stage.accessLogSettings, logStreamName(apiId, this.name), facts.logs);
    const { accountRateLimit: rateLimit, accountBurstLimit: burstLimit } = facts.limits;
    this.accountThrottle = facts.throttles.bucket(`account/${accountId}/${region}`, { rateLimit, burstLimit });
    this.selectRouteKey = compileExpression(api.routeSelectionExpression);
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
    const key = this.selectRouteKey(exchange);
    const own = key === undefined || key.startsWith('$') ? undefined : this.routes.get(key);
    return own ?? this.routes.get('$default');
  }
}

export class CompiledWebSocketRoute {
  readonly stage: CompiledWebSocketStage;
  readonly published: PublishedWebSocketRoute;
  readonly target: PublishedWebSocketIntegration | undefined;
  readonly throttle: TokenBucket | undefined;
  /** API Gateway as resource policies of functions see it */
  readonly principal: Principal;
  #integration: WebSocketIntegration | undefined;
  #authorize: { run: AuthorizeConnect | undefined } | undefined;

  constructor(
    stage: CompiledWebSocketStage,
    published: PublishedWebSocketRoute,
    target: PublishedWebSocketIntegration | undefined,
  ) {
    const { accountId, region, apiId } = stage.published;
    this.stage = stage;
    this.published = published;
    this.target = target;
    this.throttle = compileThrottle(stage, published.routeKey);
    const arn = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage.name}/${published.routeKey}`;
    this.principal = servicePrincipal('apigateway.amazonaws.com', arn);
  }

  /** undefined where everybody may connect */
  get authorize(): AuthorizeConnect | undefined {
    return (this.#authorize ??= { run: compileAuthorization(this) }).run;
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

function compileThrottle(stage: CompiledWebSocketStage, routeKey: string): TokenBucket | undefined {
  const { defaultRouteSettings, routeSettings, stageName } = stage.published.stage;
  const { throttlingRateLimit, throttlingBurstLimit } = { ...defaultRouteSettings, ...routeSettings?.[routeKey] };
  if (throttlingRateLimit === undefined && throttlingBurstLimit === undefined) return undefined;
  const { limits, throttles } = stage.facts;
  return throttles.bucket(`${stage.published.apiId}/${stageName}/${routeKey}`, {
    rateLimit: throttlingRateLimit ?? limits.accountRateLimit,
    burstLimit: throttlingBurstLimit ?? limits.accountBurstLimit,
  });
}

// A published stage made ready to answer: routes as a trie, templates, patterns and limits compiled on first use.
import { servicePrincipal, type Principal } from '#core/principal.ts';
import type {
  PublishedMethod,
  PublishedResource,
  PublishedRestDeployment,
  PublishedRestStage,
} from '../published-rest.ts';
import { compileBinaryMedia, type BinaryMedia } from '../binary-media.ts';
import { compileAccessLog, logStreamName, type AccessLog } from '../access-log.ts';
import type { GatewayFacts } from '../facts.ts';
import { metricName } from '../metrics.ts';
import { RouteTrie } from '../route-trie.ts';
import type { TokenBucket } from '../throttle.ts';
import { Tracing } from '../tracing.ts';
import { compileAuthorization, type Authorize } from './authorize.ts';
import type { AskAuthorizer } from './authorizers.ts';
import type { LogLevel } from './execution-log.ts';
import type { RestExchange } from './exchange.ts';
import { compileGatewayResponses, type GatewayResponses } from './gateway-response.ts';
import { compileIntegration, type Integration } from './integration.ts';
import type { Routes } from './match-route.ts';
import { findMethodSetting } from './method-settings.ts';
import { compileOpenEvent } from './proxy-event.ts';
import { expandResourcePolicy } from './resource-policy.ts';
import { compileCache, StageCacheStore, type Cached } from './response-cache.ts';
import { compileValidator, type Validator } from './validate-request.ts';

/** A deployment with the stage variables it runs under; a stage with a canary has two. */
export class RestVariant {
  readonly stage: CompiledRestStage;
  readonly deployment: PublishedRestDeployment;
  readonly variables: Readonly<Record<string, string>>;
  readonly isCanary: boolean;
  readonly routes: Routes;
  readonly gatewayResponses: GatewayResponses;
  readonly isBinary: BinaryMedia;
  /** with full ARNs */
  readonly resourcePolicy: string | undefined;
  /** Lambda authorizers by id, as they are compiled */
  readonly authorizers = new Map<string, AskAuthorizer>();
  /** stageVariables of a proxy event, as JSON */
  readonly variablesJson: string;

  constructor(
    stage: CompiledRestStage,
    deployment: PublishedRestDeployment,
    variables: Record<string, string>,
    isCanary: boolean,
  ) {
    this.stage = stage;
    this.deployment = deployment;
    this.variables = variables;
    this.isCanary = isCanary;
    this.gatewayResponses = compileGatewayResponses(deployment.gatewayResponses ?? []);
    this.isBinary = compileBinaryMedia(deployment.binaryMediaTypes);
    this.resourcePolicy = expandResourcePolicy(deployment.policy, stage.published);
    this.variablesJson = Object.keys(variables).length ? JSON.stringify(variables) : 'null';
    this.routes = new RouteTrie();
    for (const resource of deployment.resources) this.#addRoutes(resource);
  }

  #addRoutes(resource: PublishedResource): void {
    for (const [httpMethod, method] of Object.entries(resource.resourceMethods ?? {})) {
      this.routes.insert(resource.path, httpMethod, new CompiledMethod(this, resource, method));
    }
  }
}

export class CompiledRestStage {
  readonly kind = 'REST';
  readonly published: PublishedRestStage;
  readonly name: string;
  readonly facts: GatewayFacts;
  readonly accessLog: AccessLog | undefined;
  readonly accountThrottle: TokenBucket;
  readonly cache: StageCacheStore;
  readonly ownMetricName: string;
  /** set where tracingEnabled is */
  readonly tracing: Tracing | undefined;
  readonly #main: RestVariant;
  readonly #canary: { variant: RestVariant; percent: number } | undefined;
  #turn = 0;

  constructor(published: PublishedRestStage, facts: GatewayFacts) {
    const { stage, deployment, canaryDeployment, accountId, region } = published;
    this.published = published;
    this.name = stage.stageName;
    this.facts = facts;
    this.accessLog = compileAccessLog(
      stage.accessLogSettings,
      logStreamName(published.apiId, stage.stageName),
      facts.logs,
    );
    const { accountRateLimit: rateLimit, accountBurstLimit: burstLimit } = facts.limits;
    this.accountThrottle = facts.throttles.bucket(`account/${accountId}/${region}`, { rateLimit, burstLimit });
    this.cache = new StageCacheStore(stage);
    this.ownMetricName = this.metricName();
    this.tracing = stage.tracingEnabled ? new Tracing(facts.platform.ids) : undefined;
    const variables = stage.variables ?? {};
    this.#main = new RestVariant(this, deployment, variables, false);
    const canary = stage.canarySettings;
    if (canary && canaryDeployment) {
      const overridden = { ...variables, ...canary.stageVariableOverrides };
      const variant = new RestVariant(this, canaryDeployment, overridden, true);
      this.#canary = { variant, percent: canary.percentTraffic ?? 0 };
    }
  }

  now(): number {
    return this.facts.clock.now();
  }

  /** By resource instead of by path, for TestInvokeMethod. */
  findMethod(resourceId: string, httpMethod: string): CompiledMethod | undefined {
    const resource = this.published.deployment.resources.find(({ id }) => id === resourceId);
    const method = resource?.resourceMethods?.[httpMethod] ?? resource?.resourceMethods?.['ANY'];
    return resource && method && new CompiledMethod(this.#main, resource, method);
  }

  /** of the stage, or of one of its methods */
  metricName(method?: string): string {
    const { accountId, region, apiId } = this.published;
    return metricName({ accountId, region, apiId, stage: this.name, ...(method !== undefined && { method }) });
  }

  /** The canary gets its percentage of the requests, spread evenly: the golden ratio visits every part of 0..1 alike. */
  pickVariant(): RestVariant {
    if (!this.#canary) return this.#main;
    this.#turn = (this.#turn + 0.618_033_988_749_895) % 1;
    return this.#turn * 100 < this.#canary.percent ? this.#canary.variant : this.#main;
  }
}

interface MethodParts {
  authorize: Authorize | undefined;
  openEvent: (exchange: RestExchange) => string;
  integration: Integration;
  validator: Validator | undefined;
  cached: Cached | undefined;
  logLevel: LogLevel | undefined;
  /** set where the method has metrics of its own */
  metricName: string | undefined;
  throttle: TokenBucket | undefined;
}

/** One method of one resource; its parts are compiled at its first request. */
export class CompiledMethod {
  readonly variant: RestVariant;
  readonly resource: PublishedResource;
  readonly published: PublishedMethod;
  #parts: MethodParts | undefined;
  readonly #principals = new Map<string, Principal>();

  constructor(variant: RestVariant, resource: PublishedResource, published: PublishedMethod) {
    this.variant = variant;
    this.resource = resource;
    this.published = published;
  }

  get integration(): Integration {
    return this.#compiled.integration;
  }

  /** undefined where everybody may call */
  get authorize(): Authorize | undefined {
    return this.#compiled.authorize;
  }

  /** a proxy event up to its payload */
  get openEvent(): (exchange: RestExchange) => string {
    return this.#compiled.openEvent;
  }

  get validator(): Validator | undefined {
    return this.#compiled.validator;
  }

  /** undefined where answers are not cached */
  get cached(): Cached | undefined {
    return this.#compiled.cached;
  }

  /** The stage's limit for this method; each method has a bucket of its own. */
  get throttle(): TokenBucket | undefined {
    return this.#compiled.throttle;
  }

  /** API Gateway as Lambda's resource policies see it. */
  principal(httpMethod: string): Principal {
    let principal = this.#principals.get(httpMethod);
    if (!principal) {
      const { accountId, region, apiId } = this.variant.stage.published;
      const arn = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${this.variant.stage.name}/${httpMethod}${this.resource.path}`;
      principal = servicePrincipal('apigateway.amazonaws.com', arn);
      this.#principals.set(httpMethod, principal);
    }
    return principal;
  }

  get #compiled(): MethodParts {
    return (this.#parts ??= {
      authorize: compileAuthorization(this),
      openEvent: compileOpenEvent(this),
      integration: compileIntegration(this),
      validator: compileValidator(this.variant.deployment, this.published),
      cached: compileCache(this),
      ...this.#compileObservation(),
      throttle: this.#compileThrottle(),
    });
  }

  get logLevel(): LogLevel | undefined {
    return this.#compiled.logLevel;
  }

  get metricName(): string | undefined {
    return this.#compiled.metricName;
  }

  #compileObservation(): Pick<MethodParts, 'logLevel' | 'metricName'> {
    const { stage } = this.variant;
    const { path } = this.resource;
    const { httpMethod } = this.published;
    const { loggingLevel, dataTraceEnabled, metricsEnabled } = findMethodSetting(
      stage.published.stage,
      path,
      httpMethod,
    );
    const isLogged = loggingLevel === 'ERROR' || loggingLevel === 'INFO';
    return {
      logLevel: isLogged ? { level: loggingLevel, dataTrace: dataTraceEnabled === true } : undefined,
      metricName: metricsEnabled ? stage.metricName(`${httpMethod} ${path}`) : undefined,
    };
  }

  #compileThrottle(): TokenBucket | undefined {
    const { stage } = this.variant;
    const setting = findMethodSetting(stage.published.stage, this.resource.path, this.published.httpMethod);
    const { throttlingRateLimit: rateLimit, throttlingBurstLimit: burstLimit } = setting;
    if (rateLimit === undefined && burstLimit === undefined) return undefined;
    const { limits, throttles } = stage.facts;
    return throttles.bucket(
      `${stage.published.apiId}/${stage.name}/${this.resource.path}/${this.published.httpMethod}`,
      {
        rateLimit: rateLimit ?? limits.accountRateLimit,
        burstLimit: burstLimit ?? limits.accountBurstLimit,
      },
    );
  }
}

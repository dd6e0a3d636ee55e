// $context: one source for mapping templates, parameter mapping, gateway responses and access logs.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
import { formatRequestTime } from '../incoming.ts';
import { HostObject, toText, type Value } from '../templates/index.ts';
import type { RestExchange } from './exchange.ts';

type Read = (exchange: RestExchange) => string | number | boolean | undefined;

const method = (exchange: RestExchange) => exchange.route?.value;

const variables: Record<string, Read> = {
  accountId: (x) => x.stage.published.accountId,
  apiId: (x) => x.stage.published.apiId,
  'customDomain.basePathMatched': (x) => x.basePath,
  awsEndpointRequestId: (x) => x.integrationRequestId,
  deploymentId: (x) => x.variant.deployment.id,
  domainName: (x) => x.domainName,
  domainPrefix: (x) => x.domainName.split('.', 1)[0],
  extendedRequestId: (x) => x.extendedRequestId,
  httpMethod: (x) => x.request.method,
  // present only where the stage has a canary
  isCanaryRequest: (x) => (x.stage.published.stage.canarySettings ? x.variant.isCanary : undefined),
  path: (x) => x.publicPath,
  protocol: (x) => `HTTP/${x.request.httpVersion}`,
  requestId: (x) => x.requestId,
  requestTime: (x) => formatRequestTime(x.startedAt),
  requestTimeEpoch: (x) => x.startedAt,
  resourceId: (x) => method(x)?.resource.id,
  resourcePath: (x) => method(x)?.resource.path,
  stage: (x) => x.stage.name,
  status: (x) => x.status,
  responseLength: (x) => x.responseBytes,
  responseLatency: (x) => x.stage.now() - x.startedAt,
  xrayTraceId: (x) => /Root=([^;]+)/.exec(x.trace)?.[1],
  integrationLatency: (x) => x.integrationLatencyMs,
  integrationStatus: (x) => x.integrationStatus,
  'integration.error': (x) => x.integrationError,
  'integration.integrationStatus': (x) => x.integrationStatus,
  'integration.latency': (x) => x.integrationLatencyMs,
  'integration.requestId': (x) => x.integrationRequestId,
  'integration.status': (x) => x.integrationStatus,
  'authorizer.principalId': (x) => x.authorizer?.principalId,
  'authorizer.latency': (x) => x.authorizer?.latencyMs,
  'authorizer.integrationLatency': (x) => x.authorizer?.latencyMs,
  'authorizer.status': (x) => x.authorizer?.status,
  'authorizer.integrationStatus': (x) => x.authorizer?.status,
  'authorizer.requestId': (x) => x.authorizer?.requestId,
  'error.message': (x) => x.error?.message,
  'error.messageString': (x) => x.error && JSON.stringify(x.error.message),
  'error.responseType': (x) => x.error?.type,
  'error.validationErrorString': (x) => x.error?.validation,
  'identity.accountId': (x) => x.identity?.accountId,
  'identity.accessKey': (x) => x.identity?.accessKey,
  'identity.apiKey': (x) => x.identity?.apiKey,
  'identity.apiKeyId': (x) => x.identity?.apiKeyId,
  'identity.caller': (x) => x.identity?.caller,
  'identity.clientCert.clientCertPem': (x) => x.clientCertificate?.clientCertPem,
  'identity.clientCert.issuerDN': (x) => x.clientCertificate?.issuerDN,
  'identity.clientCert.serialNumber': (x) => x.clientCertificate?.serialNumber,
  'identity.clientCert.subjectDN': (x) => x.clientCertificate?.subjectDN,
  'identity.clientCert.validity.notAfter': (x) => x.clientCertificate?.validity.notAfter,
  'identity.clientCert.validity.notBefore': (x) => x.clientCertificate?.validity.notBefore,
  'identity.principalOrgId': (x) => x.identity?.principalOrgId,
  'identity.sourceIp': (x) => x.request.remoteAddress,
  'identity.user': (x) => x.identity?.user,
  'identity.userAgent': (x) => x.request.headers['user-agent'],
  'identity.userArn': (x) => x.identity?.userArn,
  'responseOverride.status': (x) => (x.hasOverrides ? toText(x.overrides.responseStatus ?? null) : undefined),
};

/** Known only once the answer is made: access logs have them, templates do not. */
const LATE = new Set(['status', 'responseLength', 'responseLatency']);

const CLAIMS = 'authorizer.claims.';
const AUTHORIZER = 'authorizer.';

/** The variable `$context.NAME`, undefined when this request has none. */
export function contextValue(exchange: RestExchange, name: string): string | number | boolean | undefined {
  if (name.startsWith(CLAIMS)) return exchange.authorizer?.claims?.[name.slice(CLAIMS.length)];
  if (name.startsWith(AUTHORIZER)) {
    const given = exchange.authorizer?.context;
    const property = name.slice(AUTHORIZER.length);
    if (given && Object.hasOwn(given, property)) return given[property];
  }
  return Object.hasOwn(variables, name) ? variables[name]!(exchange) : undefined;
}

const NAMESPACES = new Set([
  'authorizer',
  'authorizer.claims',
  'customDomain',
  'error',
  'identity',
  'identity.clientCert',
  'identity.clientCert.validity',
  'integration',
  'authorize',
]);

/** $context in a mapping template. */
export class ContextObject extends HostObject {
  readonly #exchange: RestExchange;
  readonly #prefix: string;

  constructor(exchange: RestExchange, prefix = '') {
    super();
    this.#exchange = exchange;
    this.#prefix = prefix;
  }

  override get(name: string): Value {
    const path = this.#prefix + name;
    if (path === 'requestOverride') return requestOverride(this.#exchange);
    if (path === 'responseOverride') return new ResponseOverride(this.#exchange);
    if (NAMESPACES.has(path)) return new ContextObject(this.#exchange, `${path}.`);
    if (LATE.has(path)) return null;
    return contextValue(this.#exchange, path) ?? null;
  }

  override call(name: string, args: Value[]): Value {
    return name === 'get' ? this.get(toText(args[0] ?? null)) : null;
  }
}

function requestOverride(exchange: RestExchange): Value {
  const { requestHeader, requestQuery, requestPath } = exchange.overrides;
  return new Map<Value, Value>([
    ['header', requestHeader as Map<Value, Value>],
    ['querystring', requestQuery as Map<Value, Value>],
    ['path', requestPath as Map<Value, Value>],
  ]);
}

class ResponseOverride extends HostObject {
  readonly #exchange: RestExchange;

  constructor(exchange: RestExchange) {
    super();
    this.#exchange = exchange;
  }
  override get(name: string): Value {
    if (name === 'header') return this.#exchange.overrides.responseHeader as Map<Value, Value>;
    return name === 'status' ? (this.#exchange.overrides.responseStatus ?? null) : null;
  }
  override set(name: string, value: Value): void {
    if (name === 'status') this.#exchange.overrides.responseStatus = value;
  }
}

// $context of HTTP APIs: access logs and parameter mapping.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
import { formatRequestTime } from '../incoming.ts';
import type { HttpExchange } from './exchange.ts';

type Value = string | number | boolean | undefined;

const variables: Record<string, (exchange: HttpExchange) => Value> = {
  accountId: (x) => x.stage.published.accountId,
  apiId: (x) => x.stage.published.apiId,
  awsEndpointRequestId: (x) => x.integrationRequestId,
  awsEndpointRequestId2: (x) => x.integrationRequestId,
  'customDomain.basePathMatched': (x) => x.basePath,
  dataProcessed: (x) => x.body.length + x.responseBytes,
  domainName: (x) => x.domainName,
  domainPrefix: (x) => x.domainName.split('.', 1)[0],
  extendedRequestId: (x) => x.requestId,
  httpMethod: (x) => x.request.method,
  path: (x) => x.rawPath,
  protocol: (x) => `HTTP/${x.request.httpVersion}`,
  requestId: (x) => x.requestId,
  requestTime: (x) => formatRequestTime(x.startedAt),
  requestTimeEpoch: (x) => x.startedAt,
  responseLatency: (x) => x.stage.now() - x.startedAt,
  responseLength: (x) => x.responseBytes,
  routeKey: (x) => x.route?.value.published.routeKey,
  stage: (x) => x.stage.name,
  status: (x) => x.status,
  integrationErrorMessage: (x) => x.integrationError,
  integrationLatency: (x) => x.integrationLatencyMs,
  integrationStatus: (x) => x.integrationStatus,
  'integration.error': (x) => x.integrationError,
  'integration.integrationStatus': (x) => x.integrationStatus,
  'integration.latency': (x) => x.integrationLatencyMs,
  'integration.requestId': (x) => x.integrationRequestId,
  'integration.status': (x) => x.integrationStatus,
  'authorizer.principalId': (x) => x.authorizer?.principalId,
  'error.message': (x) => x.error?.message,
  'error.messageString': (x) => x.error && JSON.stringify(x.error.message),
  'error.responseType': (x) => x.error && RESPONSE_TYPES[x.error.status],
  'identity.accountId': (x) => x.identity?.accountId,
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
};

const RESPONSE_TYPES: Record<number, string> = {
  401: 'UNAUTHORIZED',
  403: 'ACCESS_DENIED',
  404: 'NOT_FOUND',
  413: 'REQUEST_TOO_LARGE',
  429: 'THROTTLED',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'INTEGRATION_FAILURE',
};

const CLAIMS = 'authorizer.claims.';
const AUTHORIZER = 'authorizer.';

export function httpContextValue(exchange: HttpExchange, name: string): Value {
  if (name.startsWith(CLAIMS)) return exchange.authorizer?.claims?.[name.slice(CLAIMS.length)];
  if (name.startsWith(AUTHORIZER)) {
    const given = exchange.authorizer?.context;
    const property = name.slice(AUTHORIZER.length);
    if (given && Object.hasOwn(given, property)) return given[property];
  }
  return Object.hasOwn(variables, name) ? variables[name]!(exchange) : undefined;
}

// What WebSocket APIs may have. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
import type { Authorizer, Route } from '@aws-sdk/client-apigatewayv2';
import { parseServiceUri } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import { badRequest, httpOnly, notOffered } from '../errors.ts';
import { isFunctionUri, type IntegrationInput } from '../integration-rules.ts';
import type { AuthorizerRecord, IntegrationRecord, RouteRecord } from '../store.ts';

const TIMEOUT_MS = { min: 50, max: 29_000 };
const TYPES = ['AWS', 'AWS_PROXY', 'HTTP', 'HTTP_PROXY', 'MOCK'];
const PASSTHROUGH = ['WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER'];
const CONTENT_HANDLING = ['CONVERT_TO_BINARY', 'CONVERT_TO_TEXT'];
const METHODS = ['ANY', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const RESERVED_KEYS = ['$connect', '$default', '$disconnect'];
/** text with at least one member of the message's body in it */
const SELECTION =
  /^(?:[^$]|\\\$)*\$(?:\{request\.body\.[^{}]+\}|request\.body\.[A-Za-z0-9_$.[\]-]+)(?:[^$]|\$\{?request\.body\.)*$/;
const API_KEY_SELECTIONS = ['$request.header.x-api-key', '$context.authorizer.usageIdentifierKey'];
const SOURCE = /^(route\.request\.(header|querystring)\.[^\s]+|context\.[A-Za-z0-9_.]+|stageVariables\.\w+)$/;
const REQUEST_PARAMETER = /^route\.request\.(header|querystring)\.[A-Za-z0-9._$-]+$/;
const PARAMETER_TARGET = /^integration\.request\.(header|querystring|path)\.[A-Za-z0-9._$-]+$/;
const PARAMETER_SOURCE =
  /^('[^']*'|route\.request\.(header|querystring|multivalueheader|multivaluequerystring)\.[A-Za-z0-9._$-]+|route\.request\.body(\..+)?|context\.[A-Za-z0-9_.]+|stageVariables\.\w+)$/;
/** What the selection expression of integration responses is compared with. */
const BY_STATUS = '${integration.response.statuscode}';
const BY_ERROR_MESSAGE = '${integration.response.body.errorMessage}';

const isEmpty = (value: object | undefined): boolean => value === undefined || Object.keys(value).length === 0;

export function checkSelections(routeSelection: string | undefined, apiKeySelection: string): void {
  if (!routeSelection)
    throw badRequest('RouteSelectionExpression is required for APIs with a protocol type of WEBSOCKET');
  if (!SELECTION.test(routeSelection)) throw badRequest('Invalid route selection expression specified');
  if (!API_KEY_SELECTIONS.includes(apiKeySelection)) {
    throw badRequest(
      `Invalid API key selection expression specified. Valid values are ${API_KEY_SELECTIONS.join(', ')}`,
    );
  }
}

export function checkContentHandling(strategy: string | undefined): void {
  if (strategy === undefined || CONTENT_HANDLING.includes(strategy)) return;
  throw badRequest(`Invalid content handling strategy specified. Valid values are ${CONTENT_HANDLING.join(', ')}`);
}

/** The members of a route beside its models, authorizer and target, which need the store. */
export function webSocketRouteOf(kept: Pick<RouteRecord, 'RouteId'>, given: Partial<Route>): RouteRecord {
  const { RouteKey = '', AuthorizationType = 'NONE', RouteResponseSelectionExpression: response } = given;
  const { ModelSelectionExpression, RequestModels, RequestParameters } = given;
  checkWebSocketRouteKey(RouteKey);
  if (RouteKey !== '$connect' && AuthorizationType !== 'NONE') {
    throw badRequest('Currently, authorization is restricted to the $connect route only');
  }
  if (!['NONE', 'AWS_IAM', 'CUSTOM'].includes(AuthorizationType)) {
    throw badRequest(
      `Invalid authorization type specified: ${AuthorizationType}. Valid types are AWS_IAM, CUSTOM and NONE`,
    );
  }
  if (response !== undefined && response !== '' && response !== '$default') {
    throw badRequest('Invalid route response selection expression specified. The only valid value is $default');
  }
  for (const parameter of Object.keys(RequestParameters ?? {})) {
    if (!REQUEST_PARAMETER.test(parameter)) throw badRequest(`Invalid request parameter specified: ${parameter}`);
  }
  return {
    RouteId: kept.RouteId,
    RouteKey,
    ApiKeyRequired: given.ApiKeyRequired ?? false,
    AuthorizationType,
    ...(given.AuthorizerId && { AuthorizerId: given.AuthorizerId }),
    ...(ModelSelectionExpression && { ModelSelectionExpression }),
    ...(given.OperationName && { OperationName: given.OperationName }),
    ...(!isEmpty(RequestModels) && { RequestModels }),
    ...(!isEmpty(RequestParameters) && { RequestParameters }),
    ...(response && { RouteResponseSelectionExpression: response }),
    ...(given.Target && { Target: given.Target }),
  };
}

function checkWebSocketRouteKey(key: string): void {
  const isReserved = key.startsWith('$');
  if (key === '' || /\s/.test(key) || (isReserved && !RESERVED_KEYS.includes(key))) {
    throw badRequest('Invalid route key specified');
  }
}

export function webSocketIntegrationOf(
  context: Context,
  kept: Pick<IntegrationRecord, 'IntegrationId'>,
  given: IntegrationInput,
): IntegrationRecord {
  const { IntegrationType: type = '', IntegrationUri: uri = '', PassthroughBehavior = 'WHEN_NO_MATCH' } = given;
  const timeoutMs = given.TimeoutInMillis ?? TIMEOUT_MS.max;
  if (!TYPES.includes(type))
    throw badRequest(`Invalid integration type specified. Valid values are ${TYPES.join(', ')}`);
  if (given.ConnectionType === 'VPC_LINK' || given.ConnectionId) throw notOffered('VPC links');
  checkContentHandling(given.ContentHandlingStrategy);
  if (!isEmpty(given.ResponseParameters)) throw httpOnly('ResponseParameters');
  if (given.IntegrationSubtype) throw httpOnly('IntegrationSubtype');
  if (given.PayloadFormatVersion !== undefined && given.PayloadFormatVersion !== '1.0') {
    throw badRequest('The payload format version of APIs with a protocol type of WEBSOCKET must be 1.0');
  }
  if (!PASSTHROUGH.includes(PassthroughBehavior)) throw badRequest('Invalid passthroughBehavior specified');
  if (timeoutMs < TIMEOUT_MS.min || timeoutMs > TIMEOUT_MS.max) {
    throw badRequest(`Timeout should be between ${TIMEOUT_MS.min} ms and ${TIMEOUT_MS.max} ms`);
  }
  checkTarget(context, type, given);
  checkParameters(given.RequestParameters ?? {});
  const isFunction = uri.includes(':lambda:path/');
  const { ContentHandlingStrategy, CredentialsArn, Description, RequestParameters, RequestTemplates } = given;
  const { TemplateSelectionExpression } = given;
  return {
    ConnectionType: 'INTERNET',
    ...(ContentHandlingStrategy && { ContentHandlingStrategy }),
    ...(CredentialsArn && { CredentialsArn }),
    ...(Description && { Description }),
    IntegrationId: kept.IntegrationId,
    ...(type !== 'MOCK' && { IntegrationMethod: given.IntegrationMethod ?? 'POST' }),
    IntegrationResponseSelectionExpression: type === 'AWS' && isFunction ? BY_ERROR_MESSAGE : BY_STATUS,
    IntegrationType: type as 'AWS',
    ...(uri && { IntegrationUri: uri }),
    PassthroughBehavior,
    PayloadFormatVersion: '1.0',
    ...(!isEmpty(RequestParameters) && { RequestParameters }),
    ...(!isEmpty(RequestTemplates) && { RequestTemplates }),
    ...(TemplateSelectionExpression && { TemplateSelectionExpression }),
    TimeoutInMillis: timeoutMs,
    ...(given.TlsConfig?.ServerNameToVerify && { TlsConfig: given.TlsConfig }),
  };
}

function checkParameters(parameters: Record<string, string>): void {
  for (const [target, source] of Object.entries(parameters)) {
    if (PARAMETER_TARGET.test(target) && PARAMETER_SOURCE.test(source)) continue;
    throw badRequest(
      `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: ${source}]`,
    );
  }
}

/** Functions go by their invocation URI, not by their ARN; stage variables may stand inside it. */
const isInvocationUri = (uri: string): boolean =>
  (isFunctionUri(uri) && uri.includes(':apigateway:')) ||
  /:lambda:path\/.*\$\{stageVariables\..*\/invocations$/.test(uri);

function checkTarget(context: Context, type: string, given: IntegrationInput): void {
  const { IntegrationUri: uri = '', IntegrationMethod: method } = given;
  if (type === 'MOCK') return;
  if (method !== undefined && !METHODS.includes(method)) {
    throw badRequest(`Invalid integration method specified: ${method}`);
  }
  if (type.startsWith('HTTP')) {
    if (!/^https?:\/\/[^\s/]+/.test(uri)) throw badRequest('Invalid HTTP endpoint specified for URI');
    if (!method) throw badRequest('IntegrationMethod is required');
    return;
  }
  if (isInvocationUri(uri)) return;
  if (type === 'AWS_PROXY')
    throw badRequest('Invalid function ARN or invalid URI specified for an integration of type AWS_PROXY');
  checkService(context, uri, given.CredentialsArn);
}

/** Type AWS reaches the services that this program has. */
function checkService(context: Context, uri: string, role: string | undefined): void {
  const target = parseServiceUri(uri);
  if (!target) throw badRequest('AWS ARN for integration must contain path or action');
  const { summary } = target;
  const services = context.platform.services as ReadonlyMap<string, unknown>;
  if (!summary || !services.has(summary.id)) throw notOffered(`integrations with the service ${target.signingName}`);
  if (!role) throw badRequest('Credentials are required for service integrations');
}

const HTTP_AUTHORIZER_ONLY = [
  'AuthorizerPayloadFormatVersion',
  'AuthorizerResultTtlInSeconds',
  'EnableSimpleResponses',
] as const;

export function webSocketAuthorizerOf(id: string, given: Partial<Authorizer>, Name: string): AuthorizerRecord {
  const { AuthorizerUri, AuthorizerCredentialsArn, IdentitySource = [] } = given;
  if (given.AuthorizerType !== 'REQUEST')
    throw badRequest('Invalid authorizer type specified. Valid types are REQUEST');
  if (!AuthorizerUri || !isInvocationUri(AuthorizerUri)) throw badRequest('Invalid Authorizer URI specified');
  for (const member of HTTP_AUTHORIZER_ONLY) {
    // Terraform's provider met these words (pull request 15232).
    if (given[member]) throw badRequest(`${member} cannot be set for WEBSOCKET protocol Apis.`);
  }
  for (const source of IdentitySource) {
    if (!SOURCE.test(source)) throw badRequest(`Invalid identity source specified: ${source}`);
  }
  return {
    ...(AuthorizerCredentialsArn && { AuthorizerCredentialsArn }),
    AuthorizerId: id,
    AuthorizerType: 'REQUEST',
    AuthorizerUri,
    IdentitySource,
    Name,
  };
}

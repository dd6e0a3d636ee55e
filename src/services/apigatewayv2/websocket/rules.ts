// What WebSocket APIs may have. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
import type { Authorizer, Route } from '@aws-sdk/client-apigatewayv2';
import type { IntegrationInput } from '../integration-rules.ts';
import { isFunctionUri } from '../integration-rules.ts';
import { badRequest, notOffered } from '../errors.ts';
import type { AuthorizerRecord, IntegrationRecord, RouteRecord } from '../store.ts';

const TIMEOUT_MS = { min: 50, max: 29_000 };
const TYPES = ['AWS', 'AWS_PROXY', 'HTTP', 'HTTP_PROXY', 'MOCK'];
const PASSTHROUGH = ['WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER'];
const SELECTION = /^\$\{?request\.body\.[A-Za-z0-9_$.[\]]+\}?$/;
const API_KEY_SELECTIONS = ['$request.header.x-api-key', '$context.authorizer.usageIdentifierKey'];
const SOURCE = /^(route\.request\.(header|querystring)\.[^\s]+|context\.[A-Za-z0-9_.]+|stageVariables\.\w+)$/;

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

/** The members of a route beside its authorizer and target, which are checked for both kinds of API alike. */
export function webSocketRouteOf(kept: Pick<RouteRecord, 'RouteId'>, given: Partial<Route>): RouteRecord {
  const { RouteKey = '', AuthorizationType = 'NONE', RouteResponseSelectionExpression: response } = given;
  if (given.ModelSelectionExpression || !isEmpty(given.RequestModels)) throw notOffered('models of WebSocket routes');
  if (!isEmpty(given.RequestParameters)) throw notOffered('request parameters of WebSocket routes');
  if (RouteKey === '' || /\s/.test(RouteKey)) throw badRequest('Invalid route key specified');
  const isConnect = RouteKey === '$connect';
  if (!isConnect && AuthorizationType !== 'NONE') {
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
  return {
    RouteId: kept.RouteId,
    RouteKey,
    ApiKeyRequired: given.ApiKeyRequired ?? false,
    AuthorizationType,
    ...(given.AuthorizerId && { AuthorizerId: given.AuthorizerId }),
    ...(given.OperationName && { OperationName: given.OperationName }),
    ...(response && { RouteResponseSelectionExpression: response }),
    ...(given.Target && { Target: given.Target }),
  };
}

export function webSocketIntegrationOf(
  kept: Pick<IntegrationRecord, 'IntegrationId'>,
  given: IntegrationInput,
): IntegrationRecord {
  const { IntegrationType: type = '', IntegrationUri: uri = '', PassthroughBehavior = 'WHEN_NO_MATCH' } = given;
  const timeoutMs = given.TimeoutInMillis ?? TIMEOUT_MS.max;
  if (!TYPES.includes(type))
    throw badRequest(`Invalid integration type specified. Valid values are ${TYPES.join(', ')}`);
  if (given.ConnectionType === 'VPC_LINK' || given.ConnectionId) throw notOffered('VPC links');
  if (given.ContentHandlingStrategy) throw notOffered('content handling of WebSocket integrations');
  if (!isEmpty(given.ResponseParameters) || given.IntegrationSubtype) {
    throw badRequest('ResponseParameters and IntegrationSubtype are supported only for HTTP APIs');
  }
  if (given.PayloadFormatVersion !== undefined && given.PayloadFormatVersion !== '1.0') {
    throw badRequest('The payload format version of APIs with a protocol type of WEBSOCKET must be 1.0');
  }
  if (!PASSTHROUGH.includes(PassthroughBehavior)) throw badRequest('Invalid passthroughBehavior specified');
  if (timeoutMs < TIMEOUT_MS.min || timeoutMs > TIMEOUT_MS.max) {
    throw badRequest(`Timeout should be between ${TIMEOUT_MS.min} ms and ${TIMEOUT_MS.max} ms`);
  }
  checkUri(type, uri);
  if (type.startsWith('HTTP') && !given.IntegrationMethod) throw badRequest('IntegrationMethod is required');
  const { CredentialsArn, Description, RequestParameters, RequestTemplates, TemplateSelectionExpression } = given;
  return {
    ConnectionType: 'INTERNET',
    ...(CredentialsArn && { CredentialsArn }),
    ...(Description && { Description }),
    IntegrationId: kept.IntegrationId,
    ...(type !== 'MOCK' && { IntegrationMethod: given.IntegrationMethod ?? 'POST' }),
    IntegrationResponseSelectionExpression: '${integration.response.statuscode}',
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

function checkUri(type: string, uri: string): void {
  if (type === 'MOCK') return;
  if (type.startsWith('HTTP')) {
    if (!/^https?:\/\/[^\s/]+/.test(uri)) throw badRequest('Invalid HTTP endpoint specified for URI');
    return;
  }
  // Functions alone, by their invocation URI; stage variables may stand inside the URI.
  if (
    (uri.includes(':apigateway:') && isFunctionUri(uri)) ||
    /:lambda:path\/.*\$\{stageVariables\..*\/invocations$/.test(uri)
  )
    return;
  if (type === 'AWS_PROXY')
    throw badRequest('Invalid function ARN or invalid URI specified for an integration of type AWS_PROXY');
  throw notOffered('WebSocket integrations with AWS services other than Lambda');
}

export function webSocketAuthorizerOf(id: string, given: Partial<Authorizer>, Name: string): AuthorizerRecord {
  const { AuthorizerUri, AuthorizerCredentialsArn, IdentitySource = [] } = given;
  if (given.AuthorizerType !== 'REQUEST')
    throw badRequest('Invalid authorizer type specified. Valid types are REQUEST');
  if (!AuthorizerUri || !isFunctionUri(AuthorizerUri)) throw badRequest('Invalid Authorizer URI specified');
  if (given.AuthorizerPayloadFormatVersion || given.EnableSimpleResponses || given.AuthorizerResultTtlInSeconds) {
    throw badRequest('Payload versions, simple responses and caching of authorizers are supported only for HTTP APIs');
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

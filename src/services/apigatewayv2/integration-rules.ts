// Which integrations an HTTP API may have, and their defaults.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html
import type { Integration } from '@aws-sdk/client-apigatewayv2';
import { serviceSubtypes } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import { badRequest, notOffered, webSocketOnly } from './errors.ts';
import { checkRequestParameters, checkResponseParameters } from './parameter-mapping.ts';
import type { IntegrationRecord } from './store.ts';

/** What a caller may say about an integration. */
export type IntegrationInput = Partial<Omit<Integration, 'IntegrationId' | 'ApiGatewayManaged'>>;

const TIMEOUT_MS = { min: 50, max: 30_000 };
const METHODS = new Set(['ANY', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);
const WEB_SOCKET_ONLY = [
  'ContentHandlingStrategy',
  'PassthroughBehavior',
  'RequestTemplates',
  'TemplateSelectionExpression',
] as const;
const FUNCTION_ARN = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[^\s]+$/;
const FUNCTION_URI =
  /^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path\/\d{4}-\d{2}-\d{2}\/functions\/.+\/invocations$/;
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/;

export const isFunctionUri = (uri: string): boolean => FUNCTION_ARN.test(uri) || FUNCTION_URI.test(uri);

export function integrationOf(
  context: Context,
  kept: Pick<IntegrationRecord, 'IntegrationId' | 'ApiGatewayManaged'>,
  given: IntegrationInput,
): IntegrationRecord {
  refuse(given);
  const { CredentialsArn, Description, IntegrationSubtype, RequestParameters = {}, ResponseParameters = {} } = given;
  const isFunction = given.IntegrationType === 'AWS_PROXY' && !IntegrationSubtype;
  const uri = given.IntegrationUri ?? '';
  if (IntegrationSubtype) checkSubtype(context, given, IntegrationSubtype);
  else if (isFunction) checkFunction(given, uri);
  else checkEndpoint(given, uri);
  if (!IntegrationSubtype) checkRequestParameters(RequestParameters);
  checkResponseParameters(ResponseParameters);
  return {
    ...(kept.ApiGatewayManaged && { ApiGatewayManaged: true }),
    ConnectionType: 'INTERNET',
    ...(CredentialsArn && { CredentialsArn }),
    ...(Description && { Description }),
    IntegrationId: kept.IntegrationId,
    ...(IntegrationSubtype
      ? { IntegrationSubtype }
      : { IntegrationMethod: isFunction ? 'POST' : (given.IntegrationMethod ?? 'ANY'), IntegrationUri: uri }),
    IntegrationType: given.IntegrationType === 'AWS_PROXY' ? 'AWS_PROXY' : 'HTTP_PROXY',
    PayloadFormatVersion: versionOf(isFunction, given.PayloadFormatVersion),
    ...(Object.keys(RequestParameters).length > 0 && { RequestParameters }),
    ...(Object.keys(ResponseParameters).length > 0 && { ResponseParameters }),
    TimeoutInMillis: timeoutOf(given.TimeoutInMillis),
    ...(given.TlsConfig?.ServerNameToVerify && { TlsConfig: given.TlsConfig }),
  };
}

function refuse(given: IntegrationInput): void {
  const { IntegrationType: type, ConnectionType, ConnectionId, CredentialsArn } = given;
  if (type !== 'AWS_PROXY' && type !== 'HTTP_PROXY') {
    throw badRequest(
      'Currently, an API with a protocol type of HTTP may only be associated with proxy integrations (AWS_PROXY, HTTP_PROXY)',
    );
  }
  for (const member of WEB_SOCKET_ONLY) {
    const value = given[member];
    if (typeof value === 'object' ? Object.keys(value).length > 0 : value !== undefined) throw webSocketOnly(member);
  }
  if (ConnectionType === 'VPC_LINK' || ConnectionId) throw notOffered('VPC links');
  if (CredentialsArn && !ROLE_ARN.test(CredentialsArn)) throw badRequest('Invalid ARN specified for credentialsArn');
}

function checkFunction(given: IntegrationInput, uri: string): void {
  if (!isFunctionUri(uri) && !uri.includes('${stageVariables.')) {
    throw badRequest('Invalid function ARN or invalid URI specified for an integration of type AWS_PROXY');
  }
  if (given.IntegrationMethod !== undefined && given.IntegrationMethod !== 'POST') {
    throw badRequest('The integration method of an integration with a Lambda function must be POST');
  }
  if (given.TlsConfig?.ServerNameToVerify)
    throw badRequest('TLS configuration is not supported for AWS_PROXY integrations');
}

/** First-class integrations: those of the services that this program has. */
function checkSubtype(context: Context, given: IntegrationInput, subtype: string): void {
  const known = serviceSubtypes.get(subtype);
  if (!known || given.IntegrationType !== 'AWS_PROXY') {
    throw badRequest(`Invalid integration subtype specified: ${subtype}`);
  }
  if (!(context.platform.services as ReadonlyMap<string, unknown>).has(known.service)) {
    throw notOffered(`the service integration ${subtype}`);
  }
  if (!given.CredentialsArn) throw badRequest('Credentials are required for service integrations');
  if (given.IntegrationUri) throw badRequest('Service integrations do not support an integration URI');
  checkParameters(subtype, known, given.RequestParameters ?? {});
}

/** The parameters are the operation's own; `Region` is one of every subtype. */
function checkParameters(
  subtype: string,
  { required, optional }: { required: readonly string[]; optional: readonly string[] },
  parameters: Record<string, string>,
): void {
  for (const name of required) {
    if (!parameters[name]) throw badRequest(`Required Parameter: ${name} is missing for Operation: ${subtype}`);
  }
  for (const name of Object.keys(parameters)) {
    if (name !== 'Region' && !required.includes(name) && !optional.includes(name)) {
      throw badRequest(`Parameter: ${name} does not fit schema for Operation: ${subtype}`);
    }
  }
}

function checkEndpoint(given: IntegrationInput, uri: string): void {
  if (!/^https?:\/\/[^\s/]+/.test(uri)) throw badRequest('Invalid HTTP endpoint specified for URI');
  const method = given.IntegrationMethod ?? 'ANY';
  if (!METHODS.has(method)) throw badRequest(`Invalid integration method specified: ${method}`);
  if (given.CredentialsArn) throw badRequest('Credentials are not supported for HTTP_PROXY integrations');
}

function versionOf(isFunction: boolean, version: string | undefined): string {
  if (version === undefined) throw badRequest('PayloadFormatVersion is a required parameter for integration');
  const known = isFunction ? ['1.0', '2.0'] : ['1.0'];
  if (!known.includes(version)) {
    throw badRequest(
      `Invalid payload format version specified: ${version}. Supported versions for this integration are [${known.join(', ')}]`,
    );
  }
  return version;
}

function timeoutOf(timeoutMs: number | undefined): number {
  const value = timeoutMs ?? TIMEOUT_MS.max;
  if (value < TIMEOUT_MS.min || value > TIMEOUT_MS.max) {
    throw badRequest(`Timeout should be between ${TIMEOUT_MS.min} ms and ${TIMEOUT_MS.max} ms`);
  }
  return value;
}

import type { PublishedMethod, PublishedRestIntegration } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { serviceSummaries } from '#protocol/model.ts';
import { badRequest, integrationNotFound, notOffered, notOneOf } from './errors.ts';
import { describeIntegration } from './method-words.ts';
import { changeMethod, readMethod } from './methods.ts';
import { refuseMissing } from './offered.ts';
import { applyPatch, listRule, mapRule, numberRule, textRule, toBoolean, type PatchRule } from './patch.ts';

const TIMEOUT_MS = { min: 50, max: 29_000, maxRegional: 300_000, maxStreamed: 900_000 };
const TYPES = new Set(['HTTP', 'HTTP_PROXY', 'AWS', 'AWS_PROXY', 'MOCK']);
const HTTP_METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'ANY']);

/** Checks and defaults of an integration, for PutIntegration and for imports. */
export function integrationOf(
  given: Partial<PublishedRestIntegration> & { type: string },
  resourceId: string,
): PublishedRestIntegration {
  const { type, uri, httpMethod } = given;
  if (!TYPES.has(type))
    throw badRequest('Invalid integration type specified. Valid options are HTTP, MOCK, AWS, AWS_PROXY, HTTP_PROXY');
  if (given.connectionType === 'VPC_LINK' || given.connectionId) refuseMissing('vpcLinks');
  checkTransferMode(given);
  if (type !== 'MOCK') {
    if (!httpMethod) throw badRequest('Enumeration value for HttpMethod must be non-empty');
    if (!HTTP_METHODS.has(httpMethod)) {
      throw badRequest('Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY');
    }
    if (!uri) {
      const isHttp = type.startsWith('HTTP');
      throw badRequest(isHttp ? 'Invalid HTTP endpoint specified for URI' : 'Invalid ARN specified in the request');
    }
    checkUri(type, uri);
  }
  const timeoutInMillis = given.timeoutInMillis ?? TIMEOUT_MS.max;
  const longest = given.responseTransferMode === 'STREAM' ? TIMEOUT_MS.maxStreamed : TIMEOUT_MS.maxRegional;
  if (timeoutInMillis < TIMEOUT_MS.min || timeoutInMillis > longest) {
    throw badRequest(`Timeout should be between ${TIMEOUT_MS.min} ms and ${TIMEOUT_MS.max} ms`);
  }
  const { credentials, requestParameters, requestTemplates, contentHandling, tlsConfig, responseTransferMode } = given;
  return {
    type: type as 'AWS',
    ...(httpMethod !== undefined && { httpMethod }),
    ...(uri !== undefined && { uri }),
    ...(given.connectionType !== undefined && { connectionType: given.connectionType }),
    ...(credentials !== undefined && { credentials }),
    ...(requestParameters && { requestParameters }),
    ...(requestTemplates && { requestTemplates }),
    passthroughBehavior: passthroughOf(given.passthroughBehavior),
    ...(contentHandling !== undefined && { contentHandling }),
    timeoutInMillis,
    cacheNamespace: given.cacheNamespace ?? resourceId,
    cacheKeyParameters: given.cacheKeyParameters ?? [],
    ...(tlsConfig && { tlsConfig }),
    ...(responseTransferMode !== undefined && { responseTransferMode }),
  };
}

const STREAMED_FUNCTION = /:lambda:path\/.+\/response-streaming-invocations$/;

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html */
function checkTransferMode({
  type,
  uri = '',
  responseTransferMode: mode = 'BUFFERED',
}: Partial<PublishedRestIntegration>): void {
  if (mode !== 'BUFFERED' && mode !== 'STREAM') {
    throw badRequest('Invalid response transfer mode specified. Valid options are BUFFERED and STREAM');
  }
  if (mode === 'STREAM' && type !== 'AWS_PROXY' && type !== 'HTTP_PROXY') {
    throw badRequest('The response transfer mode STREAM is supported only for AWS_PROXY and HTTP_PROXY integrations');
  }
  if (type === 'AWS_PROXY' && (mode === 'STREAM') !== STREAMED_FUNCTION.test(uri)) {
    throw badRequest(
      'The response transfer mode STREAM and a URI that ends with /response-streaming-invocations go together',
    );
  }
}

function passthroughOf(given: string | undefined): 'WHEN_NO_MATCH' | 'WHEN_NO_TEMPLATES' | 'NEVER' {
  const value = given?.toUpperCase() ?? 'WHEN_NO_MATCH';
  if (value !== 'WHEN_NO_MATCH' && value !== 'WHEN_NO_TEMPLATES' && value !== 'NEVER') {
    throw badRequest(
      'Invalid passthroughBehavior specified. Valid options are WHEN_NO_MATCH, WHEN_NO_TEMPLATES and NEVER',
    );
  }
  return value;
}

function checkUri(type: string, uri: string): void {
  if (type.startsWith('HTTP')) {
    if (!/^https?:\/\/|^\$\{|^\{/.test(uri)) throw badRequest('Invalid HTTP endpoint specified for URI');
    return;
  }
  if (!uri.startsWith('arn:')) throw badRequest('Invalid ARN specified in the request');
  const [, , , , , ...rest] = uri.split(':');
  const resource = rest.join(':');
  if (!/^arn:aws[a-z-]*:apigateway:/.test(uri) || !/^(path|action)\//.test(resource)) {
    throw badRequest('AWS ARN for integration must contain path or action');
  }
  const isFunction = /:lambda:path\/.+\/(response-streaming-)?invocations$/.test(uri);
  if (type === 'AWS_PROXY' && !isFunction) {
    throw badRequest(
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    );
  }
}

const TARGET = /^integration\.request\.(header|querystring|path|multivalueheader|multivaluequerystring)\..+$/;
const METHOD_SOURCE = /^method\.request\.(header|querystring|path|multivalueheader|multivaluequerystring)\..+$/;
const OTHER_SOURCE = /^('.*'|method\.request\.body(\.|\[|$).*|stageVariables\.\w+|context\..+)$/s;

/** Request parameters map to the backend's, from what the method declares. */
function checkRequestParameters(method: PublishedMethod, { requestParameters = {} }: PublishedRestIntegration): void {
  const invalid = (what: string): Error =>
    badRequest(`Invalid mapping expression specified: Validation Result: warnings : [], errors : [${what}]`);
  for (const [target, source] of Object.entries(requestParameters)) {
    if (!TARGET.test(target)) throw invalid(`Invalid mapping expression parameter specified: ${target}`);
    const declared = METHOD_SOURCE.test(source) && Object.hasOwn(method.requestParameters ?? {}, source);
    if (!declared && !OTHER_SOURCE.test(source)) throw invalid(`Invalid mapping expression specified: ${source}`);
  }
}

/** Names in URIs that are not the service's signing name. */
const SIGNING_NAMES: Record<string, string> = { email: 'ses', streams: 'dynamodb' };

/** Type AWS reaches the services that this program has. */
export function checkService(context: Context, { type, uri = '' }: PublishedRestIntegration): void {
  if (type !== 'AWS') return;
  const name = /^arn:aws[\w-]*:apigateway:[^:]+:(?:[^:]+\.)?([\w-]+):/.exec(uri)?.[1] ?? '';
  const signingName = SIGNING_NAMES[name] ?? name;
  const services = context.platform.services as ReadonlyMap<string, unknown>;
  const isHere = serviceSummaries.some((summary) => summary.signingName === signingName && services.has(summary.id));
  if (!isHere) throw notOffered(`integrations with the service ${name}`);
}

export function requireIntegration(method: PublishedMethod): PublishedRestIntegration {
  if (!method.methodIntegration) throw integrationNotFound();
  return method.methodIntegration;
}

/** Enumerations that the front checks, each with its values in the order in which it names them. */
const ENUMERATIONS = {
  type: ['HTTP', 'MOCK', 'AWS_PROXY', 'HTTP_PROXY', 'AWS'],
  connectionType: ['INTERNET', 'VPC_LINK'],
  contentHandling: ['CONVERT_TO_BINARY', 'CONVERT_TO_TEXT'],
} as const;

function checkEnumerations(input: { type?: string; connectionType?: string; contentHandling?: string }): void {
  for (const [member, values] of Object.entries(ENUMERATIONS)) {
    const value = input[member as keyof typeof input];
    if (value !== undefined && !(values as readonly string[]).includes(value)) {
      throw notOneOf(value, `putIntegrationInput.${member}`, values);
    }
  }
}

export const putIntegration: Operation<'apigateway', 'PutIntegration'> = (input, context) =>
  changeMethod(context, input, ({ resource, method }) => {
    checkEnumerations(input as object);
    const { integrationHttpMethod, ...rest } = input;
    const before = method.methodIntegration?.integrationResponses;
    const integration = integrationOf(
      {
        ...(rest as object),
        type: input.type,
        ...(integrationHttpMethod !== undefined ? { httpMethod: integrationHttpMethod } : { httpMethod: undefined }),
      } as never,
      resource.id,
    );
    checkService(context, integration);
    checkRequestParameters(method, integration);
    method.methodIntegration = { ...integration, ...(before && { integrationResponses: before }) };
    return describeIntegration(method.methodIntegration);
  });

export const getIntegration: Operation<'apigateway', 'GetIntegration'> = async (input, context) =>
  describeIntegration(requireIntegration(await readMethod(context, input)));

export const deleteIntegration: Operation<'apigateway', 'DeleteIntegration'> = async (input, context) => {
  await changeMethod(context, input, ({ method }) => {
    requireIntegration(method);
    delete method.methodIntegration;
  });
  return {};
};

const RULES: readonly PatchRule<PublishedRestIntegration>[] = [
  textRule<PublishedRestIntegration>('type'),
  textRule<PublishedRestIntegration>('httpMethod'),
  textRule<PublishedRestIntegration>('uri'),
  textRule<PublishedRestIntegration>('credentials'),
  textRule<PublishedRestIntegration>('passthroughBehavior'),
  textRule<PublishedRestIntegration>('contentHandling', ['replace', 'remove']),
  textRule<PublishedRestIntegration>('cacheNamespace'),
  textRule<PublishedRestIntegration>('responseTransferMode'),
  numberRule<PublishedRestIntegration>('timeoutInMillis'),
  listRule<PublishedRestIntegration>('cacheKeyParameters'),
  mapRule<PublishedRestIntegration>('requestParameters'),
  mapRule<PublishedRestIntegration>('requestTemplates'),
  {
    path: '/tlsConfig/insecureSkipVerification',
    ops: ['replace'],
    apply: (integration, value) => {
      integration.tlsConfig = { ...integration.tlsConfig, insecureSkipVerification: toBoolean(value) };
    },
  },
];

export const updateIntegration: Operation<'apigateway', 'UpdateIntegration'> = (input, context) =>
  changeMethod(context, input, ({ resource, method }) => {
    const integration = requireIntegration(method);
    const { integrationResponses } = integration;
    applyPatch(integration, input.patchOperations, RULES);
    const changed = integrationOf(integration, resource.id);
    checkService(context, changed);
    checkRequestParameters(method, changed);
    method.methodIntegration = { ...changed, ...(integrationResponses && { integrationResponses }) };
    return describeIntegration(method.methodIntegration);
  });

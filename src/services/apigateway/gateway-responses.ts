import type { GatewayResponse, GatewayResponseType } from '@aws-sdk/client-api-gateway';
import type { PublishedGatewayResponse } from '#gateway/index.ts';
import type { Operation } from '#kernel/service.ts';
import { badRequest, invalidStatusCode, notFound, notOneOf } from './errors.ts';
import { applyPatch, mapRule, textRule } from './patch.ts';
import { requireApi } from './rest-apis.ts';
import { gatewayResponses, placeOf } from './store.ts';

/** Types and the status each has when nobody says otherwise (developer guide, "Gateway response types"). */
const STATUS: Record<string, string | undefined> = {
  ACCESS_DENIED: '403',
  API_CONFIGURATION_ERROR: '500',
  AUTHORIZER_CONFIGURATION_ERROR: '500',
  AUTHORIZER_FAILURE: '500',
  BAD_REQUEST_BODY: '400',
  BAD_REQUEST_PARAMETERS: '400',
  DEFAULT_4XX: undefined,
  DEFAULT_5XX: undefined,
  EXPIRED_TOKEN: '403',
  INTEGRATION_FAILURE: '504',
  INTEGRATION_TIMEOUT: '504',
  INVALID_API_KEY: '403',
  INVALID_SIGNATURE: '403',
  MISSING_AUTHENTICATION_TOKEN: '403',
  QUOTA_EXCEEDED: '429',
  REQUEST_TOO_LARGE: '413',
  RESOURCE_NOT_FOUND: '404',
  THROTTLED: '429',
  UNAUTHORIZED: '401',
  UNSUPPORTED_MEDIA_TYPE: '415',
  WAF_FILTERED: '403',
};

function checkType(type: string): void {
  if (!Object.hasOwn(STATUS, type)) throw notOneOf(type, 'responseType', Object.keys(STATUS));
}

const defaultOf = (type: string): GatewayResponse => ({
  responseType: type as GatewayResponseType,
  ...(STATUS[type] !== undefined && { statusCode: STATUS[type] }),
  responseParameters: {},
  responseTemplates: { 'application/json': '{"message":$context.error.messageString}' },
  defaultResponse: true,
});

const describe = (response: PublishedGatewayResponse): GatewayResponse => {
  const statusCode = response.statusCode ?? STATUS[response.responseType];
  return {
    responseType: response.responseType as GatewayResponseType,
    ...(statusCode !== undefined && { statusCode }),
    responseParameters: response.responseParameters ?? {},
    responseTemplates: response.responseTemplates ?? {},
    defaultResponse: false,
  };
};

export function gatewayResponseOf(
  type: string,
  given: Omit<PublishedGatewayResponse, 'responseType'>,
): PublishedGatewayResponse {
  checkType(type);
  const { statusCode, responseParameters, responseTemplates } = given;
  if (statusCode !== undefined && !/^[1-5]\d\d$/.test(statusCode)) throw invalidStatusCode(statusCode);
  for (const name of Object.keys(responseParameters ?? {})) {
    if (!/^gatewayresponse\.(header|path|querystring)\..+/.test(name)) {
      throw badRequest(
        `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: ${name}]`,
      );
    }
  }
  return {
    responseType: type,
    ...(statusCode !== undefined && { statusCode }),
    ...(responseParameters && { responseParameters }),
    // without templates the default body stays
    ...(responseTemplates && Object.keys(responseTemplates).length > 0 && { responseTemplates }),
  };
}

export const putGatewayResponse: Operation<'apigateway', 'PutGatewayResponse'> = (input, context) =>
  context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    const response = gatewayResponseOf(input.responseType, input as object);
    gatewayResponses.put(tx, placeOf(context), input.restApiId, response);
    return describe(response);
  });

export const getGatewayResponse: Operation<'apigateway', 'GetGatewayResponse'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  checkType(input.responseType);
  const response = await gatewayResponses.find(context.store, placeOf(context), input.restApiId, input.responseType);
  return response ? describe(response) : defaultOf(input.responseType);
};

export const getGatewayResponses: Operation<'apigateway', 'GetGatewayResponses'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const set = await gatewayResponses.list(context.store, placeOf(context), input.restApiId);
  return {
    items: Object.keys(STATUS).map((type) => {
      const own = set.find((response) => response.responseType === type);
      return own ? describe(own) : defaultOf(type);
    }),
  };
};

export const updateGatewayResponse: Operation<'apigateway', 'UpdateGatewayResponse'> = (input, context) =>
  context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    checkType(input.responseType);
    const before = await gatewayResponses.find(tx, placeOf(context), input.restApiId, input.responseType);
    const response: PublishedGatewayResponse = before ?? { responseType: input.responseType };
    applyPatch(response, input.patchOperations, [
      textRule<PublishedGatewayResponse>('statusCode'),
      mapRule<PublishedGatewayResponse>('responseParameters'),
      mapRule<PublishedGatewayResponse>('responseTemplates'),
    ]);
    const checked = gatewayResponseOf(response.responseType, response);
    gatewayResponses.put(tx, placeOf(context), input.restApiId, checked);
    return describe(checked);
  });

export const deleteGatewayResponse: Operation<'apigateway', 'DeleteGatewayResponse'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    if (!(await gatewayResponses.find(tx, placeOf(context), input.restApiId, input.responseType))) {
      throw notFound('Gateway response type not defined on api');
    }
    gatewayResponses.remove(tx, placeOf(context), input.restApiId, input.responseType);
  });
  return {};
};

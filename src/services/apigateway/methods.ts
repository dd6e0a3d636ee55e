import type { MethodResponse } from '@aws-sdk/client-api-gateway';
import type { PublishedMethod, PublishedMethodResponse } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import {
  badRequest,
  conflict,
  invalidStatusCode,
  methodNotFound,
  responseNotFound,
  unknownModel,
  unknownValidator,
} from './errors.ts';
import { describeMethod } from './method-words.ts';
import {
  applyPatch,
  booleanRule,
  listRule,
  mapRule,
  textRule,
  toBoolean,
  valueListRule,
  type PatchRule,
} from './patch.ts';
import { requireResource } from './resources.ts';
import { requireApi } from './rest-apis.ts';
import { authorizers, models, placeOf, resources, validators, type ResourceRecord } from './store.ts';

const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'ANY']);
const AUTHORIZATION_TYPES = new Set(['NONE', 'AWS_IAM', 'CUSTOM', 'COGNITO_USER_POOLS']);

/** What an operation on a method works on, and how it is written back. */
export interface Opened {
  resource: ResourceRecord;
  method: PublishedMethod;
}

/** Changes one method in one transaction. */
export async function changeMethod<T>(
  context: Context,
  input: { restApiId: string; resourceId: string; httpMethod: string },
  change: (opened: Opened, tx: Transaction) => Promise<T> | T,
): Promise<T> {
  return context.store.transact(async (tx) => {
    const at = placeOf(context);
    await requireApi(context, input.restApiId, tx);
    const resource = await requireResource(tx, at, input.restApiId, input.resourceId);
    const method = resource.resourceMethods[input.httpMethod];
    if (!method) throw methodNotFound();
    const result = await change({ resource, method }, tx);
    resources.put(tx, at, input.restApiId, resource);
    return result;
  });
}

export async function readMethod(
  context: Context,
  input: { restApiId: string; resourceId: string; httpMethod: string },
): Promise<PublishedMethod> {
  await requireApi(context, input.restApiId);
  const resource = await requireResource(context.store, placeOf(context), input.restApiId, input.resourceId);
  const method = resource.resourceMethods[input.httpMethod];
  if (!method) throw methodNotFound();
  return method;
}

async function checkMethod(context: Context, tx: Transaction, apiId: string, method: PublishedMethod): Promise<void> {
  const at = placeOf(context);
  if (!AUTHORIZATION_TYPES.has(method.authorizationType)) {
    throw badRequest(
      `Invalid Authorization Type specified. Setting the authorization type to '${method.authorizationType}' is not supported.`,
    );
  }
  if (method.authorizationType === 'CUSTOM' || method.authorizationType === 'COGNITO_USER_POOLS') {
    const authorizer = method.authorizerId && (await authorizers.find(tx, at, apiId, method.authorizerId));
    const isUserPool = method.authorizationType === 'COGNITO_USER_POOLS';
    if (!authorizer || (authorizer.type === 'COGNITO_USER_POOLS') !== isUserPool) {
      throw badRequest(
        'Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.',
      );
    }
  }
  if (method.requestValidatorId && !(await validators.find(tx, at, apiId, method.requestValidatorId)))
    throw unknownValidator();
  await checkModels(context, tx, apiId, method.requestModels);
  for (const name of Object.keys(method.requestParameters ?? {})) checkParameterName(name, REQUEST_PARAMETER);
}

async function checkModels(
  context: Context,
  tx: Transaction,
  apiId: string,
  named: Record<string, string> | undefined,
): Promise<void> {
  for (const name of Object.values(named ?? {})) {
    if (!(await models.find(tx, placeOf(context), apiId, name))) throw unknownModel(name);
  }
}

const REQUEST_PARAMETER =
  /^method\.request\.(querystring|path|header|multivaluequerystring|multivalueheader)\.[A-Za-z0-9._$\-[\]]+$/;
const RESPONSE_PARAMETER = /^method\.response\.header\.[A-Za-z0-9._$\-[\]]+$/;

function checkParameterName(name: string, pattern: RegExp): void {
  if (!pattern.test(name)) {
    throw badRequest(
      `Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: ${name}]`,
    );
  }
}

export const putMethod: Operation<'apigateway', 'PutMethod'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    await requireApi(context, input.restApiId, tx);
    const resource = await requireResource(tx, at, input.restApiId, input.resourceId);
    const { httpMethod } = input;
    if (!METHODS.has(httpMethod))
      throw badRequest('Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY');
    if (resource.resourceMethods[httpMethod]) throw conflict('Method already exists for this resource');
    const method: PublishedMethod = {
      httpMethod,
      authorizationType: input.authorizationType as 'NONE',
      ...(input.authorizerId !== undefined && { authorizerId: input.authorizerId }),
      apiKeyRequired: input.apiKeyRequired ?? false,
      ...(input.operationName !== undefined && { operationName: input.operationName }),
      ...(input.requestParameters && { requestParameters: input.requestParameters }),
      ...(input.requestModels && { requestModels: input.requestModels }),
      ...(input.requestValidatorId !== undefined && { requestValidatorId: input.requestValidatorId }),
      ...(input.authorizationScopes && { authorizationScopes: input.authorizationScopes }),
    };
    await checkMethod(context, tx, input.restApiId, method);
    resource.resourceMethods[httpMethod] = method;
    resources.put(tx, at, input.restApiId, resource);
    return describeMethod(method);
  });

export const getMethod: Operation<'apigateway', 'GetMethod'> = async (input, context) =>
  describeMethod(await readMethod(context, input));

export const deleteMethod: Operation<'apigateway', 'DeleteMethod'> = async (input, context) => {
  await changeMethod(context, input, ({ resource }) => delete resource.resourceMethods[input.httpMethod]);
  return {};
};

const RULES: readonly PatchRule<PublishedMethod>[] = [
  textRule<PublishedMethod>('authorizationType'),
  textRule<PublishedMethod>('authorizerId'),
  booleanRule<PublishedMethod>('apiKeyRequired'),
  textRule<PublishedMethod>('operationName'),
  {
    path: '/requestValidatorId',
    ops: ['replace', 'remove'],
    apply(method, value) {
      if (value === '') delete method.requestValidatorId;
      else method.requestValidatorId = value;
    },
  },
  mapRule<PublishedMethod>('requestParameters', toBoolean),
  mapRule<PublishedMethod>('requestModels'),
  valueListRule<PublishedMethod>('authorizationScopes'),
  listRule<PublishedMethod>('authorizationScopes'),
];

export const updateMethod: Operation<'apigateway', 'UpdateMethod'> = (input, context) =>
  changeMethod(context, input, async ({ method }, tx) => {
    applyPatch(method, input.patchOperations, RULES);
    await checkMethod(context, tx, input.restApiId, method);
    return describeMethod(method);
  });

const STATUS = /^[1-5]\d\d$/;

async function checkResponse(
  context: Context,
  tx: Transaction,
  apiId: string,
  { responseModels, responseParameters = {} }: PublishedMethodResponse,
): Promise<void> {
  await checkModels(context, tx, apiId, responseModels);
  for (const name of Object.keys(responseParameters)) checkParameterName(name, RESPONSE_PARAMETER);
}

export const putMethodResponse: Operation<'apigateway', 'PutMethodResponse'> = (input, context) =>
  changeMethod(context, input, async ({ method }, tx) => {
    const { statusCode } = input;
    if (!STATUS.test(statusCode)) throw invalidStatusCode(statusCode);
    if (method.methodResponses?.[statusCode]) throw conflict('Response already exists for this resource');
    const response: PublishedMethodResponse = {
      statusCode,
      ...(input.responseParameters && { responseParameters: input.responseParameters }),
      ...(input.responseModels && { responseModels: input.responseModels }),
    };
    await checkResponse(context, tx, input.restApiId, response);
    method.methodResponses = { ...method.methodResponses, [statusCode]: response };
    return response as MethodResponse;
  });

export const getMethodResponse: Operation<'apigateway', 'GetMethodResponse'> = async (input, context) => {
  const response = (await readMethod(context, input)).methodResponses?.[input.statusCode];
  if (!response) throw responseNotFound();
  return response as MethodResponse;
};

export const deleteMethodResponse: Operation<'apigateway', 'DeleteMethodResponse'> = async (input, context) => {
  await changeMethod(context, input, ({ method }) => {
    if (!method.methodResponses?.[input.statusCode]) throw responseNotFound();
    delete method.methodResponses[input.statusCode];
    if (Object.keys(method.methodResponses).length === 0) delete method.methodResponses;
  });
  return {};
};

const RESPONSE_RULES: readonly PatchRule<PublishedMethodResponse>[] = [
  mapRule<PublishedMethodResponse>('responseParameters', toBoolean),
  mapRule<PublishedMethodResponse>('responseModels'),
];

export const updateMethodResponse: Operation<'apigateway', 'UpdateMethodResponse'> = (input, context) =>
  changeMethod(context, input, async ({ method }, tx) => {
    const response = method.methodResponses?.[input.statusCode];
    if (!response) throw responseNotFound();
    applyPatch(response, input.patchOperations, RESPONSE_RULES);
    await checkResponse(context, tx, input.restApiId, response);
    return response as MethodResponse;
  });

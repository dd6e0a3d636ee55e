// Models of WebSocket APIs: JSON Schema draft 4, which messages are checked against.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-models.html
import type { Model } from '@aws-sdk/client-apigatewayv2';
import { sampleTemplate } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { badRequest, conflict, modelNotFound } from '../errors.ts';
import { pageOf } from '../page.ts';
import { deployChanges } from '../publish.ts';
import { models, placeOf, routes, type ModelRecord } from '../store.ts';
import { requireWebSocketApi } from './require-api.ts';

const NAME = /^[A-Za-z0-9]{1,128}$/;
const SCHEMA_MAX = 32_768;
const DESCRIPTION_MAX = 1024;
const CONTENT_TYPE = 'application/json';

function modelOf(id: string, given: Model, others: readonly ModelRecord[]): ModelRecord {
  const { Name = '', Schema = '', ContentType = CONTENT_TYPE, Description } = given;
  if (!NAME.test(Name)) throw badRequest(`Model name must be alphanumeric: ${Name}`);
  if (!Schema || Schema.length > SCHEMA_MAX || !isSchema(Schema)) {
    throw badRequest(
      'Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]',
    );
  }
  if ((Description?.length ?? 0) > DESCRIPTION_MAX) {
    throw badRequest(`Description must have at most ${DESCRIPTION_MAX} characters`);
  }
  if (others.some((each) => each.Name === Name)) throw conflict('Model name already exists for this API');
  return { ContentType, ...(Description && { Description }), ModelId: id, Name, Schema };
}

function isSchema(text: string): boolean {
  try {
    const schema: unknown = JSON.parse(text);
    return schema !== null && typeof schema === 'object' && !Array.isArray(schema);
  } catch {
    return false;
  }
}

async function requireModel(
  context: Context,
  { ApiId = '', ModelId = '' }: { ApiId?: string | undefined; ModelId?: string | undefined },
  reader: Reader = context.store,
): Promise<ModelRecord> {
  const model = await models.find(reader, placeOf(context), ApiId, ModelId);
  if (!model) throw modelNotFound();
  return model;
}

/** The values of a map of models are names of the API's own. */
export async function checkModels(
  reader: Reader,
  context: Context,
  apiId: string,
  named: Record<string, string>,
): Promise<void> {
  const names = Object.values(named);
  if (names.length === 0) return;
  const known = new Set((await models.list(reader, placeOf(context), apiId)).map((model) => model.Name));
  for (const name of names) if (!known.has(name)) throw badRequest(`Invalid model specified: ${name}`);
}

export const createModel: Operation<'apigatewayv2', 'CreateModel'> = (input, context) =>
  context.store.transact(async (tx) => {
    const api = await requireWebSocketApi(context, input.ApiId, 'Model', tx);
    const model = modelOf(context.ids.lower(6), input, await models.list(tx, placeOf(context), api.ApiId));
    models.put(tx, placeOf(context), api.ApiId, model);
    await deployChanges(tx, context, api);
    return model;
  });

export const getModel: Operation<'apigatewayv2', 'GetModel'> = async (input, context) => {
  await requireWebSocketApi(context, input.ApiId, 'Model');
  return requireModel(context, input);
};

export const getModels: Operation<'apigatewayv2', 'GetModels'> = async (input, context) => {
  const { ApiId } = await requireWebSocketApi(context, input.ApiId, 'Model');
  const all = await models.list(context.store, placeOf(context), ApiId);
  return pageOf(all, (each) => each.ModelId, input);
};

export const getModelTemplate: Operation<'apigatewayv2', 'GetModelTemplate'> = async (input, context) => {
  const { ApiId } = await requireWebSocketApi(context, input.ApiId, 'Model');
  const { Schema } = await requireModel(context, input);
  const all = await models.list(context.store, placeOf(context), ApiId);
  return { Value: sampleTemplate(Schema, new Map(all.map((model) => [model.Name, model.Schema]))) };
};

export const updateModel: Operation<'apigatewayv2', 'UpdateModel'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, ModelId, ...given } = input;
    const api = await requireWebSocketApi(context, ApiId, 'Model', tx);
    const before = await requireModel(context, input, tx);
    const others = (await models.list(tx, placeOf(context), ApiId)).filter((each) => each.ModelId !== ModelId);
    const model = modelOf(before.ModelId, { ...before, ...given }, others);
    models.put(tx, placeOf(context), ApiId, model);
    await deployChanges(tx, context, api);
    return model;
  });

export const deleteModel: Operation<'apigatewayv2', 'DeleteModel'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const at = placeOf(context);
    const api = await requireWebSocketApi(context, input.ApiId, 'Model', tx);
    const { ModelId, Name } = await requireModel(context, input, tx);
    const using = (await routes.list(tx, at, api.ApiId)).find((route) =>
      Object.values(route.RequestModels ?? {}).includes(Name),
    );
    if (using) throw conflict(`Cannot delete model '${Name}', is referenced in route: ${using.RouteKey}`);
    models.remove(tx, at, api.ApiId, ModelId);
    await deployChanges(tx, context, api);
  });
  return {};
};

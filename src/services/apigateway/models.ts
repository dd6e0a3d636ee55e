import type { Model, RequestValidator } from '@aws-sdk/client-api-gateway';
import { sampleTemplate } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { badRequest, conflict, modelNotFound, validatorNotFound } from './errors.ts';
import { flattened, referencedModels } from './model-references.ts';
import { checkSchema, isModelName } from './model-rules.ts';
import { pageOf } from './page.ts';
import { applyPatch, booleanRule, textRule } from './patch.ts';
import { requireApi } from './rest-apis.ts';
import type { Transaction } from '#store/contract.ts';
import { models, placeOf, resources, validators, type ModelRecord, type ValidatorRecord } from './store.ts';

export const createModel: Operation<'apigateway', 'CreateModel'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    await requireApi(context, input.restApiId, tx);
    if (input.name === '') throw badRequest('Model name must be non-empty');
    if (!isModelName(input.name)) throw badRequest(`Model name must be alphanumeric: ${input.name}`);
    if (await models.find(tx, at, input.restApiId, input.name))
      throw conflict('Model name already exists for this REST API');
    if (input.schema !== undefined) checkSchema(input.schema, await namesOf(tx, context, input.restApiId));
    const model: ModelRecord = {
      id: context.ids.lower(6),
      name: input.name,
      ...(input.description !== undefined && { description: input.description }),
      schema: input.schema ?? '{}',
      contentType: input.contentType,
    };
    models.put(tx, at, input.restApiId, model);
    return model as Model;
  });

export const getModel: Operation<'apigateway', 'GetModel'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const model = await models.find(context.store, placeOf(context), input.restApiId, input.modelName);
  if (!model) throw modelNotFound(input.modelName);
  if (!input.flatten) return model as Model;
  return { ...(model as Model), schema: flattened(model.schema, await schemasOf(context, input.restApiId)) };
};

const namesOf = async (tx: Transaction, context: Context, restApiId: string): Promise<ReadonlySet<string>> =>
  new Set((await models.list(tx, placeOf(context), restApiId)).map(({ name }) => name));

const schemasOf = async (context: Context, restApiId: string): Promise<ReadonlyMap<string, string>> =>
  new Map((await models.list(context.store, placeOf(context), restApiId)).map(({ name, schema }) => [name, schema]));

export const getModelTemplate: Operation<'apigateway', 'GetModelTemplate'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const schemas = await schemasOf(context, input.restApiId);
  const schema = schemas.get(input.modelName);
  if (schema === undefined) throw modelNotFound(input.modelName);
  return { value: sampleTemplate(schema, schemas) };
};

export const getModels: Operation<'apigateway', 'GetModels'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const { items, position } = pageOf(
    await models.list(context.store, placeOf(context), input.restApiId),
    (each) => each.name,
    input,
  );
  return { items: items as Model[], ...(position !== undefined && { position }) };
};
export const updateModel: Operation<'apigateway', 'UpdateModel'> = (input, context) =>
  context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    const model = await models.find(tx, placeOf(context), input.restApiId, input.modelName);
    if (!model) throw modelNotFound(input.modelName);
    applyPatch(model, input.patchOperations, [textRule<ModelRecord>('description'), textRule<ModelRecord>('schema')]);
    checkSchema(model.schema, await namesOf(tx, context, input.restApiId));
    models.put(tx, placeOf(context), input.restApiId, model);
    return model as Model;
  });
export const deleteModel: Operation<'apigateway', 'DeleteModel'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const at = placeOf(context);
    await requireApi(context, input.restApiId, tx);
    if (!(await models.find(tx, at, input.restApiId, input.modelName))) throw modelNotFound(input.modelName);
    for (const resource of await resources.list(tx, at, input.restApiId)) {
      for (const method of Object.values(resource.resourceMethods)) {
        const used = [
          method.requestModels,
          ...Object.values(method.methodResponses ?? {}).map((each) => each.responseModels),
        ];
        if (used.some((each) => Object.values(each ?? {}).includes(input.modelName))) {
          throw conflict(
            `Cannot delete model '${input.modelName}', is referenced in method '${resource.id}/${method.httpMethod}'`,
          );
        }
      }
    }
    for (const other of await models.list(tx, at, input.restApiId)) {
      if (other.name !== input.modelName && referencedModels(other.schema).includes(input.modelName)) {
        throw conflict(`Cannot delete model '${input.modelName}', is referenced in model '${other.name}'`);
      }
    }
    models.remove(tx, at, input.restApiId, input.modelName);
  });
  return {};
};

export const createRequestValidator: Operation<'apigateway', 'CreateRequestValidator'> = (input, context) =>
  context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    const validator: ValidatorRecord = {
      id: context.ids.lower(6),
      name: input.name ?? '',
      validateRequestBody: input.validateRequestBody ?? false,
      validateRequestParameters: input.validateRequestParameters ?? false,
    };
    validators.put(tx, placeOf(context), input.restApiId, validator);
    return validator as RequestValidator;
  });
export const getRequestValidator: Operation<'apigateway', 'GetRequestValidator'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const validator = await validators.find(context.store, placeOf(context), input.restApiId, input.requestValidatorId);
  if (!validator) throw validatorNotFound();
  return validator as RequestValidator;
};
export const getRequestValidators: Operation<'apigateway', 'GetRequestValidators'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const { items, position } = pageOf(
    await validators.list(context.store, placeOf(context), input.restApiId),
    (each) => each.id,
    input,
  );
  return { items: items as RequestValidator[], ...(position !== undefined && { position }) };
};
export const updateRequestValidator: Operation<'apigateway', 'UpdateRequestValidator'> = (input, context) =>
  context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    const validator = await validators.find(tx, placeOf(context), input.restApiId, input.requestValidatorId);
    if (!validator) throw validatorNotFound();
    applyPatch(validator, input.patchOperations, [
      textRule<ValidatorRecord>('name'),
      booleanRule<ValidatorRecord>('validateRequestParameters'),
      booleanRule<ValidatorRecord>('validateRequestBody'),
    ]);
    validators.put(tx, placeOf(context), input.restApiId, validator);
    return validator as RequestValidator;
  });
export const deleteRequestValidator: Operation<'apigateway', 'DeleteRequestValidator'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    if (!(await validators.find(tx, placeOf(context), input.restApiId, input.requestValidatorId)))
      throw validatorNotFound();
    for (const resource of await resources.list(tx, placeOf(context), input.restApiId)) {
      for (const method of Object.values(resource.resourceMethods)) {
        if (method.requestValidatorId !== input.requestValidatorId) continue;
        throw conflict(
          `Cannot delete request validator '${input.requestValidatorId}', is referenced in method '${resource.id}/${method.httpMethod}'`,
        );
      }
    }
    validators.remove(tx, placeOf(context), input.restApiId, input.requestValidatorId);
  });
  return {};
};

// Models of a document: those that it names, and those of schemas that stand in its operations.
import { createHash } from 'node:crypto';
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { invalidModel, isModelName } from './model-rules.ts';
import { modelName, schemaText, type Json } from './openapi-document.ts';
import { models, placeOf, type RestApiRecord } from './store.ts';

export interface ModelImport {
  tx: Transaction;
  context: Context;
  api: RestApiRecord;
  document: Json;
  /** all that the API has, as they are made */
  modelNames: Set<string>;
  errors: string[];
}

/** Answers in `errors` what API Gateway says of each model that it refuses. */
export async function importModels({ tx, context, api, document, modelNames, errors }: ModelImport): Promise<void> {
  const at = placeOf(context);
  const known = await models.list(tx, at, api.id);
  const schemas: Record<string, Json> = document.definitions ?? document.components?.schemas ?? {};
  for (const name of [...known.map((model) => model.name), ...Object.keys(schemas).filter(isModelName)]) {
    modelNames.add(name);
  }
  for (const [name, schema] of Object.entries(schemas)) {
    const unknown = referencesOf(schema).filter((each) => !modelNames.has(each));
    const problem = !isModelName(name)
      ? `Model name must be alphanumeric: ${name}`
      : unknown.length > 0 && invalidModel(unknown.map((each) => `Invalid model specified: ${each}`)).message;
    if (problem) errors.push(`Unable to create model for '${name}': ${problem}`);
    else {
      models.put(tx, at, api.id, {
        id: known.find((model) => model.name === name)?.id ?? context.ids.lower(6),
        name,
        ...(typeof schema?.description === 'string' && { description: schema.description }),
        contentType: 'application/json',
        schema: schemaText(schema, api.id),
      });
    }
  }
}

function referencesOf(schema: Json): string[] {
  const found = new Set<string>();
  JSON.stringify(schema, (key, value: Json) => {
    if (key === '$ref' && typeof value === 'string') found.add(modelName(value));
    return value;
  });
  return [...found];
}

/**
 * The model of a schema of a request or response. One without a name of its own becomes `MODEL` and six digits, which
 * exports show (aws-sdk issue 468); the digits follow the schema here, so that the same document gives the same model.
 */
export function modelOf({ tx, context, api, modelNames }: ModelImport, schema: Json): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  if (typeof schema.$ref === 'string') return modelName(schema.$ref);
  const text = schemaText(schema, api.id);
  const name = `MODEL${createHash('sha256').update(text).digest('hex').slice(0, 6)}`;
  if (!modelNames.has(name)) {
    modelNames.add(name);
    const id = context.ids.lower(6);
    models.put(tx, placeOf(context), api.id, { id, name, contentType: 'application/json', schema: text });
  }
  return name;
}

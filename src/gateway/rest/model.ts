// Models: JSON Schema draft 4. Models of one API refer to each other as
// https://apigateway.amazonaws.com/restapis/API/models/NAME.
import { createRequire } from 'node:module';
import type { ValidateFunction } from 'ajv';
import type AjvDraft04 from 'ajv-draft-04';
import type { PublishedModel } from '../published-rest.ts';
import { compileSafeRegex } from '#core/safe-regex.ts';
import { describeErrors } from './model-errors.ts';

/** What is wrong with a body, in the words of AWS's validator; undefined when nothing is. */
export type CheckBody = (body: Buffer) => string | undefined;

const MODEL_REFERENCE = /^https:\/\/apigateway\.amazonaws\.com\/restapis\/[^/]+\/models\/([A-Za-z0-9]+)/;
const MODEL_BASE = 'https://apigateway.amazonaws.com/models/';

/** Loaded when the first model is used: most APIs have none. */
let Ajv: typeof AjvDraft04.default | undefined;

function createAjv(): InstanceType<typeof AjvDraft04.default> {
  Ajv ??= createRequire(import.meta.url)('ajv-draft-04') as typeof AjvDraft04.default;
  const regExp = Object.assign((pattern: string) => compileSafeRegex(pattern), { code: 'compileSafeRegex' });
  return new Ajv({
    strict: false,
    logger: false,
    allErrors: true,
    // errors carry the value and the keyword's own value: texts name them
    verbose: true,
    validateFormats: false,
    unicodeRegExp: false,
    validateSchema: false,
    code: { regExp },
  });
}

export function compileModel(name: string, models: readonly PublishedModel[]): CheckBody {
  // Compiled at the first body: a schema that cannot be is found then, and named in the log.
  let validate: ValidateFunction | undefined;
  return (body) => {
    validate ??= compileSchema(name, models);
    let value: unknown;
    try {
      value = JSON.parse(body.toString());
    } catch {
      return '[]';
    }
    if (validate(value)) return undefined;
    return describeErrors(validate.errors ?? []);
  };
}

function compileSchema(name: string, models: readonly PublishedModel[]): ValidateFunction {
  const ajv = createAjv();
  for (const model of models) {
    if (model.schema) ajv.addSchema(localized(JSON.parse(model.schema), model.name) as object);
  }
  const validate = ajv.getSchema(MODEL_BASE + name);
  if (!validate) throw new Error(`model ${name} does not exist`);
  return validate as ValidateFunction;
}

/** Gives the schema the name that references to it are turned into. */
function localized(schema: unknown, name: string): unknown {
  const turned = turnReferences(schema) as Record<string, unknown>;
  return { ...turned, id: MODEL_BASE + name, $schema: undefined };
}

function turnReferences(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(turnReferences);
  if (schema === null || typeof schema !== 'object') return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key !== '$ref' || typeof value !== 'string') return [key, turnReferences(value)];
      return [key, value.replace(MODEL_REFERENCE, `${MODEL_BASE}$1`)];
    }),
  );
}

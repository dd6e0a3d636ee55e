// What a model may be called and say.
import type { ServiceError } from '#core/errors.ts';
import { badRequest } from './errors.ts';
import { referencedModels } from './model-references.ts';

export const isModelName = (name: string): boolean => /^[A-Za-z0-9]+$/.test(name);

export const invalidModel = (errors: readonly string[]): ServiceError =>
  badRequest(`Invalid model specified: Validation Result: warnings : [], errors : [${errors.join(', ')}]`);

/** `known`: names of the API's models, which a schema may refer to. */
export function checkSchema(schema: string, known: ReadonlySet<string>): void {
  try {
    JSON.parse(schema);
  } catch {
    throw invalidModel(['Invalid model schema specified']);
  }
  const unknown = referencedModels(schema).filter((name) => !known.has(name));
  if (unknown.length > 0) throw invalidModel(unknown.map((name) => `Invalid model specified: ${name}`));
}

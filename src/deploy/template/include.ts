// Fn::Transform with AWS::Include: pieces of a template that lie in S3, at the top or anywhere inside.
import { isObject, parseTemplate, type Json, type JsonObject } from './document.ts';
import { TemplateError } from './error.ts';

export const INCLUDE = 'AWS::Include';

/** Names of macros that `Fn::Transform` uses anywhere in the template. */
export function embeddedTransforms(value: Json, found: Set<string> = new Set()): Set<string> {
  if (Array.isArray(value)) for (const inner of value) embeddedTransforms(inner, found);
  else if (isObject(value)) {
    const transform = value['Fn::Transform'];
    if (isObject(transform) && typeof transform.Name === 'string') found.add(transform.Name);
    for (const inner of Object.values(value)) embeddedTransforms(inner, found);
  }
  return found;
}

export interface IncludeContext {
  /** Reads the text at an s3:// or https:// address. */
  read: (location: string) => Promise<string>;
  /** Parameters may stand in the location. */
  textOf: (value: Json) => string;
}

async function included(parameters: Json | undefined, context: IncludeContext): Promise<Json> {
  const location = isObject(parameters) ? parameters.Location : undefined;
  if (location === undefined) {
    throw new TemplateError('Transform AWS::Include failed with: The location parameter is not specified.');
  }
  const address = context.textOf(location);
  let text: string;
  try {
    text = await context.read(address);
  } catch (error) {
    throw new TemplateError(
      `Transform AWS::Include failed with: The specified S3 object's content should be valid Yaml/JSON (${address}: ${(error as Error).message})`,
      undefined,
      error,
    );
  }
  return includeInto(parseTemplate(text).json, context);
}

/** Replaces every AWS::Include by what it names; the members beside it stay and win. */
export async function includeInto(value: Json, context: IncludeContext): Promise<Json> {
  if (Array.isArray(value)) return Promise.all(value.map((inner) => includeInto(inner, context)));
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  const transform = value['Fn::Transform'];
  const isInclude = isObject(transform) && transform.Name === INCLUDE;
  if (isInclude) {
    const piece = await included(transform.Parameters, context);
    if (!isObject(piece)) return piece;
    Object.assign(out, piece);
  }
  for (const [key, inner] of Object.entries(value)) {
    if (!(isInclude && key === 'Fn::Transform')) out[key] = await includeInto(inner, context);
  }
  return out;
}

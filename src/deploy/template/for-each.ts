// Fn::ForEach of the AWS::LanguageExtensions transform: loops that write out template members.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html
import { isObject, type Json, type JsonObject } from './document.ts';
import { TemplateError } from './error.ts';
import { evaluate, type Scope } from './evaluate.ts';

const KEY = /^Fn::ForEach::([A-Za-z0-9]+)$/;
const DEPTH_MAX = 5;

/** Replaces `${Name}` and `&{Name}` (the value without signs) in texts and keys, and `{Ref: Name}`. */
function replaceVariable(value: Json, name: string, item: string): Json {
  if (typeof value === 'string') {
    return value.replaceAll(`\${${name}}`, item).replaceAll(`&{${name}}`, item.replaceAll(/[^A-Za-z0-9]/g, ''));
  }
  if (Array.isArray(value)) return value.map((inner) => replaceVariable(inner, name, item));
  if (!isObject(value)) return value;
  if (Object.keys(value).length === 1 && value.Ref === name) return item;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      replaceVariable(key, name, item) as string,
      replaceVariable(inner, name, item),
    ]),
  );
}

function collectionOf(value: Json, scope: Scope, loop: string): string[] {
  const items = Array.isArray(value) ? value.flatMap((item) => evaluate(item, scope) as Json) : evaluate(value, scope);
  if (!Array.isArray(items) || items.some((item) => typeof item === 'object')) {
    throw new TemplateError(`Fn::ForEach::${loop} collection must be a list of strings or a parameter of a list type`);
  }
  return items.map(String);
}

function expandLoop(loop: string, argument: Json, scope: Scope, depth: number): JsonObject {
  if (!Array.isArray(argument) || argument.length !== 3 || typeof argument[0] !== 'string' || !isObject(argument[2])) {
    throw new TemplateError(`Fn::ForEach::${loop} layout is incorrect`);
  }
  if (depth > DEPTH_MAX) throw new TemplateError(`Fn::ForEach is nested more than ${DEPTH_MAX} levels deep`);
  const [name, collection, body] = argument as [string, Json, JsonObject];
  const out: JsonObject = {};
  for (const item of collectionOf(collection!, scope, loop)) {
    const written = expandForEach(replaceVariable(body, name, item), scope, depth + 1) as JsonObject;
    for (const [key, value] of Object.entries(written)) {
      if (Object.hasOwn(out, key)) throw new TemplateError(`Fn::ForEach::${loop} writes ${key} more than once`);
      out[key] = value;
    }
  }
  return out;
}

/** Writes out every loop below `value`. */
export function expandForEach(value: Json, scope: Scope, depth = 1): Json {
  if (Array.isArray(value)) return value.map((inner) => expandForEach(inner, scope, depth));
  if (!isObject(value)) return value;
  const out: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const loop = KEY.exec(key)?.[1];
    if (loop === undefined) out[key] = expandForEach(inner, scope, depth);
    else Object.assign(out, expandLoop(loop, inner, scope, depth));
  }
  return out;
}

// The Transform section: what a template becomes before it is built.
import { isObject, type Json, type JsonObject, type TemplateDocument } from './document.ts';
import { TemplateError } from './error.ts';
import type { Scope } from './evaluate.ts';
import { expandForEach } from './for-each.ts';
import { embeddedTransforms, INCLUDE, includeInto } from './include.ts';

export const SERVERLESS = 'AWS::Serverless-2016-10-31';
export const LANGUAGE_EXTENSIONS = 'AWS::LanguageExtensions';

export interface TransformContext {
  /** Parameters and pseudo parameters, without resources. */
  scope: Scope;
  /** Text at an s3:// or https:// address. */
  read: (location: string) => Promise<string>;
  /** AWS::Serverless-2016-10-31; JSON in, JSON out; throws TemplateError. */
  serverless: (template: JsonObject) => Promise<JsonObject> | JsonObject;
}

interface Transform {
  name: string;
  parameters?: Json;
}

function transformsOf(template: JsonObject): Transform[] {
  const { Transform: section } = template;
  const list = Array.isArray(section) ? section : section === undefined || section === null ? [] : [section];
  return list.map((item) => {
    if (typeof item === 'string') return { name: item };
    if (isObject(item) && typeof item.Name === 'string') {
      return { name: item.Name, ...(item.Parameters !== undefined && { parameters: item.Parameters }) };
    }
    throw new TemplateError('Template format error: Every Transform member must be a string or an object with a Name.');
  });
}

/** Every transform that a template declares, at the top or inside. */
export const declaredTransforms = (template: JsonObject): string[] => [
  ...new Set([...transformsOf(template).map(({ name }) => name), ...embeddedTransforms(template)]),
];

/**
 * Applies them in AWS's order: what is embedded first, from the inside out, then the list from left to right.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html
 */
export async function applyTransforms(document: TemplateDocument, context: TransformContext): Promise<JsonObject> {
  const declared = declaredTransforms(document.json);
  if (declared.length === 0) return document.json;
  const include = {
    read: context.read,
    textOf: (value: Json) => locationText(value, context.scope),
  };
  let template = (await includeInto(document.json, include)) as JsonObject;
  for (const { name, parameters } of transformsOf(document.json)) {
    if (name === INCLUDE) {
      const piece = { 'Fn::Transform': { Name: INCLUDE, Parameters: parameters ?? {} } };
      template = { ...((await includeInto(piece, include)) as JsonObject), ...template };
    } else if (name === LANGUAGE_EXTENSIONS) template = expandForEach(template, context.scope) as JsonObject;
    else if (name === SERVERLESS) template = await context.serverless(template);
    else throw new TemplateError(`No transform named ${name} found.`, document.lineOf(['Transform']));
  }
  const strangers = [...embeddedTransforms(template)].filter((name) => name !== INCLUDE);
  if (strangers.length > 0) throw new TemplateError(`No transform named ${strangers[0]} found.`);
  // AWS::LanguageExtensions stays: functions of it that need deployed values are computed later.
  const { Transform: _, ...rest } = template;
  return declared.includes(LANGUAGE_EXTENSIONS) ? { Transform: LANGUAGE_EXTENSIONS, ...rest } : rest;
}

function locationText(value: Json, scope: Scope): string {
  if (typeof value === 'string') return value;
  if (isObject(value) && typeof value.Ref === 'string') return String(scope.ref(value.Ref));
  throw new TemplateError('Transform AWS::Include failed with: The location must be a string or a parameter.');
}

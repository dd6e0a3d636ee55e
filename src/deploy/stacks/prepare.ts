// From what a caller of CreateStack, UpdateStack or CreateChangeSet sends to a blueprint that can be built.
import { ServiceError } from '#core/errors.ts';
import type { Call, CallOptions } from '#kernel/call.ts';
import type { Platform } from '#kernel/platform.ts';
import { checkResources } from '../engine/check-resources.ts';
import { buildBlueprint, type Blueprint } from '../template/blueprint.ts';
import { requiredCapabilities, type RequiredCapabilities } from '../template/capabilities.ts';
import { conditionsOf } from '../template/conditions.ts';
import {
  isObject,
  parseTemplate,
  TEMPLATE_BODY_BYTES_MAX,
  TEMPLATE_URL_BYTES_MAX,
  type JsonObject,
  type TemplateDocument,
} from '../template/document.ts';
import { functionError, TemplateError } from '../template/error.ts';
import type { Scope } from '../template/evaluate.ts';
import {
  parameterRef,
  parseParameters,
  resolveParameters,
  resolveSsmParameters,
  type ParameterDefinition,
  type ParameterInput,
  type ParameterValue,
} from '../template/parameters.ts';
import { availabilityZonesOf, pseudoParameter } from '../template/pseudo.ts';
import { applyTransforms, declaredTransforms, SERVERLESS } from '../template/transforms.ts';
import { NO_VALUE, type Value } from '../template/value.ts';
import { factsOf, type StackIdentity } from './stored-blueprint.ts';
import { parseObjectUrl, readObjectText } from './template-url.ts';

export interface TemplateSource {
  /** from this program itself: only the limit of templates in S3 holds */
  text?: string;
  TemplateBody?: string | undefined;
  TemplateURL?: string | undefined;
}

export interface Prepared {
  text: string;
  document: TemplateDocument;
  /** the template after its transforms; the same object when it has none */
  template: JsonObject;
  transforms: string[];
  definitions: ParameterDefinition[];
  parameters: ParameterValue[];
  blueprint: Blueprint;
  required: RequiredCapabilities;
  warnings: string[];
}

export interface PrepareInput {
  platform: Platform;
  call: Call;
  stack: StackIdentity;
  text: string;
  parameters: readonly ParameterInput[];
  previous?: readonly ParameterValue[];
  notificationArns: readonly string[];
  lenient: boolean;
}

/** The template's text from the request; at most one of body and URL. */
export async function readTemplateSource(source: TemplateSource, call: Call): Promise<string | undefined> {
  const { text, TemplateBody: body, TemplateURL: url } = source;
  if (text !== undefined) {
    if (Buffer.byteLength(text) <= TEMPLATE_URL_BYTES_MAX) return text;
    throw new TemplateError(`Template may not exceed ${TEMPLATE_URL_BYTES_MAX} bytes in size.`);
  }
  if (body !== undefined && url !== undefined) {
    throw new TemplateError('Either Template URL or Template Body must be specified.');
  }
  if (url !== undefined) return readObjectText(call, parseObjectUrl(url));
  if (body === undefined) return undefined;
  if (body === '') throw new TemplateError('Template body cannot be empty');
  if (Buffer.byteLength(body) > TEMPLATE_BODY_BYTES_MAX) {
    throw new ServiceError(
      'ValidationError',
      `1 validation error detected: Value '${body.slice(0, 100)}…' at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${TEMPLATE_BODY_BYTES_MAX}`,
    );
  }
  return body;
}

export async function prepareTemplate(input: PrepareInput): Promise<Prepared> {
  const { platform, call, stack, text } = input;
  const document = parseTemplate(text);
  const { lineOf } = document;
  const definitions = parseParameters(document.json.Parameters, lineOf);
  const parameters = await resolveSsmParameters(
    definitions,
    resolveParameters(definitions, input.parameters, input.previous),
    (name) => readSsmParameter(call, name),
  );
  const transforms = declaredTransforms(document.json);
  const template = await transform(input, document, definitions, parameters);
  const after = template === document.json ? definitions : parseParameters(template.Parameters, lineOf);
  const blueprint = buildBlueprint({
    template,
    definitions: after,
    parameters: withDefaults(after, parameters),
    facts: factsOf(stack, input.notificationArns),
    lineOf,
  });
  const warnings = checkResources(blueprint, input.lenient);
  for (const warning of warnings) platform.warn(`${stack.name}: ${warning}`);
  return {
    text,
    document,
    template,
    transforms,
    definitions: after,
    parameters: withDefaults(after, parameters),
    blueprint,
    required: requiredCapabilities(template),
    warnings,
  };
}

/** Transforms may add parameters, with defaults. */
function withDefaults(
  definitions: readonly ParameterDefinition[],
  values: readonly ParameterValue[],
): ParameterValue[] {
  const known = new Set(values.map((value) => value.key));
  const added = definitions.filter((definition) => !known.has(definition.name));
  return [...values, ...added.map(({ name, noEcho, default: value }) => ({ key: name, value: value ?? '', noEcho }))];
}

async function readSsmParameter(call: Call, name: string): Promise<string> {
  const ask = call as unknown as (
    service: string,
    operation: string,
    input: unknown,
    options?: Partial<CallOptions>,
  ) => Promise<any>;
  const found = await ask('ssm', 'GetParameter', { Name: name, WithDecryption: false });
  return String(found.Parameter.Value);
}

/** Names that are known before a template is transformed. */
export function parameterScope(
  stack: StackIdentity,
  notificationArns: readonly string[],
  template: JsonObject,
  definitions: readonly ParameterDefinition[],
  parameters: readonly ParameterValue[],
): Scope {
  const facts = factsOf(stack, notificationArns);
  const refuse = (what: string): never => {
    throw functionError(`${what} cannot be used in a transform`);
  };
  const base: Omit<Scope, 'condition'> = {
    ref(name) {
      const definition = definitions.find((candidate) => candidate.name === name);
      const parameter = parameters.find((candidate) => candidate.key === name);
      const value: Value | undefined =
        definition && parameter ? parameterRef(definition, parameter) : pseudoParameter(name, facts);
      if (value === undefined || value === NO_VALUE) return refuse(`Ref ${name}`);
      return value;
    },
    getAtt: () => refuse('Fn::GetAtt'),
    importValue: () => refuse('Fn::ImportValue'),
    mappings: isObject(template.Mappings) ? template.Mappings : {},
    availabilityZones: (region) => availabilityZonesOf(region || stack.region),
    languageExtensions: true,
  };
  return { ...base, condition: conditionsOf(isObject(template.Conditions) ? template.Conditions : {}, base) };
}

async function transform(
  input: PrepareInput,
  document: TemplateDocument,
  definitions: readonly ParameterDefinition[],
  parameters: readonly ParameterValue[],
): Promise<JsonObject> {
  const { call, stack, notificationArns } = input;
  return applyTransforms(document, {
    scope: parameterScope(stack, notificationArns, document.json, definitions, parameters),
    read: (location) => readObjectText(call, parseObjectUrl(location)),
    serverless: (template) => serverless(template, input, document, definitions, parameters),
  });
}

async function serverless(
  template: JsonObject,
  input: PrepareInput,
  document: TemplateDocument,
  definitions: readonly ParameterDefinition[],
  parameters: readonly ParameterValue[],
): Promise<JsonObject> {
  // Loaded when the first SAM template comes: a server without one does not pay for it.
  const { SamError, transformSam } = await import('../sam/index.ts');
  const { stack, notificationArns } = input;
  const facts = factsOf(stack, notificationArns);
  const values = Object.fromEntries(
    parameters.map((parameter) => {
      const definition = definitions.find((candidate) => candidate.name === parameter.key)!;
      return [parameter.key, parameterRef(definition, parameter)];
    }),
  );
  try {
    return transformSam(template, {
      region: facts.region,
      partition: facts.partition,
      parameterValues: values,
    }) as JsonObject;
  } catch (error) {
    if (!(error instanceof SamError)) throw error;
    const first = error.causes[0];
    const line = first?.logicalId === undefined ? undefined : document.lineOf(['Resources', first.logicalId]);
    throw new TemplateError(`Transform ${SERVERLESS} failed with: ${error.message}`, line, error);
  }
}

import policyTemplates from '../data/policy-templates.json' with { type: 'json' };
import { clone, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html

interface PolicyTemplate {
  readonly Parameters: Readonly<Record<string, unknown>>;
  readonly Definition: JsonMap;
}

const templates = policyTemplates.Templates as unknown as Readonly<Record<string, PolicyTemplate>>;

export function isPolicyTemplate(name: string): boolean {
  return Object.hasOwn(templates, name);
}

/** The name of the template that a policy entry uses: a map whose only key is one. */
export function policyTemplateName(entry: Json): string | undefined {
  if (!isMap(entry)) return undefined;
  const keys = Object.keys(entry);
  const name = keys[0];
  return keys.length === 1 && name !== undefined && isPolicyTemplate(name) ? name : undefined;
}

/** The statements of a template with the values in place of its parameters; `fail` words what is wrong. */
export function expandPolicyTemplate(name: string, values: Json | undefined, fail: (detail: string) => Error): JsonMap {
  const template = templates[name];
  if (template === undefined || !isMap(values)) {
    throw fail(`Must specify valid parameter values for policy template '${name}'`);
  }
  const missing = Object.keys(template.Parameters).filter((parameter) => !(parameter in values));
  if (missing.length > 0) {
    const list = missing.map((parameter) => `'${parameter}'`).join(', ');
    throw fail(`Following required parameters of template '${name}' don't have values: [${list}]`);
  }
  return fill(clone(template.Definition), values, Object.keys(template.Parameters)) as JsonMap;
}

function fill(value: Json, values: JsonMap, parameters: readonly string[]): Json {
  if (isList(value)) return value.map((item) => fill(item, values, parameters));
  if (!isMap(value)) return value;
  const reference = value['Ref'];
  if (typeof reference === 'string' && parameters.includes(reference)) return values[reference] ?? null;
  const result: JsonMap = {};
  for (const [key, item] of Object.entries(value)) result[key] = fill(item, values, parameters);
  return result;
}

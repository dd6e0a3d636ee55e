// What can be said about resources before anything is built: known types, known properties, known attributes.
import { attributeNames, findResourceType, tagsOf } from '../resources/registry.ts';
import { checkProperties, formatViolation, type Violation } from '../schema/check.ts';
import { findSchema } from '../schema/schema.ts';
import type { Blueprint, BlueprintResource } from '../template/blueprint.ts';
import { atLine, functionError, TemplateError } from '../template/error.ts';
import { evaluate, type Scope } from '../template/evaluate.ts';
import { outputText } from '../template/output-text.ts';
import { findReferences } from '../template/references.ts';
import { isRecord, isUnknown, Unknown, type Value } from '../template/value.ts';

/** A scope for what exists only later: every reference to a resource is unknown. */
export function previewScope(blueprint: Blueprint, known: Partial<Scope> = {}): Scope {
  return {
    ...blueprint.scope,
    ref: (name) => (blueprint.resources.has(name) ? new Unknown(name) : blueprint.scope.ref(name)),
    getAtt: (name, attribute) => new Unknown(`${name}.${attribute}`),
    importValue: (name) => new Unknown(name),
    ...known,
  };
}

export function unsupportedType(resource: BlueprintResource): string {
  return `Gatehouse does not support the resource type ${resource.type} of ${resource.logicalId}${atLine(resource.line)}`;
}

/** Throws for the first thing that is wrong; with `lenient` what is unknown is answered as warnings instead. */
export function checkResources(blueprint: Blueprint, lenient: boolean): string[] {
  const warnings: string[] = [];
  checkTypes(blueprint, lenient, warnings);
  checkAttributes(blueprint);
  for (const resource of blueprint.resources.values()) {
    if (!findResourceType(resource.type)) continue;
    const value = evaluate(resource.properties, previewScope(blueprint));
    for (const violation of violationsOf(resource.type, value)) {
      const line = lineOfViolation(blueprint, resource, violation);
      const text = describe(resource, violation);
      if (lenient && violation.kind === 'unknown') warnings.push(`${text}${atLine(line)}`);
      else throw new TemplateError(text, line);
    }
  }
  for (const { key, value } of blueprint.outputs) {
    const found = evaluate(value, previewScope(blueprint));
    if (!isUnknown(found)) outputText(found, key);
  }
  return warnings;
}

/** AWS's words, then where the unknown types are. */
export function refuseTypes(strangers: readonly Pick<BlueprintResource, 'logicalId' | 'type' | 'line'>[]): void {
  if (strangers.length === 0) return;
  const names = [...new Set(strangers.map((resource) => resource.type))].join(', ');
  const places = strangers.map((resource) => `${resource.logicalId}${atLine(resource.line)}`).join(', ');
  throw new TemplateError(
    `Template format error: Unrecognized resource types: [${names}]. Gatehouse does not support what ${places} asks for`,
    strangers[0]!.line,
  );
}

function checkTypes(blueprint: Blueprint, lenient: boolean, warnings: string[]): void {
  const strangers = [...blueprint.resources.values()].filter((resource) => !findResourceType(resource.type));
  if (lenient) warnings.push(...strangers.map(unsupportedType));
  else refuseTypes(strangers);
  for (const resource of blueprint.resources.values()) checkPolicies(resource, lenient, warnings);
  for (const resource of blueprint.resources.values()) {
    if (resource.deletionPolicy !== 'Snapshot' && resource.updateReplacePolicy !== 'Snapshot') continue;
    const key = resource.deletionPolicy === 'Snapshot' ? 'deletion' : 'update replace';
    throw functionError(`resource type ${resource.type} does not support ${key} policy Snapshot`, resource.line);
  }
}

/** Policies that would have no effect are refused: signals are waited for by wait conditions, CodeDeploy is not there. */
function checkPolicies(resource: BlueprintResource, lenient: boolean, warnings: string[]): void {
  const { creationPolicy, updatePolicy, type, logicalId, line } = resource;
  const found = [
    ...(creationPolicy && type !== 'AWS::CloudFormation::WaitCondition' ? ['CreationPolicy'] : []),
    ...(updatePolicy && Object.keys(updatePolicy).length > 0 ? ['UpdatePolicy'] : []),
  ];
  for (const name of found) {
    const text = `Gatehouse does not support ${name} on ${type} (resource ${logicalId})${atLine(line)}`;
    if (!lenient) throw new TemplateError(text, line);
    warnings.push(text);
  }
}

function checkAttributes(blueprint: Blueprint): void {
  const check = (value: Parameters<typeof findReferences>[0], path: string[]): void => {
    for (const { kind, name, attribute, path: at } of findReferences(value, path)) {
      const target = kind === 'GetAtt' ? blueprint.resources.get(name) : undefined;
      const type = target && findResourceType(target.type);
      if (!type || attribute === undefined) continue;
      const names = attributeNames(type);
      if (names === '*' || names.some((known) => attribute === known || attribute.startsWith(`${known}.`))) continue;
      throw functionError(
        `resource ${name} does not support attribute type ${attribute} in Fn::GetAtt`,
        blueprint.lineOf(at),
      );
    }
  };
  for (const { logicalId, properties } of blueprint.resources.values())
    check(properties, ['Resources', logicalId, 'Properties']);
  for (const { key, value } of blueprint.outputs) check(value, ['Outputs', key, 'Value']);
}

export function violationsOf(type: string, properties: Value): Violation[] {
  const schema = findSchema(type);
  return schema ? checkProperties(properties, schema).violations : [];
}

function lineOfViolation(blueprint: Blueprint, resource: BlueprintResource, violation: Violation): number | undefined {
  const key = /key \[(.+)\] is not permitted/.exec(violation.text)?.[1];
  const path = ['Resources', resource.logicalId, 'Properties', ...violation.path, ...(key === undefined ? [] : [key])];
  return blueprint.lineOf(path);
}

const describe = ({ logicalId }: BlueprintResource, violation: Violation): string =>
  `Properties validation failed for resource ${logicalId} with message:\n${formatViolation(violation)}`;

/** Adds the stack's tags to the property that carries tags; the resource's own win. */
export function withStackTags(type: string, properties: Value, tags: Readonly<Record<string, string>>): Value {
  const handler = findResourceType(type);
  const place = handler && tagsOf(handler, findSchema(type));
  if (!place || !isRecord(properties) || Object.keys(tags).length === 0) return properties;
  const own = properties[place.property];
  if (place.shape === 'map') return { ...properties, [place.property]: { ...tags, ...(isRecord(own) ? own : {}) } };
  const list = Array.isArray(own) ? own : [];
  const keys = new Set(list.map((tag) => (isRecord(tag) ? tag.Key : undefined)));
  const added = Object.entries(tags).filter(([key]) => !keys.has(key));
  return { ...properties, [place.property]: [...list, ...added.map(([Key, Value]) => ({ Key, Value }))] };
}

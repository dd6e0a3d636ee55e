// The shape of a template: its sections and their members, in AWS's words. References are checked in check-references.ts.
import { isObject, type Json, type JsonObject, type TemplatePath } from './document.ts';
import { formatError, TemplateError } from './error.ts';

export type LineOf = (path: TemplatePath) => number | undefined;

const SECTIONS = new Set([
  'AWSTemplateFormatVersion',
  'Conditions',
  'Description',
  'Mappings',
  'Metadata',
  'Outputs',
  'Parameters',
  'Resources',
  'Rules',
  'Transform',
]);
const RESOURCE_ATTRIBUTES = new Set([
  'Condition',
  'CreationPolicy',
  'DeletionPolicy',
  'DependsOn',
  'Description',
  'Metadata',
  'Properties',
  'Type',
  'UpdatePolicy',
  'UpdateReplacePolicy',
  'Version',
]);
const OUTPUT_ATTRIBUTES = new Set(['Condition', 'Description', 'Export', 'Value']);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const RESOURCES_MAX = 500;
const OUTPUTS_MAX = 200;
const MAPPINGS_MAX = 200;
const DESCRIPTION_BYTES_MAX = 1_024;

const isName = (name: string): boolean => /^[A-Za-z0-9]+$/.test(name);

function section(template: JsonObject, name: string, lineOf: LineOf): JsonObject {
  const value = template[name];
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw formatError(`unsupported structure. ${name} must be an object.`, lineOf([name]));
  return value;
}

function checkTop(template: JsonObject, lineOf: LineOf): void {
  const unknown = Object.keys(template).filter((name) => !SECTIONS.has(name));
  if (unknown.length > 0) {
    throw new TemplateError(`Invalid template property or properties [${unknown.join(', ')}]`, lineOf([unknown[0]!]));
  }
  const version = template.AWSTemplateFormatVersion;
  if (version !== undefined && version !== '2010-09-09') {
    throw formatError(`unsupported value for AWSTemplateFormatVersion.`, lineOf(['AWSTemplateFormatVersion']));
  }
  const description = template.Description;
  if (description !== undefined && typeof description !== 'string') {
    throw formatError('unsupported structure. Description must be a string.', lineOf(['Description']));
  }
  if (typeof description === 'string' && Buffer.byteLength(description) > DESCRIPTION_BYTES_MAX) {
    throw formatError(`Template description is longer than ${DESCRIPTION_BYTES_MAX} bytes`, lineOf(['Description']));
  }
}

function checkMappings(mappings: JsonObject, lineOf: LineOf): void {
  if (Object.keys(mappings).length > MAPPINGS_MAX) {
    throw formatError(`Number of mappings is greater than maximum allowed, ${MAPPINGS_MAX}`);
  }
  for (const [name, map] of Object.entries(mappings)) {
    const line = lineOf(['Mappings', name]);
    if (!isName(name))
      throw formatError(`Mappings attribute name '${name}' must contain only alphanumeric characters.`, line);
    if (!isObject(map)) throw formatError('Every Mappings attribute must be a String or a List.', line);
    for (const [key, second] of Object.entries(map)) {
      if (!isObject(second))
        throw formatError('Every Mappings member must be a map of maps.', lineOf(['Mappings', name, key]));
      for (const value of Object.values(second)) {
        if (isObject(value)) {
          throw formatError('Every Mappings attribute must be a String or a List.', lineOf(['Mappings', name, key]));
        }
      }
    }
  }
}

function checkResource(name: string, resource: Json, lineOf: LineOf): void {
  const at = `[/Resources/${name}]`;
  const line = lineOf(['Resources', name]);
  if (!isName(name)) throw formatError(`Resource name ${name} is non alphanumeric.`, line);
  if (!isObject(resource)) throw formatError(`${at} resource definition is malformed`, line);
  for (const key of Object.keys(resource)) {
    if (!RESOURCE_ATTRIBUTES.has(key)) {
      throw new TemplateError(`Invalid template resource property '${key}'`, lineOf(['Resources', name, key]));
    }
  }
  if (resource.Type === undefined) throw formatError(`${at} Every Resources object must contain a Type member.`, line);
  if (typeof resource.Type !== 'string') {
    throw formatError(`${at} Every Type member must be a string.`, lineOf(['Resources', name, 'Type']));
  }
  const { Properties, DependsOn, Condition, Description } = resource;
  if (Properties !== undefined && Properties !== null && !isObject(Properties)) {
    throw formatError(`${at} Every Properties member must be an object.`, lineOf(['Resources', name, 'Properties']));
  }
  const dependsOn = Array.isArray(DependsOn) ? DependsOn : DependsOn === undefined ? [] : [DependsOn];
  if (dependsOn.some((item) => typeof item !== 'string')) {
    throw formatError(`${at} Every DependsOn value must be a string.`, lineOf(['Resources', name, 'DependsOn']));
  }
  if (Condition !== undefined && typeof Condition !== 'string') {
    throw formatError(`${at} Every Condition member must be a string.`, lineOf(['Resources', name, 'Condition']));
  }
  if (Description !== undefined && typeof Description !== 'string') {
    throw formatError(`${at} Every Description member must be a string.`, lineOf(['Resources', name, 'Description']));
  }
}

function checkOutput(name: string, output: Json, lineOf: LineOf): void {
  const line = lineOf(['Outputs', name]);
  if (!isName(name)) throw formatError(`Output name ${name} is non alphanumeric.`, line);
  if (!isObject(output)) throw formatError('Any Outputs member must be an object.', line);
  const unknown = Object.keys(output).find((key) => !OUTPUT_ATTRIBUTES.has(key));
  if (unknown)
    throw new TemplateError(`Invalid template output property '${unknown}'`, lineOf(['Outputs', name, unknown]));
  if (output.Value === undefined) throw formatError('Every Outputs member must contain a Value object', line);
  if (output.Value === null || Array.isArray(output.Value)) {
    throw formatError('The Value field of every Outputs member must evaluate to a String.', line);
  }
  if (output.Export !== undefined && (!isObject(output.Export) || output.Export.Name === undefined)) {
    throw formatError('Every Export member must contain a Name.', lineOf(['Outputs', name, 'Export']));
  }
}

/** Checks the shape of a template whose transforms have been applied. */
export function checkSections(template: JsonObject, lineOf: LineOf): void {
  checkTop(template, lineOf);
  checkMappings(section(template, 'Mappings', lineOf), lineOf);
  section(template, 'Conditions', lineOf);
  section(template, 'Rules', lineOf);
  const resources = section(template, 'Resources', lineOf);
  const names = Object.keys(resources);
  if (names.length === 0) throw formatError('At least one Resources member must be defined.', lineOf(['Resources']));
  if (names.length > RESOURCES_MAX) {
    throw formatError(`Number of resources, ${names.length}, is greater than maximum allowed, ${RESOURCES_MAX}`);
  }
  for (const name of names) checkResource(name, resources[name]!, lineOf);
  const outputs = section(template, 'Outputs', lineOf);
  if (Object.keys(outputs).length > OUTPUTS_MAX) {
    throw formatError(
      `Number of outputs, ${Object.keys(outputs).length}, is greater than maximum allowed, ${OUTPUTS_MAX}`,
    );
  }
  for (const [name, output] of Object.entries(outputs)) checkOutput(name, output, lineOf);
}

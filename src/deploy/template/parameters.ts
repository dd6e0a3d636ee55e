// The Parameters section: types, constraints and values, in AWS's words.
import { ServiceError } from '#core/errors.ts';
import { compileSafeRegex } from '#core/safe-regex.ts';
import { isObject, type Json } from './document.ts';
import { formatError, TemplateError } from './error.ts';

export interface ParameterDefinition {
  name: string;
  type: string;
  default?: string;
  noEcho: boolean;
  description?: string;
  allowedValues?: string[];
  allowedPattern?: string;
  constraintDescription?: string;
  minLength?: number;
  maxLength?: number;
  minValue?: number;
  maxValue?: number;
}

/** As the caller of CreateStack gives them. */
export interface ParameterInput {
  ParameterKey?: string | undefined;
  ParameterValue?: string | undefined;
  UsePreviousValue?: boolean | undefined;
}

/** A parameter of a stack: its text, and what an SSM type resolved to. */
export interface ParameterValue {
  key: string;
  value: string;
  noEcho: boolean;
  resolvedValue?: string;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const PARAMETERS_MAX = 200;
const PARAMETER_NAME_LENGTH_MAX = 255;
const PARAMETER_VALUE_BYTES_MAX = 4_096;

const AWS_TYPES = [
  'AWS::EC2::AvailabilityZone::Name',
  'AWS::EC2::Image::Id',
  'AWS::EC2::Instance::Id',
  'AWS::EC2::KeyPair::KeyName',
  'AWS::EC2::SecurityGroup::GroupName',
  'AWS::EC2::SecurityGroup::Id',
  'AWS::EC2::Subnet::Id',
  'AWS::EC2::VPC::Id',
  'AWS::EC2::Volume::Id',
  'AWS::Route53::HostedZone::Id',
];
const PLAIN_TYPES = new Set([
  'String',
  'Number',
  'List<Number>',
  'List<String>',
  'CommaDelimitedList',
  'AWS::SSM::Parameter::Name',
  ...AWS_TYPES,
  ...AWS_TYPES.map((type) => `List<${type}>`),
]);

/** `AWS::SSM::Parameter::Value<X>`: the value is the name of an SSM parameter, and X is what that holds. */
export const ssmValueType = (type: string): string | undefined => /^AWS::SSM::Parameter::Value<(.+)>$/.exec(type)?.[1];

export function isListType(type: string): boolean {
  const held = ssmValueType(type) ?? type;
  return held === 'CommaDelimitedList' || held.startsWith('List<');
}

const KEYS = new Set([
  'Type',
  'Default',
  'NoEcho',
  'Description',
  'AllowedValues',
  'AllowedPattern',
  'ConstraintDescription',
  'MinLength',
  'MaxLength',
  'MinValue',
  'MaxValue',
]);

function scalar(value: Json | undefined, message: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'object') throw formatError(message);
  return String(value);
}

function numeric(value: Json | undefined, name: string, key: string): number | undefined {
  const text = scalar(value, `Every ${key} member must be a string.`);
  if (text === undefined) return undefined;
  if (text.trim() === '' || !Number.isFinite(Number(text)))
    throw formatError(`Parameter '${name}' ${key} must be a number.`);
  return Number(text);
}

function parseDefinition(name: string, raw: Json, line: number | undefined): ParameterDefinition {
  if (!/^[A-Za-z0-9]+$/.test(name)) throw formatError(`Parameter name ${name} is non alphanumeric.`, line);
  if (name.length > PARAMETER_NAME_LENGTH_MAX) throw formatError(`Parameter name ${name} is too long.`, line);
  if (!isObject(raw)) throw formatError('Any Parameters member must be an object.', line);
  const unknown = Object.keys(raw).find((key) => !KEYS.has(key));
  if (unknown) throw new TemplateError(`Invalid template parameter property '${unknown}'`, line);
  if (raw.Type === undefined) throw formatError('Every Parameters object must contain a Type member.', line);
  const type = scalar(raw.Type, 'Every Type member must be a string.')!;
  if (!PLAIN_TYPES.has(type) && !PLAIN_TYPES.has(ssmValueType(type) ?? '')) {
    throw formatError(`Unrecognized parameter type: ${type}`, line);
  }
  if (raw.AllowedValues !== undefined && !Array.isArray(raw.AllowedValues)) {
    throw formatError('Every AllowedValues member must be a list.', line);
  }
  const optional: Partial<ParameterDefinition> = {
    default: scalar(raw.Default, 'Every Default member must be a string.'),
    description: scalar(raw.Description, 'Every Description member must be a string.'),
    allowedValues: (raw.AllowedValues as Json[] | undefined)?.map((item) =>
      scalar(item, 'Every AllowedValues value must be a string.')!,
    ),
    allowedPattern: scalar(raw.AllowedPattern, 'Every AllowedPattern member must be a string.'),
    constraintDescription: scalar(raw.ConstraintDescription, 'Every ConstraintDescription member must be a string.'),
    minLength: numeric(raw.MinLength, name, 'MinLength'),
    maxLength: numeric(raw.MaxLength, name, 'MaxLength'),
    minValue: numeric(raw.MinValue, name, 'MinValue'),
    maxValue: numeric(raw.MaxValue, name, 'MaxValue'),
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { name, type, noEcho: String(raw.NoEcho) === 'true', ...given };
}

export function parseParameters(
  section: Json | undefined,
  lineOf: (path: (string | number)[]) => number | undefined,
): ParameterDefinition[] {
  if (section === undefined || section === null) return [];
  if (!isObject(section)) throw formatError('Parameters must be an object.', lineOf(['Parameters']));
  const entries = Object.entries(section);
  if (entries.length > PARAMETERS_MAX) {
    throw formatError(`Number of parameters, ${entries.length}, is greater than maximum allowed, ${PARAMETERS_MAX}`);
  }
  return entries.map(([name, raw]) => parseDefinition(name, raw, lineOf(['Parameters', name])));
}

export const splitList = (text: string): string[] => (text === '' ? [] : text.split(',').map((item) => item.trim()));

function fail(definition: ParameterDefinition, text: string): never {
  const { name, constraintDescription } = definition;
  if (constraintDescription !== undefined) {
    throw new TemplateError(`Parameter ${name} failed to satisfy constraint: ${constraintDescription}`);
  }
  throw new TemplateError(`Parameter '${name}' ${text}`);
}

const isNumeric = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

/** Checks one value against its definition. */
export function checkParameter(definition: ParameterDefinition, value: string): void {
  const { type, allowedValues, allowedPattern, minLength, maxLength, minValue, maxValue } = definition;
  if (Buffer.byteLength(value) > PARAMETER_VALUE_BYTES_MAX) {
    throw new TemplateError(`Parameter '${definition.name}' must be no longer than ${PARAMETER_VALUE_BYTES_MAX} bytes`);
  }
  const items = isListType(type) ? splitList(value) : [value];
  for (const item of items) {
    if ((type === 'Number' || type === 'List<Number>') && !isNumeric(item)) fail(definition, 'must be a number');
    if (allowedValues && !allowedValues.includes(item)) fail(definition, 'must be one of AllowedValues');
    if (allowedPattern !== undefined && !matches(allowedPattern, item, definition.name)) {
      fail(definition, `must match pattern ${allowedPattern}`);
    }
    if (minLength !== undefined && item.length < minLength)
      fail(definition, `must contain at least ${minLength} characters`);
    if (maxLength !== undefined && item.length > maxLength)
      fail(definition, `must contain at most ${maxLength} characters`);
    if (minValue !== undefined && Number(item) < minValue)
      fail(definition, `must be a number not less than ${minValue}`);
    if (maxValue !== undefined && Number(item) > maxValue)
      fail(definition, `must be a number not greater than ${maxValue}`);
  }
}

/** AWS matches the whole value (Java's String.matches). */
function matches(pattern: string, text: string, name: string): boolean {
  try {
    return compileSafeRegex(`^(?:${pattern})$`).test(text);
  } catch (error) {
    throw new TemplateError(
      `Template format error: Parameter '${name}' AllowedPattern is not a valid regular expression: ${pattern}`,
      undefined,
      error,
    );
  }
}

/** Takes given values, previous ones and defaults, in that order, and checks them. SSM types still hold names. */
export function resolveParameters(
  definitions: readonly ParameterDefinition[],
  inputs: readonly ParameterInput[],
  previous: readonly ParameterValue[] = [],
): ParameterValue[] {
  const given = new Map<string, ParameterInput>();
  for (const input of inputs) {
    const key = input.ParameterKey ?? '';
    if (given.has(key)) throw new TemplateError(`Duplicate parameter key ${key}`);
    given.set(key, input);
  }
  const known = new Set(definitions.map((definition) => definition.name));
  const strangers = [...given.keys()].filter((key) => !known.has(key));
  if (strangers.length > 0)
    throw new TemplateError(`Parameters: [${strangers.join(', ')}] do not exist in the template`);
  const missing: string[] = [];
  const values = definitions.map((definition) => {
    const value = valueOf(definition, given.get(definition.name), previous);
    if (value === undefined) missing.push(definition.name);
    return { key: definition.name, value: value ?? '', noEcho: definition.noEcho };
  });
  if (missing.length > 0) throw new TemplateError(`Parameters: [${missing.join(', ')}] must have values`);
  for (const [i, definition] of definitions.entries()) checkParameter(definition, values[i]!.value);
  return values;
}

function valueOf(
  definition: ParameterDefinition,
  input: ParameterInput | undefined,
  previous: readonly ParameterValue[],
): string | undefined {
  if (input?.UsePreviousValue) {
    if (input.ParameterValue !== undefined) {
      throw new TemplateError(
        `Invalid input for parameter key ${definition.name}. Cannot specify usePreviousValue as true and a parameter value`,
      );
    }
    const before = previous.find((parameter) => parameter.key === definition.name);
    if (!before) {
      throw new TemplateError(
        `Invalid input for parameter key ${definition.name}. Cannot specify usePreviousValue as true for a parameter key not in the previous template`,
      );
    }
    return before.value;
  }
  return input?.ParameterValue ?? definition.default;
}

/** What Ref answers: a list for list types. */
export function parameterRef(definition: ParameterDefinition, parameter: ParameterValue): string | string[] {
  const text = parameter.resolvedValue ?? parameter.value;
  return isListType(definition.type) ? splitList(text) : text;
}

/** Reads what `AWS::SSM::Parameter::Value<…>` parameters name. */
export async function resolveSsmParameters(
  definitions: readonly ParameterDefinition[],
  values: readonly ParameterValue[],
  read: (name: string) => Promise<string>,
): Promise<ParameterValue[]> {
  return Promise.all(
    values.map(async (parameter) => {
      const definition = definitions.find((candidate) => candidate.name === parameter.key);
      if (!definition || !ssmValueType(definition.type)) return parameter;
      try {
        return { ...parameter, resolvedValue: await read(parameter.value) };
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        throw new TemplateError(
          error.code === 'ParameterNotFound'
            ? `Parameters [${parameter.value}] referenced by template do not exist`
            : `Unable to fetch parameters [${parameter.value}] from parameter store for this account. ${error.message}`,
          undefined,
          error,
        );
      }
    }),
  );
}

// The intrinsic functions. One function evaluates a value in a scope; what a scope knows decides what may be used in it.
import { cidrBlocks } from './cidr.ts';
import { isObject, type Json, type JsonObject } from './document.ts';
import { functionError } from './error.ts';
import { parseSub, subReference } from './sub.ts';
import { NO_VALUE, findUnknown, isRecord, isUnknown, textOf, type Value } from './value.ts';

/** What names mean where a value is evaluated. */
export interface Scope {
  /** parameter, pseudo parameter or resource; throws for what does not exist */
  ref: (name: string) => Value;
  getAtt: (logicalId: string, attribute: string) => Value;
  condition: (name: string) => boolean;
  importValue: (name: string) => Value;
  mappings: JsonObject;
  /** zones of a region; '' = this one */
  availabilityZones: (region: string) => string[];
  /** the AWS::LanguageExtensions transform is on */
  languageExtensions: boolean;
}

export const ARGUMENT_ERRORS: Readonly<Record<string, string>> = {
  'Fn::Join':
    'every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.',
  'Fn::Split':
    'every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.',
  'Fn::Select': 'Fn::Select requires a list argument with two elements: an integer index and a list',
  'Fn::FindInMap':
    'every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value',
  'Fn::GetAtt':
    'every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute',
  'Fn::Sub':
    "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string",
  'Fn::Base64': 'every Fn::Base64 object must have a String-typed value.',
  'Fn::Cidr':
    'every Fn::Cidr object requires two or three parameters, (1) an IP address block, (2) a count of blocks and (3) an optional number of subnet bits.',
  'Fn::GetAZs': 'every Fn::GetAZs object requires one string parameter, the name of a region.',
  'Fn::ImportValue': 'the attribute in Fn::ImportValue must be a string or a function that returns a string',
  'Fn::Equals': 'every Fn::Equals object requires a list of 2 string parameters.',
  'Fn::And': 'every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.',
  'Fn::Or': 'every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters.',
  'Fn::Not': 'every Fn::Not object requires one boolean parameter.',
  'Fn::If': 'every Fn::If object requires a list of three parameters, a condition name and two values.',
  'Fn::Length': 'every Fn::Length object requires a list or a function that returns a list.',
  'Fn::ToJsonString': 'every Fn::ToJsonString object requires an object or a list.',
  Ref: 'every Ref object must have a single String value.',
};

/** As AWS lists them, also where AWS::LanguageExtensions is on. */
const SUPPORTED =
  'Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr';

const unsupported = (name: string): Error =>
  functionError(`Encountered unsupported function: ${name} Supported functions are: [${SUPPORTED}]`);

const wrong = (name: string): Error => functionError(ARGUMENT_ERRORS[name] ?? `${name} has wrong arguments`);

/** The function that an object stands for: it has one key, and that is a function's name. */
export function functionName(value: JsonObject | { [name: string]: Value }): string | undefined {
  const keys = Object.keys(value);
  const key = keys[0];
  if (keys.length !== 1 || key === undefined) return undefined;
  return Object.hasOwn(functions, key) ? key : undefined;
}

export function evaluate(value: Json, scope: Scope): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const out: Value[] = [];
    for (const item of value) {
      const result = evaluate(item, scope);
      if (result !== NO_VALUE) out.push(result);
    }
    return out;
  }
  const name = functionName(value);
  if (name) return functions[name]!(value[name]!, scope);
  const out: { [name: string]: Value } = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key.startsWith('Fn::') && key !== 'Fn::Transform') {
      throw unsupported(key);
    }
    const result = evaluate(inner, scope);
    if (result !== NO_VALUE) out[key] = result;
  }
  return out;
}

/** Evaluates what must be a condition: true or false. */
export function evaluateCondition(value: Json, scope: Scope, owner: string): boolean {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if (Object.keys(value).length === 1 && typeof value.Condition === 'string') return scope.condition(value.Condition);
    const name = functionName(value);
    if (name && BOOLEAN_FUNCTIONS.has(name)) return functions[name]!(value[name]!, scope) as boolean;
  }
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw wrong(owner);
}

const BOOLEAN_FUNCTIONS = new Set([
  'Fn::And',
  'Fn::Or',
  'Fn::Not',
  'Fn::Equals',
  'Fn::Contains',
  'Fn::EachMemberEquals',
  'Fn::EachMemberIn',
]);

function list(argument: Json, name: string, min: number, max = min): Json[] {
  if (!Array.isArray(argument) || argument.length < min || argument.length > max) throw wrong(name);
  return argument;
}

/** Evaluates arguments; when one is not known yet the function's result is not either. */
function withKnown(values: Value[], compute: () => Value): Value {
  return findUnknown(values) ?? compute();
}

function strings(value: Value, name: string): string[] {
  if (!Array.isArray(value)) throw wrong(name);
  return value.map((item) => textOf(item, ARGUMENT_ERRORS[name] ?? name));
}

const booleans =
  (name: string, combine: (values: boolean[]) => boolean) =>
  (argument: Json, scope: Scope): Value =>
    combine(list(argument, name, 2, 10).map((item) => evaluateCondition(item, scope, name)));

function join(argument: Json, scope: Scope): Value {
  const [delimiter = '', items = []] = list(argument, 'Fn::Join', 2);
  if (typeof delimiter !== 'string') throw wrong('Fn::Join');
  const values = evaluate(items, scope);
  return withKnown([values], () => strings(values, 'Fn::Join').join(delimiter));
}

function split(argument: Json, scope: Scope): Value {
  const [delimiter = '', source = ''] = list(argument, 'Fn::Split', 2);
  if (typeof delimiter !== 'string' || delimiter === '') throw wrong('Fn::Split');
  const text = evaluate(source, scope);
  return withKnown([text], () => textOf(text, ARGUMENT_ERRORS['Fn::Split']!).split(delimiter));
}

function select(argument: Json, scope: Scope): Value {
  const [position = null, source = null] = list(argument, 'Fn::Select', 2);
  const index = evaluate(position, scope);
  const items = evaluate(source, scope);
  if (isUnknown(index)) return index;
  if (isUnknown(items)) return items;
  if (!/^\d+$/.test(textOf(index, ARGUMENT_ERRORS['Fn::Select']!)) || !Array.isArray(items)) throw wrong('Fn::Select');
  const chosen = items[Number(index)];
  if (chosen === undefined || chosen === null) {
    throw functionError(`Fn::Select  cannot select nonexistent value at index ${String(index)}`);
  }
  return chosen;
}

function sub(argument: Json, scope: Scope): Value {
  const [text, given] = typeof argument === 'string' ? [argument, {}] : list(argument, 'Fn::Sub', 2);
  if (typeof text !== 'string' || !isObject(given)) throw wrong('Fn::Sub');
  const variables: JsonObject = given;
  let out = '';
  for (const part of parseSub(text)) {
    if ('text' in part) {
      out += part.text;
      continue;
    }
    const { variable } = part;
    const { logicalId, attribute } = subReference(variable);
    const value = Object.hasOwn(variables, variable)
      ? evaluate(variables[variable]!, scope)
      : attribute === undefined
        ? scope.ref(logicalId)
        : scope.getAtt(logicalId, attribute);
    if (isUnknown(value)) return value;
    if (value === NO_VALUE) continue;
    out += textOf(value, `variable ${variable} in Fn::Sub expression does not resolve to a string`);
  }
  return out;
}

function findInMap(argument: Json, scope: Scope): Value {
  const most = scope.languageExtensions ? 4 : 3;
  const values: Value[] = list(argument, 'Fn::FindInMap', 3, most).map((item) => evaluate(item, scope));
  const keys = values.slice(0, 3);
  const options: Value | undefined = values[3];
  const unknown = findUnknown(keys);
  if (unknown) return unknown;
  const [mapName, topKey, secondKey] = keys.map((key) => textOf(key, ARGUMENT_ERRORS['Fn::FindInMap']!));
  const levels = scope.mappings[mapName!] as JsonObject | undefined;
  const found = (levels?.[topKey!] as JsonObject | undefined)?.[secondKey!];
  if (found !== undefined) return found;
  if (isRecord(options) && options.DefaultValue !== undefined) return options.DefaultValue;
  if (!levels) {
    throw functionError(`Mapping named '${mapName}' is not present in the 'Mappings' section of template.`);
  }
  throw functionError(`Unable to get mapping for ${mapName}::${topKey}::${secondKey}`);
}

function getAtt(argument: Json, scope: Scope): Value {
  const parts = typeof argument === 'string' ? argument.split(/\.(.*)/s, 2) : argument;
  if (!Array.isArray(parts) || parts.length < 2) throw wrong('Fn::GetAtt');
  const [logicalId, ...attributes] = parts;
  const names = attributes.map((item) => evaluate(item, scope));
  const unknown = findUnknown(names);
  if (unknown) return unknown;
  const attribute = names.map((name) => textOf(name, ARGUMENT_ERRORS['Fn::GetAtt']!)).join('.');
  if (typeof logicalId !== 'string' || !logicalId || !attribute) throw wrong('Fn::GetAtt');
  return scope.getAtt(logicalId, attribute);
}

function cidr(argument: Json, scope: Scope): Value {
  const values = list(argument, 'Fn::Cidr', 2, 3).map((item) => evaluate(item, scope));
  return withKnown(values, () => {
    const [block, count, bits] = values.map((value) => textOf(value, ARGUMENT_ERRORS['Fn::Cidr']!));
    return cidrBlocks(block!, Number(count), Number(bits ?? (block!.includes(':') ? 64 : 8)));
  });
}

function equals(argument: Json, scope: Scope): Value {
  const [left, right] = list(argument, 'Fn::Equals', 2).map((item) => {
    const value = evaluate(item, scope);
    if (isUnknown(value)) throw wrong('Fn::Equals');
    return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
  });
  return left === right;
}

function single(name: string, compute: (text: string, scope: Scope) => Value): (argument: Json, scope: Scope) => Value {
  return (argument, scope) => {
    const value = evaluate(argument, scope);
    return withKnown([value], () => compute(textOf(value, ARGUMENT_ERRORS[name]!), scope));
  };
}

function needExtensions(name: string, scope: Scope): void {
  if (!scope.languageExtensions) {
    throw unsupported(name);
  }
}

const functions: Readonly<Record<string, (argument: Json, scope: Scope) => Value>> = {
  Ref(argument, scope) {
    if (typeof argument !== 'string') throw wrong('Ref');
    return scope.ref(argument);
  },
  'Fn::GetAtt': getAtt,
  'Fn::Sub': sub,
  'Fn::Join': join,
  'Fn::Split': split,
  'Fn::Select': select,
  'Fn::FindInMap': findInMap,
  'Fn::Cidr': cidr,
  'Fn::Base64': single('Fn::Base64', (text) => Buffer.from(text).toString('base64')),
  'Fn::GetAZs': single('Fn::GetAZs', (region, scope) => scope.availabilityZones(region)),
  'Fn::ImportValue': single('Fn::ImportValue', (name, scope) => scope.importValue(name)),
  'Fn::Equals': equals,
  'Fn::And': booleans('Fn::And', (values) => values.every(Boolean)),
  'Fn::Or': booleans('Fn::Or', (values) => values.some(Boolean)),
  'Fn::Not': (argument, scope) => !evaluateCondition(list(argument, 'Fn::Not', 1)[0]!, scope, 'Fn::Not'),
  'Fn::If'(argument, scope) {
    const [condition, yes, no] = list(argument, 'Fn::If', 3);
    if (typeof condition !== 'string') throw wrong('Fn::If');
    return evaluate((scope.condition(condition) ? yes : no) as Json, scope);
  },
  'Fn::Length'(argument, scope) {
    needExtensions('Fn::Length', scope);
    const value = evaluate(argument, scope);
    if (isUnknown(value)) return value;
    if (!Array.isArray(value)) throw wrong('Fn::Length');
    return value.length;
  },
  'Fn::ToJsonString'(argument, scope) {
    needExtensions('Fn::ToJsonString', scope);
    const value = evaluate(argument, scope);
    if (typeof value !== 'object' || value === null) throw wrong('Fn::ToJsonString');
    return withKnown([value], () => JSON.stringify(value));
  },
  // Functions of the Rules section.
  'Fn::Contains'(argument, scope) {
    const [items, value] = list(argument, 'Fn::Contains', 2).map((item) => evaluate(item, scope));
    return strings(items!, 'Fn::Contains').includes(String(value));
  },
  'Fn::EachMemberEquals'(argument, scope) {
    const [items, value] = list(argument, 'Fn::EachMemberEquals', 2).map((item) => evaluate(item, scope));
    return strings(items!, 'Fn::EachMemberEquals').every((item) => item === String(value));
  },
  'Fn::EachMemberIn'(argument, scope) {
    const [items, allowed] = list(argument, 'Fn::EachMemberIn', 2).map((item) => evaluate(item, scope));
    const known = new Set(strings(allowed!, 'Fn::EachMemberIn'));
    return strings(items!, 'Fn::EachMemberIn').every((item) => known.has(item));
  },
};

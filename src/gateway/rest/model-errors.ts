// $context.error.validationErrorString: `[object has missing required properties (["name"])]`, in the words of the
// validator that API Gateway uses (java-json-schema-tools' json-schema-validator, JSON Schema draft 4).
import type { ErrorObject } from 'ajv';

const ERRORS_MAX = 20;

/** Parents before children, members by name, keywords by name: the order of AWS's validator. */
export function describeErrors(errors: readonly ErrorObject[]): string {
  const own = errors.filter((error) => !errors.some((other) => isBranchOf(error, other)));
  const texts = own.toSorted(byPlace).map((error) => describe(error, own));
  return `[${[...new Set(texts)].slice(0, ERRORS_MAX).join(', ')}]`;
}

const BRANCHING = new Set(['anyOf', 'oneOf', 'not']);
/** What is wrong inside the branches is not told, only that none fits. */
const isBranchOf = (error: ErrorObject, { keyword, schemaPath }: ErrorObject): boolean =>
  BRANCHING.has(keyword) && error.schemaPath.startsWith(`${schemaPath}/`);

function byPlace(a: ErrorObject, b: ErrorObject): number {
  if (a.instancePath !== b.instancePath) return a.instancePath < b.instancePath ? -1 : 1;
  return a.keyword < b.keyword ? -1 : Number(a.keyword > b.keyword);
}

function describe(error: ErrorObject, all: readonly ErrorObject[]): string {
  const { keyword, params, data, schema, message } = error;
  switch (keyword) {
    case 'required':
      return `object has missing required properties (${namesAt(error, all, 'missingProperty')})`;
    case 'additionalProperties':
      return `object instance has properties which are not allowed by the schema: ${namesAt(error, all, 'additionalProperty')}`;
    case 'type':
      return `instance type (${typeOf(data)}) does not match any allowed primitive type (allowed: ${allowedTypes(schema)})`;
    case 'enum':
      return `instance value (${JSON.stringify(data)}) not found in enum (possible values: ${JSON.stringify(schema)})`;
    case 'minimum':
      return params['comparison'] === '>'
        ? `numeric instance is not strictly greater than the required minimum ${schema}`
        : `numeric instance is lower than the required minimum (minimum: ${schema}, found: ${data})`;
    case 'maximum':
      return params['comparison'] === '<'
        ? `numeric instance is not strictly lower than the required maximum ${schema}`
        : `numeric instance is greater than the required maximum (maximum: ${schema}, found: ${data})`;
    case 'minLength':
      return `string ${quoted(data)} is too short (length: ${lengthOf(data)}, required minimum: ${schema})`;
    case 'maxLength':
      return `string ${quoted(data)} is too long (length: ${lengthOf(data)}, maximum allowed: ${schema})`;
    case 'pattern':
      return `ECMA 262 regex ${quoted(schema)} does not match input string ${quoted(data)}`;
    case 'minItems':
      return `array is too short: must have at least ${schema} elements but instance has ${lengthOf(data)} elements`;
    case 'maxItems':
      return `array is too long: must have at most ${schema} elements but instance has ${lengthOf(data)} elements`;
    case 'uniqueItems':
      return 'array must not contain duplicate elements';
    case 'anyOf':
      return `instance failed to match at least one required schema among ${lengthOf(schema)}`;
    case 'oneOf':
      return `instance failed to match exactly one schema (matched ${lengthOf(params['passingSchemas'])} out of ${lengthOf(schema)})`;
    case 'not':
      return 'instance matched a schema which it should not have';
    default:
      return message ?? keyword;
  }
}

/** One text for all members of an object that are missing or too many. */
function namesAt(
  { keyword, schemaPath, instancePath }: ErrorObject,
  all: readonly ErrorObject[],
  param: string,
): string {
  const same = all.filter(
    (other) => other.keyword === keyword && other.schemaPath === schemaPath && other.instancePath === instancePath,
  );
  return JSON.stringify(same.map(({ params }) => params[param] as string).toSorted());
}

const quoted = (text: unknown): string => `"${String(text)}"`;

const lengthOf = (value: unknown): number =>
  typeof value === 'string' ? Array.from(value).length : Array.isArray(value) ? value.length : 0;

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

/** A number may be an integer, and it says so. */
function allowedTypes(type: unknown): string {
  const types = new Set([type].flat() as string[]);
  if (types.has('number')) types.add('integer');
  return JSON.stringify([...types].toSorted());
}

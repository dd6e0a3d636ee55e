// AWS's constraint checks, in its words: "2 validation errors detected: Value '' at 'name' failed to satisfy constraint: …".
// Required members are always checked; the rest is opt-in: services word and order their own checks in part (models/README.md).
import { ServiceError } from '#core/errors.ts';
import { compiler } from './compile.ts';
import {
  loadConstraints,
  type Constraint,
  type Constraints,
  type Member,
  type OperationModel,
  type Shape,
  type StructureShape,
} from './model.ts';

interface Violation {
  path: string;
  value: unknown;
  constraint: string;
  /** the value is not repeated */
  sensitive?: true;
}
type Check = (value: any, path: string, found: Violation[]) => void;

const NONE: Check = () => {};

const secret = ({ traits }: Member): { sensitive?: true } => (traits.sensitive ? { sensitive: true } : {});

/** Paths begin in lower case, as AWS's Java fields do. */
const fieldName = (member: string): string => member.charAt(0).toLowerCase() + member.slice(1);

function display(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `'[${value.map(displayItem).join(', ')}]'`;
  if (value instanceof Uint8Array) return `'java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]'`;
  if (typeof value === 'object') return `'${displayItem(value)}'`;
  return `'${String(value)}'`;
}
/** As Java's collections print. */
function displayItem(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(displayItem).join(', ')}]`;
  if (value === null || typeof value !== 'object') return String(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${key}=${displayItem(inner)}`)
    .join(', ')}}`;
}

/** Java's regular expressions where JavaScript's spell them otherwise; undefined when there is no equal. */
export function translatePattern(pattern: string): RegExp | undefined {
  const leadingFlags = /^\(\?([ims]+)\)/.exec(pattern);
  const own = leadingFlags?.[1] ?? '';
  const body = pattern.slice(leadingFlags?.[0].length ?? 0).replaceAll('\\p{Print}', '[\\x20-\\x7E]');
  const source = `^(?:${body})$`; // AWS matches the whole text
  for (const flags of [`u${own}`, own]) {
    try {
      return new RegExp(source, flags);
    } catch {
      // without the u flag JavaScript takes escapes that Java takes too
    }
  }
  return undefined;
}

/** One constraint of a value that has no members. */
interface Rule {
  text: string;
  holds: (value: any) => boolean;
}
const checkOf =
  ({ text, holds }: Rule): Check =>
  (value, path, found) =>
    void (holds(value) || found.push({ path, value, constraint: text }));

function scalarRules(shape: Shape, constraint: Constraint): Rule[] {
  switch (shape.kind) {
    case 'string':
      return stringRules(constraint);
    case 'integer':
    case 'long':
    case 'number':
      return rangeRules(constraint, String);
    case 'float':
    case 'double':
      return rangeRules(constraint, javaDouble);
    default:
      return [];
  }
}

function stringRules({ enum: values, pattern, min, max }: Constraint): Rule[] {
  const rules: Rule[] = [];
  if (values) {
    const known = new Set(values);
    rules.push({
      text: `Member must satisfy enum value set: [${values.join(', ')}]`,
      holds: (value) => known.has(value),
    });
  }
  // AWS names the pattern before the lengths (observed of Logs, Kinesis and DynamoDB with an empty name).
  const expression = pattern === undefined ? undefined : translatePattern(pattern);
  if (expression) {
    const text = `${PATTERN}${pattern}`;
    rules.push({ text, holds: (value) => expression.test(value) });
  }
  return [...rules, ...lengthRules(min, max, (value: string) => value.length)];
}
const PATTERN = 'Member must satisfy regular expression pattern: ';

function lengthRules(min: number | undefined, max: number | undefined, length: (value: any) => number): Rule[] {
  const rules: Rule[] = [];
  if (max !== undefined) {
    rules.push({
      text: `Member must have length less than or equal to ${max}`,
      holds: (value) => length(value) <= max,
    });
  }
  if (min) {
    rules.push({
      text: `Member must have length greater than or equal to ${min}`,
      holds: (value) => length(value) >= min,
    });
  }
  return rules;
}

function rangeRules({ min, max }: Constraint, show: (bound: number) => string): Rule[] {
  const rules: Rule[] = [];
  if (max !== undefined) {
    rules.push({ text: `Member must have value less than or equal to ${show(max)}`, holds: (value) => value <= max });
  }
  if (min !== undefined) {
    rules.push({
      text: `Member must have value greater than or equal to ${show(min)}`,
      holds: (value) => value >= min,
    });
  }
  return rules;
}

const javaDouble = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

/** What holds of every item, key or value is said in one, the pattern last. `nullable`: nothing is said of null. */
function together(rules: readonly Rule[], nullable: boolean): string {
  const isPattern = ({ text }: Rule): boolean => text.startsWith(PATTERN);
  const texts = [...rules.filter((rule) => !isPattern(rule)), ...rules.filter(isPattern)].map(({ text }) => text);
  return `[${[...texts, ...(nullable ? [] : ['Member must not be null'])].join(', ')}]`;
}
const breaks = (rules: readonly Rule[], value: unknown): boolean => rules.some(({ holds }) => !holds(value));

/** Members that the service itself checks, with another error or other words. */
const OWN_CHECKS: Readonly<Record<string, readonly string[]>> = {
  // InvalidParameterValueException, "… or be a valid ARN"
  lambda: ['Runtime'],
};

class ValidatorCompiler {
  readonly #constraints: Constraints;
  readonly #ownChecks: readonly string[];
  readonly #nullableItems: boolean;
  readonly #structures: (shape: StructureShape) => (input: { value: any; path: string; found: Violation[] }) => void;

  constructor(constraints: Constraints, { id: serviceId, protocols }: OperationModel['service']) {
    // observed of CloudFormation (aws-cloudformation-github-deploy#130, 2024)
    this.#nullableItems = protocols[0] === 'awsQuery';
    this.#constraints = constraints;
    this.#ownChecks = OWN_CHECKS[serviceId] ?? [];
    this.#structures = compiler((shape: StructureShape) => this.#structure(shape));
  }

  structure(shape: StructureShape): Check {
    const check = this.#structures(shape);
    return (value, path, found) => check({ value, path, found });
  }

  #structure(shape: StructureShape): (input: { value: any; path: string; found: Violation[] }) => void {
    const own = this.#constraints[shape.name] ?? {};
    const members = shape.members.map((member) => ({
      name: member.name,
      field: fieldName(member.name),
      required: member.required,
      check: this.#member(member, this.#ownChecks.includes(member.name) ? {} : (own[member.name] ?? {})),
    }));
    return ({ value, path, found }) => {
      for (const { name, field, required, check } of members) {
        const inner = value[name];
        if (inner !== undefined && inner !== null) check(inner, path + field, found);
        else if (required) found.push({ path: path + field, value: null, constraint: 'Member must not be null' });
      }
    };
  }

  #member({ shape, traits }: Member, constraint: Constraint): Check {
    const check = this.#value(shape, constraint);
    if (!traits.sensitive || check === NONE) return check;
    return (value, path, found) => {
      const from = found.length;
      check(value, path, found);
      for (const violation of found.slice(from)) violation.sensitive = true;
    };
  }

  #value(shape: Shape, constraint: Constraint): Check {
    const checks = this.#checks(shape, constraint);
    if (checks.length === 0) return NONE;
    if (checks.length === 1) return checks[0]!;
    return (value, path, found) => {
      for (const check of checks) check(value, path, found);
    };
  }

  #checks(shape: Shape, constraint: Constraint): Check[] {
    const { min, max } = constraint;
    switch (shape.kind) {
      case 'blob':
        return lengthRules(min, max, (value: Uint8Array) => value.length).map(checkOf);
      case 'list':
        return [
          ...lengthRules(min, max, (value: unknown[]) => value.length).map(checkOf),
          this.#items(shape.member, constraint.item ?? {}),
        ];
      case 'map':
        return [
          ...lengthRules(min, max, (value) => Object.keys(value).length).map(checkOf),
          this.#entries(shape.key, shape.value, constraint),
        ];
      case 'structure': {
        const check = this.structure(shape);
        return [(value, path, found) => check(value, `${path}.`, found)];
      }
      default:
        return scalarRules(shape, constraint).map(checkOf);
    }
  }

  #items(item: Member, constraint: Constraint): Check {
    const rules = scalarRules(item.shape, constraint);
    if (rules.length > 0) {
      const constraintText = `Member must satisfy constraint: ${together(rules, this.#isNullable(item))}`;
      return (values: unknown[], path, found) => {
        if (values.some((value) => breaks(rules, value)))
          found.push({ path, value: values, constraint: constraintText, ...secret(item) });
      };
    }
    const check = this.#late(item, constraint);
    return (values: unknown[], path, found) => {
      for (const [index, value] of values.entries()) check(value, `${path}.${index + 1}.member`, found);
    };
  }

  /** Secret ones too: environment.variables (amplify-backend#2290, 2024). */
  #isNullable({ traits }: Member): boolean {
    return this.#nullableItems || traits.sensitive === 1;
  }

  #entries(keys: Member, values: Member, constraint: Constraint): Check {
    const keyRules = scalarRules(keys.shape, constraint.key ?? {});
    const keyText = `Map keys must satisfy constraint: ${together(keyRules, this.#isNullable(keys))}`;
    const valueRules = scalarRules(values.shape, constraint.value ?? {});
    const valueText = `Map value must satisfy constraint: ${together(valueRules, this.#isNullable(values))}`;
    const check = this.#late(values, constraint.value ?? {});
    const isDouble = values.shape.kind === 'double' || values.shape.kind === 'float';
    return (map: Record<string, unknown>, path, found) => {
      const entries = Object.entries(map);
      const say = (constraintText: string, member: Member): void => {
        const value = isDouble
          ? Object.fromEntries(entries.map(([key, each]) => [key, javaDouble(each as number)]))
          : map;
        found.push({ path, value, constraint: constraintText, ...secret(member) });
      };
      if (entries.some(([key]) => breaks(keyRules, key))) say(keyText, keys);
      if (valueRules.length === 0) for (const [key, value] of entries) check(value, `${path}.${key}.member`, found);
      else if (entries.some(([, value]) => breaks(valueRules, value))) say(valueText, values);
    };
  }

  /** Compiled at its first value: lists and maps may lead back to themselves. */
  #late(member: Member, constraint: Constraint): Check {
    let check: Check | undefined;
    return (value, path, found) => (check ??= this.#member(member, constraint))(value, path, found);
  }
}

/** Services that put the same words under a code of their own. */
const CODES: Readonly<Record<string, string>> = { logs: 'InvalidParameterException', sesv2: 'BadRequestException' };

function validationError(found: readonly Violation[], serviceId: string): ServiceError {
  const texts = found.map(({ path, value, constraint, sensitive }) => {
    const shown = sensitive ? '' : `${display(value)} `;
    return `Value ${shown}at '${path}' failed to satisfy constraint: ${constraint}`;
  });
  const count = `${found.length} validation error${found.length === 1 ? '' : 's'} detected`;
  return new ServiceError(CODES[serviceId] ?? 'ValidationException', `${count}: ${texts.join('; ')}`);
}

type Validator = (input: unknown) => void;

function compileValidator({ input, service }: OperationModel, constraints: Constraints): Validator {
  if (input.kind !== 'structure') return () => {};
  const check = new ValidatorCompiler(constraints, service).structure(input);
  return (value) => {
    const found: Violation[] = [];
    check(value, '', found);
    const error = found.length > 0 ? errorOf(found, service.id) : undefined;
    if (error) throw error;
  };
}

/** IAM has sentences of its own for most patterns, and says them only when nothing else is wrong. */
const IAM_PATTERNS: Readonly<Record<string, string>> = {
  '[\\w+=,.@-]+': 'It must contain only alphanumeric characters and/or the following: +=,.@_-',
  '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)':
    'It must begin and end with / and contain only alphanumeric characters and/or / characters.',
  '\\u002F[\\u0021-\\u007F]*':
    'It must begin with the / character and contain only alphanumeric characters and/or / characters.',
  '[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+': 'It must contain only printable ASCII characters.',
  '^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$':
    'It must contain only digits, lowercase letters, and hyphens (-), but cannot begin or end with a hyphen.',
};

const PATTERN_CONSTRAINT = 'Member must satisfy regular expression pattern: ';

function errorOfIam(found: readonly Violation[]): ServiceError {
  const sentence = ({ constraint }: Violation): string | undefined =>
    IAM_PATTERNS[constraint.slice(PATTERN_CONSTRAINT.length)];
  const others = found.filter((violation) => sentence(violation) === undefined);
  const first = found[0]!;
  if (others.length > 0) return validationError(others, 'iam');
  return new ServiceError(
    'ValidationException',
    `The specified value for ${first.path} is invalid. ${sentence(first)!}`,
  );
}

/** Services that name the first missing parameter instead. */
const MISSING_PARAMETER = new Set(['ec2', 'sqs']);

function errorOf(found: readonly Violation[], serviceId: string): ServiceError | undefined {
  if (serviceId === 's3') return errorOfS3(found);
  if (serviceId === 'iam') return errorOfIam(found);
  const missing = MISSING_PARAMETER.has(serviceId) ? found.find(({ value }) => value === null) : undefined;
  if (!missing) return validationError(found, serviceId);
  const parameter = missing.path.replaceAll('.member', '').replace(/(^|\.)[a-z]/g, (start) => start.toUpperCase());
  return new ServiceError('MissingParameter', `The request must contain the parameter ${parameter}.`);
}

/** A document with holes is not by S3's schema; members outside of documents have words of their own in the service. */
function errorOfS3(found: readonly Violation[]): ServiceError | undefined {
  if (!found.some(({ path }) => path.includes('.'))) return undefined;
  return new ServiceError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}

function cached(compile: (operation: OperationModel) => Validator): (operation: OperationModel) => Validator {
  const known = new WeakMap<OperationModel, Validator>();
  return (operation) => {
    let validator = known.get(operation);
    if (!validator) known.set(operation, (validator = compile(operation)));
    return validator;
  };
}

/** Throws ValidationException (ValidationError in the query protocols) for an input that breaks the model's constraints. */
export const inputValidator: (operation: OperationModel) => Validator = cached((operation) =>
  compileValidator(operation, loadConstraints(operation.service.id)),
);

/** Only that required members are there, for services which check the rest themselves. */
export const requiredValidator: (operation: OperationModel) => Validator = cached((operation) =>
  compileValidator(operation, {}),
);

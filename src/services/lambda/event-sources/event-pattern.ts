// Event filtering: the patterns that Lambda understands, which are EventBridge's less a few operators.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
export type Pattern = Record<string, unknown>;

export class InvalidPattern extends Error {}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
/** `values` are what stands at this place in the event: none, one, or the items of an array. */
type Rule = (values: readonly Json[], isPresent: boolean) => boolean;
type Matcher = (event: unknown) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Throws InvalidPattern for what AWS would not take. */
export function compilePattern(text: string): { matches: Matcher; pattern: Pattern } {
  let pattern: unknown;
  try {
    pattern = JSON.parse(text);
  } catch {
    throw new InvalidPattern('not JSON');
  }
  if (!isObject(pattern)) throw new InvalidPattern('not an object');
  return { matches: compileObject(pattern), pattern };
}

function compileObject(pattern: Pattern): Matcher {
  const fields = Object.entries(pattern).map(([name, value]): Matcher => {
    if (name === '$or' && Array.isArray(value)) return compileOr(value);
    if (isObject(value)) return compileNested(name, compileObject(value));
    if (!Array.isArray(value) || value.length === 0) throw new InvalidPattern(`${name} must be an object or an array`);
    return compileField(name, value.map(compileRule));
  });
  return (event) => fields.every((matches) => matches(event));
}

function compileOr(branches: unknown[]): Matcher {
  if (branches.length < 2 || !branches.every(isObject)) throw new InvalidPattern('$or needs several patterns');
  const matchers = branches.map(compileObject);
  return (event) => matchers.some((matches) => matches(event));
}

const own = (event: unknown, name: string): unknown =>
  isObject(event) && Object.hasOwn(event, name) ? event[name] : undefined;

/** An array of objects matches when one of them does. */
const compileNested =
  (name: string, matches: Matcher): Matcher =>
  (event) => {
    const value = own(event, name);
    return Array.isArray(value) ? value.some(matches) : matches(value ?? {});
  };

const compileField =
  (name: string, rules: Rule[]): Matcher =>
  (event) => {
    const value = own(event, name);
    const isPresent = value !== undefined;
    const values = (Array.isArray(value) ? value.flat(Infinity) : isPresent ? [value] : []) as Json[];
    return rules.some((rule) => rule(values, isPresent));
  };

const some =
  (test: (value: Json) => boolean): Rule =>
  (values) =>
    values.some(test);
const text =
  (test: (value: string) => boolean): Rule =>
  (values) =>
    values.some((value) => typeof value === 'string' && test(value));

function compileRule(rule: unknown): Rule {
  if (rule === null || typeof rule === 'string' || typeof rule === 'number' || typeof rule === 'boolean') {
    return some((value) => value === rule);
  }
  if (!isObject(rule) || Object.keys(rule).length !== 1) throw new InvalidPattern('a rule is a value or one operator');
  const [name = ''] = Object.keys(rule);
  const compile = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (!compile) throw new InvalidPattern(`unknown operator ${name}`);
  return compile(rule[name]);
}

function requireText(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '') throw new InvalidPattern(`${name} needs a text`);
  return value;
}

const operators: Record<string, (operand: unknown) => Rule> = {
  exists(operand) {
    if (typeof operand !== 'boolean') throw new InvalidPattern('exists needs true or false');
    return (_values, isPresent) => isPresent === operand;
  },
  prefix(operand) {
    const start = requireText(operand, 'prefix');
    return text((value) => value.startsWith(start));
  },
  suffix(operand) {
    const end = requireText(operand, 'suffix');
    return text((value) => value.endsWith(end));
  },
  'equals-ignore-case'(operand) {
    const wanted = requireText(operand, 'equals-ignore-case').toLowerCase();
    return text((value) => value.toLowerCase() === wanted);
  },
  'anything-but'(operand) {
    const isOther = anythingBut(operand);
    return (values, isPresent) => isPresent && values.some(isOther);
  },
  numeric: compileNumeric,
};

function anythingBut(operand: unknown): (value: Json) => boolean {
  if (isObject(operand)) {
    const rule = compileRule(operand);
    return (value) => !rule([value], true);
  }
  const unwanted = Array.isArray(operand) ? operand : [operand];
  if (unwanted.length === 0 || unwanted.some((each) => typeof each !== 'string' && typeof each !== 'number')) {
    throw new InvalidPattern('anything-but needs texts or numbers');
  }
  return (value) => !unwanted.includes(value);
}

const comparisons: Record<string, (value: number, bound: number) => boolean> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** `["=", 100]`, `[">", 0, "<=", 5]` */
function compileNumeric(operand: unknown): Rule {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw new InvalidPattern('numeric needs one or two comparisons');
  }
  const tests: ((value: number) => boolean)[] = [];
  for (let n = 0; n < operand.length; n += 2) {
    const sign = String(operand[n]);
    const compare = Object.hasOwn(comparisons, sign) ? comparisons[sign] : undefined;
    const bound: unknown = operand[n + 1];
    if (!compare || typeof bound !== 'number') throw new InvalidPattern('numeric compares with numbers');
    tests.push((value) => compare(value, bound));
  }
  return some((value) => typeof value === 'number' && tests.every((test) => test(value)));
}

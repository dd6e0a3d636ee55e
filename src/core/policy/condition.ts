// Condition operators, compiled to functions of the request's keys.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html
import type { ConditionClause, ConditionOperator } from './document-condition.ts';
import { compileIpRange } from './ip-range.ts';
import { compileArnPattern, compilePattern, type KeyLookup } from './pattern.ts';

export type Condition = (lookup: KeyLookup) => boolean;
/** One value of the policy against one value of the request. */
type Comparison = (value: string, lookup: KeyLookup) => boolean;

/** The operators that say "not": their plain form, refused. */
const NEGATED: Partial<Record<ConditionOperator, ConditionOperator>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
};

const never: Comparison = () => false;

function compare(operator: string, a: number, b: number): boolean {
  if (operator.endsWith('LessThanEquals')) return a <= b;
  if (operator.endsWith('LessThan')) return a < b;
  if (operator.endsWith('GreaterThanEquals')) return a >= b;
  if (operator.endsWith('GreaterThan')) return a > b;
  return a === b;
}

const parseNumber = (text: string): number =>
  /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN;

/** W3C ISO 8601, or seconds since the epoch. */
function parseDate(text: string): number {
  return /^\d{5,}(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

function compileComparison(operator: ConditionOperator, expected: string, variables: boolean): Comparison {
  switch (operator) {
    case 'StringEquals':
      return compilePattern(expected, { wildcards: false, variables });
    case 'StringEqualsIgnoreCase':
      return compilePattern(expected, { wildcards: false, variables, ignoreCase: true });
    case 'StringLike':
      return compilePattern(expected, { wildcards: true, variables });
    case 'ArnEquals':
    case 'ArnLike':
      return compileArnPattern(expected, variables);
    case 'Bool': {
      const wanted = expected.toLowerCase();
      return (value) => value.toLowerCase() === wanted;
    }
    case 'BinaryEquals':
      return (value) => Buffer.from(value, 'base64').equals(Buffer.from(expected, 'base64'));
    case 'IpAddress':
      return compileIpRange(expected) ?? never;
    default: {
      const parse = operator.startsWith('Date') ? parseDate : parseNumber;
      const wanted = parse(expected);
      return (value) => compare(operator, parse(value), wanted);
    }
  }
}

/** Version 2012-10-17 documents have `variables`. */
export function compileCondition(clause: ConditionClause, variables: boolean): Condition {
  const { operator, quantifier, ifExists } = clause;
  const key = clause.key.toLowerCase();
  if (operator === 'Null') {
    const absentWanted = clause.values.map((value) => value.toLowerCase() === 'true');
    return (lookup) => absentWanted.includes(isAbsent(lookup(key)));
  }
  const plain = NEGATED[operator];
  const comparisons = clause.values.map((value) => compileComparison(plain ?? operator, value, variables));
  const holds: Comparison = (value, lookup) => {
    for (const comparison of comparisons) if (comparison(value, lookup)) return plain === undefined;
    return plain !== undefined;
  };
  return (lookup) => {
    const found = lookup(key);
    if (isAbsent(found)) {
      if (ifExists || quantifier === 'ForAllValues') return true;
      return quantifier === undefined && plain !== undefined;
    }
    if (typeof found === 'string') return holds(found, lookup);
    // a key of many values without a quantifier: any of them for the plain operators, none of them for the negated
    const all = quantifier === 'ForAllValues' || (quantifier === undefined && plain !== undefined);
    const values = found as readonly string[];
    return all ? values.every((value) => holds(value, lookup)) : values.some((value) => holds(value, lookup));
  };
}

const isAbsent = (found: string | readonly string[] | undefined): boolean =>
  found === undefined || (typeof found !== 'string' && found.length === 0);

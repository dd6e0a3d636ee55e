// The Condition element: operator → key → values.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
import { isObject, MalformedPolicy, SYNTAX_ERROR } from './malformed-policy.ts';

export const CONDITION_OPERATORS = [
  'StringEquals',
  'StringNotEquals',
  'StringEqualsIgnoreCase',
  'StringNotEqualsIgnoreCase',
  'StringLike',
  'StringNotLike',
  'NumericEquals',
  'NumericNotEquals',
  'NumericLessThan',
  'NumericLessThanEquals',
  'NumericGreaterThan',
  'NumericGreaterThanEquals',
  'DateEquals',
  'DateNotEquals',
  'DateLessThan',
  'DateLessThanEquals',
  'DateGreaterThan',
  'DateGreaterThanEquals',
  'Bool',
  'BinaryEquals',
  'IpAddress',
  'NotIpAddress',
  'ArnEquals',
  'ArnLike',
  'ArnNotEquals',
  'ArnNotLike',
  'Null',
] as const;
export type ConditionOperator = (typeof CONDITION_OPERATORS)[number];

export interface ConditionClause {
  operator: ConditionOperator;
  quantifier?: 'ForAllValues' | 'ForAnyValue';
  ifExists: boolean;
  /** as written; keys are compared without regard to case */
  key: string;
  values: readonly string[];
}

/** Operators are not case-sensitive. */
const BY_LOWER_NAME = new Map(CONDITION_OPERATORS.map((name) => [name.toLowerCase(), name]));

export function readConditions(json: unknown): ConditionClause[] {
  if (json === undefined) return [];
  if (!isObject(json)) throw new MalformedPolicy(SYNTAX_ERROR);
  const clauses: ConditionClause[] = [];
  for (const [name, keys] of Object.entries(json)) {
    const operator = readOperator(name);
    if (!isObject(keys)) throw new MalformedPolicy(SYNTAX_ERROR);
    for (const [key, value] of Object.entries(keys)) {
      if (!key.includes(':')) {
        throw new MalformedPolicy('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
      }
      clauses.push({ ...operator, key, values: (Array.isArray(value) ? value : [value]).map(readValue) });
    }
  }
  return clauses;
}

function readOperator(name: string): Pick<ConditionClause, 'operator' | 'quantifier' | 'ifExists'> {
  const [, quantifier, bare = '', exists] = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/i.exec(name) ?? [];
  const operator = BY_LOWER_NAME.get(bare.toLowerCase());
  if (!operator || (operator === 'Null' && exists)) throw new MalformedPolicy(`Invalid Condition type : ${name}.`);
  return {
    operator,
    ...(quantifier && {
      quantifier: quantifier.toLowerCase() === 'forallvalues' ? ('ForAllValues' as const) : ('ForAnyValue' as const),
    }),
    ifExists: exists !== undefined,
  };
}

function readValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  throw new MalformedPolicy(SYNTAX_ERROR);
}

import { isObject, type Json, type JsonObject } from './document.ts';
import { functionError, formatError } from './error.ts';
import { evaluateCondition, functionName, type Scope } from './evaluate.ts';
import { findReferences } from './references.ts';
import { NO_VALUE } from './value.ts';

/** The Conditions section as a function from name to truth; each is computed once. */
export function conditionsOf(section: JsonObject, scope: Omit<Scope, 'condition'>): (name: string) => boolean {
  const known = new Map<string, boolean>();
  const underWay = new Set<string>();
  const condition = (name: string): boolean => {
    const before = known.get(name);
    if (before !== undefined) return before;
    if (!Object.hasOwn(section, name)) {
      throw formatError(`Unresolved condition dependency ${name} in the Conditions block of the template`);
    }
    if (underWay.has(name))
      throw formatError(`Found circular condition dependency between ${[...underWay].join(' and ')}`);
    underWay.add(name);
    const result = evaluateCondition(section[name]!, { ...scope, condition }, 'Fn::Equals');
    underWay.delete(name);
    known.set(name, result);
    return result;
  };
  return condition;
}

/** Conditions may use parameters, mappings and other conditions only. */
export function checkConditions(section: JsonObject, isParameter: (name: string) => boolean): void {
  for (const [name, value] of Object.entries(section)) {
    if (!/^[A-Za-z0-9]+$/.test(name)) throw formatError(`Condition name ${name} is non alphanumeric.`);
    if (!isObject(value)) throw formatError('Every Condition member must be a boolean operation.');
    for (const reference of findReferences(value)) {
      if (reference.kind === 'GetAtt' || (reference.kind === 'Ref' && !isParameter(reference.name))) {
        throw formatError(
          `Unresolved dependencies [${reference.name}]. Cannot reference resources in the Conditions block of the template`,
        );
      }
    }
  }
}

/** Replaces every Fn::If by its chosen branch and drops AWS::NoValue: what is left has no conditions in it. */
export function applyConditions(value: Json, condition: (name: string) => boolean): Json | typeof NO_VALUE {
  if (Array.isArray(value)) {
    return value.map((item) => applyConditions(item, condition)).filter((item) => item !== NO_VALUE);
  }
  if (!isObject(value)) return value;
  const name = functionName(value);
  if (name === 'Ref' && value.Ref === 'AWS::NoValue') return NO_VALUE;
  if (name === 'Fn::If') {
    const branches = value['Fn::If'];
    if (!Array.isArray(branches) || branches.length !== 3 || typeof branches[0] !== 'string') {
      throw functionError('every Fn::If object requires a list of three parameters, a condition name and two values.');
    }
    return applyConditions((condition(branches[0]) ? branches[1] : branches[2]) as Json, condition);
  }
  const out: JsonObject = {};
  for (const [key, inner] of Object.entries(value)) {
    const result = applyConditions(inner, condition);
    if (result !== NO_VALUE) out[key] = result;
  }
  return out;
}

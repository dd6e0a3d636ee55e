import { isList, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';

// Intrinsic functions in long form: {"Ref": …}, {"Fn::Sub": …}, {"Condition": …}.

declare const intrinsic: unique symbol;

/**
 * A map that is an intrinsic function. The mark exists for the compiler alone: other maps are not excluded by a failed
 * check.
 */
export interface Intrinsic extends JsonMap {
  readonly [intrinsic]: true;
}

export const noValue: JsonMap = { Ref: 'AWS::NoValue' };

export function isIntrinsic(value: Json | undefined): value is Intrinsic {
  if (!isMap(value)) return false;
  const keys = Object.keys(value);
  const key = keys[0];
  return keys.length === 1 && key !== undefined && (key === 'Ref' || key === 'Condition' || key.startsWith('Fn::'));
}

export function isConditional(value: Json | undefined): value is Intrinsic {
  return isIntrinsic(value) && 'Fn::If' in value;
}

export function isNoValue(value: Json | undefined): boolean {
  return isIntrinsic(value) && value['Ref'] === 'AWS::NoValue';
}

export function ref(logicalId: string): JsonMap {
  return { Ref: logicalId };
}

export function getAtt(logicalId: string, attribute: string): JsonMap {
  return { 'Fn::GetAtt': [logicalId, attribute] };
}

export function sub(text: string, variables?: JsonMap): JsonMap {
  return { 'Fn::Sub': variables === undefined ? text : [text, variables] };
}

export function join(delimiter: string, parts: Json[]): JsonMap {
  return { 'Fn::Join': [delimiter, parts] };
}

export function or(conditions: readonly string[]): JsonMap {
  return { 'Fn::Or': conditions.map((condition) => ({ Condition: condition })) };
}

export function and(conditions: readonly string[]): JsonMap {
  return { 'Fn::And': conditions.map((condition) => ({ Condition: condition })) };
}

export function not(condition: string): JsonMap {
  return { 'Fn::Not': [{ Condition: condition }] };
}

/** `value` when there is no condition, otherwise Fn::If of it and `otherwise`. */
export function whenCondition(condition: Json | undefined, value: Json, otherwise: Json = { ...noValue }): Json {
  return condition === undefined || condition === null ? value : { 'Fn::If': [condition, value, otherwise] };
}

/** The logical id that a value names: a Ref, the resource of a GetAtt, or undefined. */
export function referredLogicalId(value: Json | undefined): string | undefined {
  if (!isIntrinsic(value)) return undefined;
  if (typeof value['Ref'] === 'string') return value['Ref'];
  const path = value['Fn::GetAtt'];
  if (isList(path) && typeof path[0] === 'string') return path[0];
  if (typeof path === 'string') return path.split('.')[0];
  return undefined;
}

export function isDynamicReference(value: Json | undefined): boolean {
  return typeof value === 'string' && value.startsWith('{{resolve:') && value.endsWith('}}');
}

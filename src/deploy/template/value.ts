import type { Json } from './document.ts';
import { functionError } from './error.ts';

/** `!Ref AWS::NoValue`: the property or list element that holds it is left out. */
export const NO_VALUE: unique symbol = Symbol('AWS::NoValue');

/** A value that only exists once the resource behind it does (change set previews). */
export class Unknown {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

export type Value = Json | Unknown | typeof NO_VALUE | Value[] | { [name: string]: Value };

export function isUnknown(value: Value): value is Unknown {
  return value instanceof Unknown;
}

/** The first value inside that is not known yet. */
export function findUnknown(value: Value): Unknown | undefined {
  if (value instanceof Unknown) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) {
    const unknown = findUnknown(inner);
    if (unknown) return unknown;
  }
  return undefined;
}

export function isRecord(value: Value | undefined): value is { [name: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unknown);
}

/** Scalars as CloudFormation writes them into strings; lists and objects are the caller's error. */
export function textOf(value: Value, otherwise: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw functionError(otherwise);
}

/** A policy document that IAM would not take. The message is IAM's; each service has its own code for it. */
export class MalformedPolicy extends Error {}

export const SYNTAX_ERROR = 'Syntax errors in policy.';

export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

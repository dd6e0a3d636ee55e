export { compilePolicy, statementApplies } from './compile.ts';
export type { CompiledPolicy, PolicyRequest } from './compile.ts';
export { contextKeysOf } from './context-keys.ts';
export { parsePolicy } from './document.ts';
export type { PolicyKind } from './document.ts';
export { evaluate } from './evaluate.ts';
export type { Decision, PolicySource } from './evaluate.ts';
export { MalformedPolicy } from './malformed-policy.ts';
export type { KeyLookup } from './pattern.ts';

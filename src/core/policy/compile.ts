// Policies as the evaluator reads them: parsed once per text, every pattern compiled.
import type { Principal } from '../principal.ts';
import { compileCondition, type Condition } from './condition.ts';
import { parsePolicy, type PolicyKind, type PolicyStatement } from './document.ts';
import { compilePrincipals, type GrantTo } from './grantee.ts';
import { compileArnPattern, compilePattern, variableKeys, type KeyLookup, type Pattern } from './pattern.ts';

/** What is asked. */
export interface PolicyRequest {
  principal: Principal;
  /** `s3:GetObject` */
  action: string;
  /** ARN, or `*` */
  resource: string;
  /** condition keys, by lower-case name */
  lookup: KeyLookup;
}

export interface CompiledStatement {
  effect: 'Allow' | 'Deny';
  sid?: string;
  /** To whom this statement speaks; absent in identity policies. */
  grantee?: (principal: Principal) => GrantTo;
  /** action in lower case */
  matchesAction: (action: string) => boolean;
  matchesResource: Pattern;
  conditions: readonly Condition[];
  /** keys that its conditions and variables read, for GetContextKeysFor… */
  source: PolicyStatement;
}

export interface CompiledPolicy {
  statements: readonly CompiledStatement[];
}

/** Texts are compared by content; the oldest goes first. */
const CACHED_POLICIES_MAX = 5000;
const caches: Record<PolicyKind, Map<string, CompiledPolicy>> = {
  identity: new Map(),
  trust: new Map(),
  resource: new Map(),
};

/** Throws MalformedPolicy. */
export function compilePolicy(text: string, kind: PolicyKind): CompiledPolicy {
  const cache = caches[kind];
  const cached = cache.get(text);
  if (cached) return cached;
  const { version, statements } = parsePolicy(text, kind);
  const variables = version === '2012-10-17';
  const compiled = { statements: statements.map((statement) => compileStatement(statement, variables)) };
  if (cache.size >= CACHED_POLICIES_MAX) cache.delete(cache.keys().next().value as string);
  cache.set(text, compiled);
  return compiled;
}

function compileStatement(statement: PolicyStatement, variables: boolean): CompiledStatement {
  const { effect, sid, principals, principalsNegated, resources } = statement;
  return {
    effect,
    ...(sid !== undefined && { sid }),
    ...(principals && { grantee: compilePrincipals(principals, principalsNegated) }),
    matchesAction: compileActions(statement.actions, statement.actionsNegated),
    matchesResource: resources ? compileResources(statement, resources, variables) : () => true,
    conditions: statement.conditions.map((clause) => compileCondition(clause, variables)),
    source: statement,
  };
}

function compileActions(actions: readonly string[], negated: boolean): (action: string) => boolean {
  const names = new Set<string>();
  const patterns: Pattern[] = [];
  for (const action of actions.map((name) => name.toLowerCase())) {
    if (/[*?]/.test(action)) patterns.push(compilePattern(action, { wildcards: true, variables: false }));
    else names.add(action);
  }
  const noKeys: KeyLookup = () => undefined;
  return (action) => (names.has(action) || patterns.some((pattern) => pattern(action, noKeys))) !== negated;
}

function compileResources(statement: PolicyStatement, resources: readonly string[], variables: boolean): Pattern {
  const patterns = resources.map((resource) => compileArnPattern(resource, variables));
  const only = patterns[0];
  if (!statement.resourcesNegated) {
    return patterns.length === 1 && only ? only : (resource, lookup) => patterns.some((p) => p(resource, lookup));
  }
  // A variable without a value matches nothing; under NotResource that must not turn into a grant of everything.
  const keys = variables ? resources.flatMap(variableKeys) : [];
  return (resource, lookup) => {
    if (keys.some((key) => typeof lookup(key) !== 'string')) return statement.effect === 'Deny';
    return !patterns.some((pattern) => pattern(resource, lookup));
  };
}

/** Does the statement speak about this request, whoever makes it? */
export function statementApplies(statement: CompiledStatement, lowerAction: string, request: PolicyRequest): boolean {
  if (!statement.matchesAction(lowerAction)) return false;
  if (!statement.matchesResource(request.resource, request.lookup)) return false;
  for (const condition of statement.conditions) if (!condition(request.lookup)) return false;
  return true;
}

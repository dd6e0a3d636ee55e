// Reads and validates a policy document, refusing what IAM refuses, in its words.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
import { checkAction, checkResource } from './document-arn.ts';
import { readConditions, type ConditionClause } from './document-condition.ts';
import { readPrincipals, type PrincipalElement } from './document-principal.ts';
import { isObject, MalformedPolicy, SYNTAX_ERROR, type Json } from './malformed-policy.ts';

/** identity: no Principal. trust: a role's, without Resource. resource: attached to something else than a role. */
export type PolicyKind = 'identity' | 'trust' | 'resource';

export interface PolicyStatement {
  sid?: string;
  effect: 'Allow' | 'Deny';
  /** Principal or NotPrincipal */
  principals?: PrincipalElement;
  principalsNegated: boolean;
  actions: readonly string[];
  actionsNegated: boolean;
  /** absent in a trust policy: the role itself */
  resources?: readonly string[];
  resourcesNegated: boolean;
  conditions: readonly ConditionClause[];
}

export interface PolicyDocument {
  /** variables have a meaning from 2012-10-17 on */
  version: '2008-10-17' | '2012-10-17';
  id?: string;
  statements: readonly PolicyStatement[];
}

const DOCUMENT_ELEMENTS = new Set(['Version', 'Id', 'Statement']);
const STATEMENT_ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

export function parsePolicy(text: string, kind: PolicyKind): PolicyDocument {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new MalformedPolicy(kind === 'trust' ? 'This policy contains invalid Json' : SYNTAX_ERROR);
  }
  if (!isObject(json)) throw new MalformedPolicy(SYNTAX_ERROR);
  for (const name in json) if (!DOCUMENT_ELEMENTS.has(name)) throw new MalformedPolicy(SYNTAX_ERROR);
  const version = json['Version'] ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17') {
    throw new MalformedPolicy('The policy must contain a valid version string');
  }
  const id = json['Id'];
  if (id !== undefined && typeof id !== 'string') throw new MalformedPolicy(SYNTAX_ERROR);
  const found = json['Statement'];
  const statements = Array.isArray(found) ? found : found === undefined ? [] : [found];
  if (statements.length === 0) throw new MalformedPolicy(SYNTAX_ERROR);
  const document: PolicyDocument = {
    version,
    ...(id !== undefined && { id }),
    statements: statements.map((statement) => readStatement(statement, kind)),
  };
  checkSids(document.statements, kind);
  return document;
}

function checkSids(statements: readonly PolicyStatement[], kind: PolicyKind): void {
  const seen = new Set<string>();
  for (const { sid } of statements) {
    if (sid === undefined || sid === '') continue;
    if (kind !== 'resource' && !/^[0-9A-Za-z]*$/.test(sid)) {
      throw new MalformedPolicy(
        'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
      );
    }
    if (seen.has(sid)) throw new MalformedPolicy('Statement IDs (SID) in a single policy must be unique.');
    seen.add(sid);
  }
}

function readStatement(json: unknown, kind: PolicyKind): PolicyStatement {
  if (!isObject(json)) throw new MalformedPolicy(SYNTAX_ERROR);
  for (const name in json) if (!STATEMENT_ELEMENTS.has(name)) throw new MalformedPolicy(SYNTAX_ERROR);
  const { Sid: sid, Effect: effect } = json;
  if (sid !== undefined && typeof sid !== 'string') throw new MalformedPolicy(SYNTAX_ERROR);
  if (effect !== 'Allow' && effect !== 'Deny') throw new MalformedPolicy(SYNTAX_ERROR);
  const principals = readPrincipalElement(json, kind);
  const actions = readList(json, 'Action');
  if (!actions) {
    throw new MalformedPolicy(
      kind === 'trust' ? 'Missing required field Action' : 'Policy statement must contain actions.',
    );
  }
  for (const action of actions.values) checkAction(action, kind);
  const resources = readList(json, 'Resource');
  if (kind === 'trust' && resources) throw new MalformedPolicy('Has prohibited field Resource');
  if (kind !== 'trust' && !resources) throw new MalformedPolicy('Policy statement must contain resources.');
  if (kind === 'identity') for (const resource of resources?.values ?? []) checkResource(resource);
  return {
    ...(sid !== undefined && { sid }),
    effect,
    ...(principals && { principals: principals.element }),
    principalsNegated: principals?.negated ?? false,
    actions: actions.values,
    actionsNegated: actions.negated,
    ...(resources && { resources: resources.values }),
    resourcesNegated: resources?.negated ?? false,
    conditions: readConditions(json['Condition']),
  };
}

function readPrincipalElement(
  json: Json,
  kind: PolicyKind,
): { element: PrincipalElement; negated: boolean } | undefined {
  const { Principal: principal, NotPrincipal: notPrincipal } = json;
  if (principal === undefined && notPrincipal === undefined) {
    if (kind === 'identity') return undefined;
    throw new MalformedPolicy('Missing required field Principal');
  }
  if (kind === 'identity') throw new MalformedPolicy('Policy document should not specify a principal.');
  if (principal !== undefined && notPrincipal !== undefined) throw new MalformedPolicy(SYNTAX_ERROR);
  if (notPrincipal !== undefined && kind === 'trust') throw new MalformedPolicy('Has prohibited field NotPrincipal');
  return { element: readPrincipals(principal ?? notPrincipal), negated: principal === undefined };
}

/** `Action` or `NotAction`, `Resource` or `NotResource`: a string or a list of them; not both. */
function readList(json: Json, name: 'Action' | 'Resource'): { values: string[]; negated: boolean } | undefined {
  const plain = json[name];
  const not = json[`Not${name}`];
  if (plain === undefined && not === undefined) return undefined;
  if (plain !== undefined && not !== undefined) throw new MalformedPolicy(SYNTAX_ERROR);
  const found = plain ?? not;
  const values = Array.isArray(found) ? found : [found];
  if (!values.every((value) => typeof value === 'string')) throw new MalformedPolicy(SYNTAX_ERROR);
  if (values.length === 0) {
    throw new MalformedPolicy(`Policy statement must contain ${name === 'Action' ? 'actions' : 'resources'}.`);
  }
  return { values, negated: plain === undefined };
}

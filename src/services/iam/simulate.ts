// The policy simulator, and the keys that policies ask for.
import type { ContextEntry, EvaluationResult, Statement as MatchedStatement } from '@aws-sdk/client-iam';
import {
  compilePolicy,
  contextKeysOf,
  evaluate,
  MalformedPolicy,
  statementApplies,
  type CompiledPolicy,
  type Decision,
  type KeyLookup,
  type PolicyRequest,
} from '#core/policy/index.ts';
import { rootPrincipal, type Principal } from '#core/principal.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { invalidInput, malformedPolicyDocument } from './errors.ts';
import { requireEntity } from './entities.ts';
import { arnOf } from './names.ts';
import { pageOf, type PageRequest } from './paging.ts';
import { defaultDocument, findPolicy } from './policy-lookup.ts';
import type { Entity, EntityKind } from './records.ts';
import { statementPositions } from './statement-positions.ts';
import { find } from './store.ts';

interface Source {
  id: string;
  text: string;
  policy: CompiledPolicy;
}

function sourceOf(id: string, text: string, kind: 'identity' | 'resource' = 'identity'): Source {
  try {
    return { id, text, policy: compilePolicy(text, kind) };
  } catch (error) {
    if (error instanceof MalformedPolicy) throw malformedPolicyDocument(error.message);
    throw error;
  }
}

const sourcesOf = (name: string, texts: readonly string[] = []): Source[] =>
  texts.map((text, index) => sourceOf(`${name}.${index + 1}`, text));

interface Simulation extends PageRequest {
  ActionNames: string[];
  ResourceArns?: string[] | undefined;
  ResourcePolicy?: string | undefined;
  ResourceOwner?: string | undefined;
  ContextEntries?: ContextEntry[] | undefined;
}

interface Policies {
  identity: Source[];
  boundary: Source[];
  principal: Exclude<Principal, { type: 'service' | 'anonymous' }>;
}

/** Context that every principal has, unless the caller says otherwise. */
function contextLookup(entries: readonly ContextEntry[] = [], principal: Policies['principal']): KeyLookup {
  const keys = new Map<string, string | readonly string[]>([
    ['aws:principalarn', principal.type === 'assumed-role' ? principal.roleArn : principal.arn],
    ['aws:principalaccount', principal.accountId],
    ['aws:userid', principal.userId],
    ...(principal.type === 'user' ? [['aws:username', principal.userName] as const] : []),
  ]);
  for (const { ContextKeyName: name, ContextKeyValues: values = [], ContextKeyType: type } of entries) {
    const value = type?.endsWith('List') ? values : values[0];
    if (name !== undefined && value !== undefined) keys.set(name.toLowerCase(), value);
  }
  return (key) => keys.get(key);
}

const DECISIONS = {
  allowed: 'allowed',
  explicit: 'explicitDeny',
  implicit: 'implicitDeny',
} as const;

const decisionName = (decision: Decision): 'allowed' | 'explicitDeny' | 'implicitDeny' =>
  decision.allowed ? DECISIONS.allowed : decision.explicit ? DECISIONS.explicit : DECISIONS.implicit;

/** The statements that led to the decision: the denying ones when it was denied, otherwise those that allow. */
function matched(
  sources: readonly Source[],
  request: PolicyRequest,
  type: string,
  effect: 'Allow' | 'Deny',
): MatchedStatement[] {
  const action = request.action.toLowerCase();
  return sources.flatMap(({ id, text, policy }) => {
    const positions = statementPositions(text);
    return policy.statements.flatMap((statement, index) => {
      const applies =
        statement.effect === effect &&
        statementApplies(statement, action, request) &&
        (!statement.grantee || statement.grantee(request.principal) !== 'none');
      if (!applies) return [];
      const { start: StartPosition, end: EndPosition } = positions[index]!;
      return [{ SourcePolicyId: id, SourcePolicyType: type as never, StartPosition, EndPosition }];
    });
  });
}

function simulate(input: Simulation, { identity, boundary, principal }: Policies) {
  const lookup = contextLookup(input.ContextEntries, principal);
  const resourcePolicy =
    input.ResourcePolicy === undefined ? undefined : sourceOf('ResourcePolicy', input.ResourcePolicy, 'resource');
  const missing = missingKeys([...identity, ...boundary], lookup);
  const owner = /^arn:aws:iam::(\d{12}):/.exec(input.ResourceOwner ?? '')?.[1] ?? principal.accountId;
  const results: EvaluationResult[] = [];
  for (const action of input.ActionNames) {
    if (!/^[a-z0-9-]+:[A-Za-z0-9]+$/i.test(action)) throw invalidInput(`Invalid Action: ${action}`);
    for (const resource of input.ResourceArns ?? ['*']) {
      const request: PolicyRequest = { principal, action, resource, lookup };
      const decision = evaluate(
        request,
        {
          identity: identity.map((source) => source.policy),
          ...(boundary[0] && { boundary: boundary[0].policy }),
          ...(resourcePolicy && { resource: resourcePolicy.policy }),
        },
        { accountId: owner },
      );
      const effect = decision.allowed ? 'Allow' : 'Deny';
      const statements = [
        ...matched(identity, request, 'IAM Policy', effect),
        ...(effect === 'Deny' ? matched(boundary, request, 'IAM Permissions Boundary Policy', effect) : []),
        ...matched(resourcePolicy ? [resourcePolicy] : [], request, 'Resource Policy', effect),
      ];
      results.push({
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: decisionName(decision),
        MatchedStatements: statements,
        MissingContextValues: missing,
        ...(boundary.length > 0 && {
          PermissionsBoundaryDecisionDetail: {
            AllowedByPermissionsBoundary:
              matched(boundary, request, '', 'Allow').length > 0 && matched(boundary, request, '', 'Deny').length === 0,
          },
        }),
      });
    }
  }
  const { items, ...page } = pageOf(results, input, (result) => `${result.EvalActionName} ${result.EvalResourceName}`);
  return { EvaluationResults: items, ...page };
}

/** Conditions that were judged without a value. */
function missingKeys(sources: readonly Source[], lookup: KeyLookup): string[] {
  const keys = new Set(sources.flatMap(({ text }) => contextKeysOf(text, 'identity')));
  return [...keys].filter((key) => lookup(key.toLowerCase()) === undefined);
}

export const simulateCustomPolicy: Operation<'iam', 'SimulateCustomPolicy'> = async (input, context) =>
  simulate(input, {
    identity: sourcesOf('PolicyInputList', input.PolicyInputList),
    boundary: sourcesOf('PermissionsBoundaryPolicyInputList', input.PermissionsBoundaryPolicyInputList),
    principal: input.CallerArn
      ? (await entityOf(context, input.CallerArn)).principal
      : { ...rootPrincipal(context.accountId), type: 'user', userName: 'simulated' },
  } as Policies);

export const simulatePrincipalPolicy: Operation<'iam', 'SimulatePrincipalPolicy'> = async (input, context) => {
  const { entity, kind, principal } = await entityOf(context, input.PolicySourceArn);
  const caller = input.CallerArn ? (await entityOf(context, input.CallerArn)).principal : principal;
  const boundaryPolicy =
    'boundary' in entity && typeof entity.boundary === 'string'
      ? await findPolicy(context.store, context.accountId, entity.boundary)
      : undefined;
  const given = sourcesOf('PermissionsBoundaryPolicyInputList', input.PermissionsBoundaryPolicyInputList);
  return simulate(input, {
    identity: [
      ...(await sourcesOfEntity(context, kind, entity)),
      ...sourcesOf('PolicyInputList', input.PolicyInputList),
    ],
    boundary:
      given.length > 0 || !boundaryPolicy ? given : [sourceOf(boundaryPolicy.name, defaultDocument(boundaryPolicy))],
    principal: caller,
  });
};

const ENTITY_ARN = /^arn:aws:iam::(\d{12}):(user|role|group)\/(?:.*\/)?([^/]+)$/;

/** The user, role or group of an ARN, and the principal that its members are. */
async function entityOf(
  { accountId, store }: Context,
  arn: string,
): Promise<{ entity: Entity; kind: EntityKind; principal: Policies['principal'] }> {
  const [, owner, kind, name = ''] = ENTITY_ARN.exec(arn) ?? [];
  if (owner !== accountId)
    throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
  const entity = await requireEntity(store, accountId, kind as EntityKind, name);
  const own = arnOf(accountId, kind as EntityKind, entity);
  const principal: Policies['principal'] =
    kind === 'role'
      ? {
          type: 'assumed-role',
          accountId,
          arn: `arn:aws:sts::${accountId}:assumed-role/${entity.name}/simulation`,
          userId: `${entity.id}:simulation`,
          roleArn: own,
          sessionName: 'simulation',
        }
      : { type: 'user', accountId, arn: own, userId: entity.id, userName: entity.name };
  return { entity, kind: kind as EntityKind, principal };
}

async function sourcesOfEntity(context: Context, kind: EntityKind, entity: Entity): Promise<Source[]> {
  const { accountId, store } = context;
  const sources = await ownSources(store, accountId, kind, entity);
  for (const name of 'groups' in entity ? (entity.groups as string[]) : []) {
    const group = await find(store, accountId, 'group', name);
    if (group) sources.push(...(await ownSources(store, accountId, 'group', group)));
  }
  return sources;
}

async function ownSources(reader: Reader, accountId: string, kind: EntityKind, entity: Entity): Promise<Source[]> {
  const inline = Object.entries(entity.inline).map(([name, text]) => sourceOf(`${kind}_${entity.name}_${name}`, text));
  const attached = await Promise.all(entity.attached.map((arn) => findPolicy(reader, accountId, arn)));
  return [
    ...inline,
    ...attached
      .filter((policy) => policy !== undefined)
      .map((policy) => sourceOf(policy.name, defaultDocument(policy))),
  ];
}

const keysOf = (texts: readonly string[]): string[] => [
  ...new Set(texts.flatMap((text, index) => contextKeysOf(sourceOf(String(index), text).text, 'identity'))),
];

export const getContextKeysForCustomPolicy: Operation<'iam', 'GetContextKeysForCustomPolicy'> = (input) => ({
  ContextKeyNames: keysOf(input.PolicyInputList),
});

export const getContextKeysForPrincipalPolicy: Operation<'iam', 'GetContextKeysForPrincipalPolicy'> = async (
  input,
  context,
) => {
  const { entity, kind } = await entityOf(context, input.PolicySourceArn);
  const own = await sourcesOfEntity(context, kind, entity);
  return { ContextKeyNames: keysOf([...own.map((source) => source.text), ...(input.PolicyInputList ?? [])]) };
};

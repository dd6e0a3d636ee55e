// Who may call a function: its resource policy, one per qualifier.
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import {
  conflict,
  functionNotFound,
  invalidParameter,
  notFound,
  policyNotFound,
  preconditionFailed,
} from './errors.ts';
import { requireFunction, updateFunction } from './record.ts';
import { requireLayer, updateLayerPolicy, type LayerPolicy } from './layers.ts';
import { functionArn, parseFunctionName, type FunctionRef } from './names.ts';
import {
  findAlias,
  findVersion,
  placeOf,
  putAlias,
  putVersion,
  type FunctionRecord,
  type PolicyStatement,
  type ResourcePolicy,
} from './store.ts';
import { revised } from './versions.ts';

/** "20 KB": quota of function policies */
const POLICY_BYTES_MAX = 20 * 1024;

export const policyText = (policy: ResourcePolicy): string =>
  JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: policy.statements });

interface Grant {
  StatementId: string;
  Action: string;
  Principal: string;
  SourceArn?: string;
  SourceAccount?: string;
  EventSourceToken?: string;
  PrincipalOrgID?: string;
  FunctionUrlAuthType?: string;
  InvokedViaFunctionUrl?: boolean;
}

function principalOf(text: string): PolicyStatement['Principal'] {
  if (text === '*') return '*';
  if (/^\d{12}$/.test(text)) return { AWS: `arn:aws:iam::${text}:root` };
  if (/^arn:aws[a-z-]*:(iam|sts)::\d{12}:.+/.test(text)) return { AWS: text };
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com|amazon\.com|amazonaws\.com\.cn)$/.test(text))
    return { Service: text };
  throw invalidParameter('The provided principal was invalid. Please check the principal and try again.');
}

export function statementOf(grant: Grant, resource: string): PolicyStatement {
  const condition: Record<string, Record<string, string>> = {};
  const add = (operator: string, key: string, value: string | undefined): void => {
    if (value !== undefined) condition[operator] = { ...condition[operator], [key]: value };
  };
  add('StringEquals', 'AWS:SourceAccount', grant.SourceAccount);
  add('StringEquals', 'lambda:EventSourceToken', grant.EventSourceToken);
  add('StringEquals', 'lambda:FunctionUrlAuthType', grant.FunctionUrlAuthType);
  add('StringEquals', 'aws:PrincipalOrgID', grant.PrincipalOrgID);
  add(
    'Bool',
    'lambda:InvokedViaFunctionUrl',
    grant.InvokedViaFunctionUrl === undefined ? undefined : String(grant.InvokedViaFunctionUrl),
  );
  add('ArnLike', 'AWS:SourceArn', grant.SourceArn);
  return {
    Sid: grant.StatementId,
    Effect: 'Allow',
    Principal: principalOf(grant.Principal),
    Action: grant.Action,
    Resource: resource,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  };
}

const keyOf = (ref: FunctionRef): string => ref.qualifier ?? '';

/** What a policy hangs on. It has no revision of its own: a change of it is one of the function, version or alias. */
interface Owner {
  revisionId: string;
  /** the owner with its next revision; of $LATEST within the function's record */
  revise: (tx: Transaction, context: Context) => void;
}

async function requireOwner(reader: Reader, ref: FunctionRef, record: FunctionRecord): Promise<Owner> {
  const { qualifier } = ref;
  if (qualifier === undefined) {
    return {
      revisionId: record.latest.revisionId,
      revise: (_tx, context) => void (record.latest = revised(record.latest, context)),
    };
  }
  if (/^\d+$/.test(qualifier)) {
    const version = await findVersion(reader, ref, ref.name, qualifier);
    if (!version) throw functionNotFound(functionArn(ref, ref.name, qualifier));
    return {
      revisionId: version.revisionId,
      revise: (tx, context) => putVersion(tx, ref, ref.name, revised(version, context)),
    };
  }
  const alias = await findAlias(reader, ref, ref.name, qualifier);
  if (!alias) throw notFound(`Cannot find alias arn: ${functionArn(ref, ref.name, qualifier)}`);
  return {
    revisionId: alias.revisionId,
    revise: (tx, context) => putAlias(tx, ref, ref.name, { ...alias, revisionId: context.ids.uuid() }),
  };
}

/** AddPermission and RemovePermission. */
function changePolicy<T>(
  input: { FunctionName: string; Qualifier?: string | undefined; RevisionId?: string | undefined },
  context: Context,
  change: (policy: ResourcePolicy | undefined, arn: string) => { policy: ResourcePolicy | undefined; answer: T },
): Promise<T> {
  const named = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  if (named.qualifier === '$LATEST') {
    throw invalidParameter('We currently do not support adding policies for $LATEST.');
  }
  return updateFunction(context, input.FunctionName, async (record, tx) => {
    const owner = await requireOwner(tx, named, record);
    const { policy, answer } = change(record.policies[keyOf(named)], functionArn(named, named.name, named.qualifier));
    if (input.RevisionId !== undefined && input.RevisionId !== owner.revisionId) throw preconditionFailed();
    if (policy) record.policies[keyOf(named)] = policy;
    else delete record.policies[keyOf(named)];
    owner.revise(tx, context);
    return answer;
  });
}

function withStatement(policy: ResourcePolicy | undefined, statement: PolicyStatement): ResourcePolicy {
  const statements = policy?.statements ?? [];
  if (statements.some(({ Sid }) => Sid === statement.Sid)) {
    throw conflict(
      `The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    );
  }
  const changed = { statements: [...statements, statement] };
  if (policyText(changed).length > POLICY_BYTES_MAX) {
    throw new ServiceError(
      'PolicyLengthExceededException',
      `The final policy size (${policyText(changed).length}) is bigger than the limit (${POLICY_BYTES_MAX}).`,
      400,
      { fields: { Type: 'User' } },
    );
  }
  return changed;
}

function withoutStatement(policy: ResourcePolicy | undefined, id: string): ResourcePolicy | undefined {
  if (!policy) throw notFound('No policy is associated with the given resource.');
  if (!policy.statements.some((statement) => statement.Sid === id))
    throw notFound(`Statement ${id} is not found in resource policy.`);
  const statements = policy.statements.filter((statement) => statement.Sid !== id);
  return statements.length === 0 ? undefined : { statements };
}

export const addPermission: Operation<'lambda', 'AddPermission'> = (input, context) => {
  if (input.FunctionUrlAuthType !== undefined && input.Action !== 'lambda:InvokeFunctionUrl') {
    throw invalidParameter('FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action');
  }
  return changePolicy(input, context, (policy, arn) => {
    const statement = statementOf(input as Grant, arn);
    return { policy: withStatement(policy, statement), answer: { Statement: JSON.stringify(statement) } };
  });
};

export const removePermission: Operation<'lambda', 'RemovePermission'> = (input, context) =>
  changePolicy(input, context, (policy) => ({ policy: withoutStatement(policy, input.StatementId), answer: {} }));

export const getPolicy: Operation<'lambda', 'GetPolicy'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  const record = await requireFunction(context, { ...ref });
  const policy = record.policies[keyOf(ref)];
  const owner = ref.qualifier === '$LATEST' ? undefined : await requireOwner(context.store, ref, record);
  if (!policy || !owner) throw policyNotFound();
  return { Policy: policyText(policy), RevisionId: owner.revisionId };
};

/** The policy that speaks about a call of this qualifier, for the authorization of every operation. */
export const policyFor = (record: FunctionRecord, qualifier: string | undefined): string | undefined => {
  const policy = record.policies[qualifier === '$LATEST' ? '' : (qualifier ?? '')];
  return policy && policyText(policy);
};

export const addLayerVersionPermission: Operation<'lambda', 'AddLayerVersionPermission'> = (input, context) =>
  updateLayerPolicy(context, input.LayerName, input.VersionNumber, (layer, arn) => {
    const { StatementId, Action, Principal, OrganizationId } = input;
    const organization = OrganizationId === undefined ? {} : { PrincipalOrgID: OrganizationId };
    const statement = statementOf({ StatementId, Action, Principal, ...organization }, arn);
    const changed = withStatement(layer.policy, statement);
    checkLayerRevision(input.RevisionId, layer.policy);
    layer.policy = { ...changed, revisionId: context.ids.uuid() };
    return { Statement: JSON.stringify(statement), RevisionId: layer.policy.revisionId };
  });

export const removeLayerVersionPermission: Operation<'lambda', 'RemoveLayerVersionPermission'> = (input, context) =>
  updateLayerPolicy(context, input.LayerName, input.VersionNumber, (layer) => {
    const policy = withoutStatement(layer.policy, input.StatementId);
    checkLayerRevision(input.RevisionId, layer.policy);
    if (policy) layer.policy = { ...policy, revisionId: context.ids.uuid() };
    else delete layer.policy;
    return {};
  });

function checkLayerRevision(given: string | undefined, policy: LayerPolicy | undefined): void {
  if (given === undefined || given === policy?.revisionId) return;
  throw preconditionFailed(
    'The RevisionId provided does not match the latest RevisionId. Call the GetLayerPolicy API to retrieve the latest Revision Id',
  );
}

export const getLayerVersionPolicy: Operation<'lambda', 'GetLayerVersionPolicy'> = async (input, context) => {
  const { policy } = (await requireLayer(context, input.LayerName, input.VersionNumber)).layer;
  if (!policy) throw policyNotFound();
  return { Policy: policyText(policy), RevisionId: policy.revisionId };
};

// Who may call a function: its resource policy, one per qualifier.
import { ServiceError } from '#core/errors.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { conflict, invalidParameter, notFound, policyNotFound, preconditionFailed } from './errors.ts';
import { requireFunction, updateFunction } from './record.ts';
import { requireLayer, updateLayerPolicy } from './layers.ts';
import { functionArn, parseFunctionName, type FunctionRef } from './names.ts';
import {
  findAlias,
  findVersion,
  placeOf,
  type FunctionRecord,
  type PolicyStatement,
  type ResourcePolicy,
} from './store.ts';

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

async function requireQualifier(reader: Reader, ref: FunctionRef): Promise<void> {
  const { qualifier } = ref;
  if (qualifier === undefined) return;
  if (qualifier === '$LATEST') {
    throw invalidParameter('We currently do not support adding policies for $LATEST.');
  }
  const there =
    (await findVersion(reader, ref, ref.name, qualifier)) ?? (await findAlias(reader, ref, ref.name, qualifier));
  if (!there) throw notFound(`Cannot find alias arn: ${functionArn(ref, ref.name, qualifier)}`);
}

export const addPermission: Operation<'lambda', 'AddPermission'> = (input, context) => {
  const named = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  if (input.FunctionUrlAuthType !== undefined && input.Action !== 'lambda:InvokeFunctionUrl') {
    throw invalidParameter('FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action');
  }
  return updateFunction(context, input.FunctionName, async (record, tx) => {
    await requireQualifier(tx, named);
    const policy = record.policies[keyOf(named)] ?? { statements: [], revisionId: '' };
    if (input.RevisionId !== undefined && input.RevisionId !== policy.revisionId) throw preconditionFailed();
    if (policy.statements.some((statement) => statement.Sid === input.StatementId)) {
      throw conflict(
        `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
      );
    }
    const statement = statementOf(input as Grant, functionArn(named, named.name, named.qualifier));
    const changed = { statements: [...policy.statements, statement], revisionId: context.ids.uuid() };
    if (policyText(changed).length > POLICY_BYTES_MAX) {
      throw new ServiceError(
        'PolicyLengthExceededException',
        `The final policy size (${policyText(changed).length}) is bigger than the limit (${POLICY_BYTES_MAX}).`,
        400,
        { fields: { Type: 'User' } },
      );
    }
    record.policies[keyOf(named)] = changed;
    return { Statement: JSON.stringify(statement) };
  });
};

function withoutStatement(
  policy: ResourcePolicy | undefined,
  id: string,
  revision: string | undefined,
  next: string,
): ResourcePolicy | undefined {
  if (!policy) throw notFound('No policy is associated with the given resource.');
  if (!policy.statements.some((statement) => statement.Sid === id))
    throw notFound(`Statement ${id} is not found in resource policy.`);
  if (revision !== undefined && revision !== policy.revisionId) throw preconditionFailed();
  const statements = policy.statements.filter((statement) => statement.Sid !== id);
  return statements.length === 0 ? undefined : { statements, revisionId: next };
}

export const removePermission: Operation<'lambda', 'RemovePermission'> = (input, context) => {
  const named = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  return updateFunction(context, input.FunctionName, (record) => {
    const policy = withoutStatement(
      record.policies[keyOf(named)],
      input.StatementId,
      input.RevisionId,
      context.ids.uuid(),
    );
    if (policy) record.policies[keyOf(named)] = policy;
    else delete record.policies[keyOf(named)];
    return {};
  });
};

export const getPolicy: Operation<'lambda', 'GetPolicy'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  const policy = (await requireFunction(context, ref)).policies[keyOf(ref)];
  if (!policy) throw policyNotFound();
  return { Policy: policyText(policy), RevisionId: policy.revisionId };
};

/** The policy that speaks about a call of this qualifier, for the authorization of every operation. */
export const policyFor = (record: FunctionRecord, qualifier: string | undefined): string | undefined => {
  const policy = record.policies[qualifier === '$LATEST' ? '' : (qualifier ?? '')];
  return policy && policyText(policy);
};

export const addLayerVersionPermission: Operation<'lambda', 'AddLayerVersionPermission'> = (input, context) =>
  updateLayerPolicy(context, input.LayerName, input.VersionNumber, (layer, arn) => {
    const policy = layer.policy ?? { statements: [], revisionId: '' };
    if (input.RevisionId !== undefined && input.RevisionId !== policy.revisionId) throw preconditionFailed();
    if (policy.statements.some((statement) => statement.Sid === input.StatementId)) {
      throw conflict(
        `The statement id (${input.StatementId}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
      );
    }
    const statement = statementOf(
      {
        StatementId: input.StatementId,
        Action: input.Action,
        Principal: input.Principal,
        ...(input.OrganizationId !== undefined && { PrincipalOrgID: input.OrganizationId }),
      },
      arn,
    );
    layer.policy = { statements: [...policy.statements, statement], revisionId: context.ids.uuid() };
    return { Statement: JSON.stringify(statement), RevisionId: layer.policy.revisionId };
  });

export const removeLayerVersionPermission: Operation<'lambda', 'RemoveLayerVersionPermission'> = (input, context) =>
  updateLayerPolicy(context, input.LayerName, input.VersionNumber, (layer) => {
    const policy = withoutStatement(layer.policy, input.StatementId, input.RevisionId, context.ids.uuid());
    if (policy) layer.policy = policy;
    else delete layer.policy;
    return {};
  });

export const getLayerVersionPolicy: Operation<'lambda', 'GetLayerVersionPolicy'> = async (input, context) => {
  const { policy } = (await requireLayer(context, input.LayerName, input.VersionNumber)).layer;
  if (!policy) throw policyNotFound();
  return { Policy: policyText(policy), RevisionId: policy.revisionId };
};

// Policies that let AWS services and other accounts write to log groups.
import { compilePolicy } from '#core/policy/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter, limitExceeded, notOffered, policyNotFound } from './errors.ts';
import {
  deleteResourcePolicyEntry,
  listResourcePolicies,
  placeOf,
  putResourcePolicyEntry,
  RESOURCE_POLICIES_MAX,
  type ResourcePolicy,
} from './store.ts';

const shown = ({ name, document, updatedAt }: ResourcePolicy) => ({
  policyName: name,
  policyDocument: document,
  lastUpdatedTime: updatedAt,
});

export const putResourcePolicy: Operation<'logs', 'PutResourcePolicy'> = async (input, context) => {
  const { policyName, policyDocument, resourceArn, expectedRevisionId } = input;
  if (resourceArn !== undefined || expectedRevisionId !== undefined) {
    throw notOffered('policies of one resource (resourceArn, expectedRevisionId)');
  }
  if (!policyName || !policyDocument) throw invalidParameter('policyName and policyDocument must be specified');
  try {
    compilePolicy(policyDocument, 'resource');
  } catch (error) {
    throw invalidParameter(`Resource policy document is invalid: ${(error as Error).message}`);
  }
  const policy = { name: policyName, document: policyDocument, updatedAt: context.clock.now() };
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    const all = await listResourcePolicies(tx, at);
    if (all.length >= RESOURCE_POLICIES_MAX && !all.some(({ name }) => name === policyName)) throw limitExceeded();
    putResourcePolicyEntry(tx, at, policy);
  });
  return { resourcePolicy: shown(policy) };
};

export const describeResourcePolicies: Operation<'logs', 'DescribeResourcePolicies'> = async (input, context) => {
  if (input.resourceArn !== undefined || input.policyScope === 'RESOURCE') {
    throw notOffered('policies of one resource (resourceArn, policyScope)');
  }
  const limit = input.limit ?? 50;
  const found = (await listResourcePolicies(context.store, placeOf(context))).filter(
    ({ name }) => input.nextToken === undefined || name > input.nextToken,
  );
  const page = found.slice(0, limit);
  return {
    resourcePolicies: page.map(shown),
    ...(found.length > limit && { nextToken: page.at(-1)?.name }),
  };
};

export const deleteResourcePolicy: Operation<'logs', 'DeleteResourcePolicy'> = async (input, context) => {
  const { policyName = '', resourceArn, expectedRevisionId } = input;
  if (resourceArn !== undefined || expectedRevisionId !== undefined) {
    throw notOffered('policies of one resource (resourceArn, expectedRevisionId)');
  }
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    if (!(await listResourcePolicies(tx, at)).some(({ name }) => name === policyName)) throw policyNotFound(policyName);
    deleteResourcePolicyEntry(tx, at, policyName);
  });
  return {};
};

/** All of a region's policies as one: what they allow and deny adds up. */
export async function policyOf(context: Context): Promise<string | undefined> {
  const policies = await listResourcePolicies(context.store, placeOf(context));
  if (policies.length === 0) return undefined;
  const Statement = policies.flatMap(({ document }) => (JSON.parse(document) as { Statement: unknown }).Statement);
  return JSON.stringify({ Version: '2012-10-17', Statement });
}

// Managed policies: the account's own and, to read, AWS's.
import type { Policy as PolicyDescription } from '@aws-sdk/client-iam';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { listAwsManaged } from './aws-managed.ts';
import { checkQuota } from './entities.ts';
import { policyExists, policyHasVersions, policyIsAttached, quotaExceeded } from './errors.ts';
import { arnOf, checkName, checkPath } from './names.ts';
import { pageOf } from './paging.ts';
import { checkDocument, documentSize } from './policy-documents.ts';
import { requireOwnPolicy, requirePolicy } from './policy-lookup.ts';
import type { ManagedPolicy } from './records.ts';
import { countAttachments, find, list, listAttachments, put, remove } from './store.ts';
import { mergeTags, withoutTags } from './tags.ts';

const POLICY_SIZE_MAX = 6144;

interface Counts {
  policies: number;
  boundaries: number;
}
const NO_ATTACHMENTS: Counts = { policies: 0, boundaries: 0 };

export function checkManagedDocument(text: string): void {
  checkDocument(text, 'identity');
  if (documentSize(text) > POLICY_SIZE_MAX) throw quotaExceeded('PolicySize', POLICY_SIZE_MAX);
}

/** Listings leave out description and tags. */
export function describePolicy(policy: ManagedPolicy, counts: Counts = NO_ATTACHMENTS): PolicyDescription {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: counts.policies,
    PermissionsBoundaryUsageCount: counts.boundaries,
    IsAttachable: true,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
  };
}

async function countsOf({ accountId, store }: Context, arn: string): Promise<Counts> {
  const attachments = await listAttachments(store, accountId, arn);
  const policies = attachments.filter((attachment) => attachment.as === 'policy').length;
  return { policies, boundaries: attachments.length - policies };
}

export const createPolicy: Operation<'iam', 'CreatePolicy'> = async (input, context) => {
  const { accountId, clock, ids, store } = context;
  const name = input.PolicyName;
  checkName('policyName', name);
  const path = checkPath(input.Path);
  checkManagedDocument(input.PolicyDocument);
  const now = clock.now();
  const policy: ManagedPolicy = {
    name,
    id: ids.iam('ANPA'),
    path,
    arn: arnOf(accountId, 'policy', { name, path }),
    ...(input.Description && { description: input.Description }),
    createdAt: now,
    updatedAt: now,
    defaultVersion: 'v1',
    nextNumber: 2,
    versions: [{ id: 'v1', document: input.PolicyDocument, createdAt: now }],
    tags: mergeTags([], input.Tags, 'Policy'),
  };
  await store.transact(async (tx) => {
    if (await find(tx, accountId, 'policy', name)) throw policyExists(name);
    await checkQuota(tx, accountId, 'policy');
    put(tx, accountId, 'policy', name, policy);
  });
  return { Policy: { ...describePolicy(policy), ...(policy.tags.length > 0 && { Tags: policy.tags }) } };
};

export const getPolicy: Operation<'iam', 'GetPolicy'> = async (input, context) => {
  const policy = await requirePolicy(context.store, context.accountId, input.PolicyArn);
  return {
    Policy: {
      ...describePolicy(policy, await countsOf(context, policy.arn)),
      ...(policy.description !== undefined && { Description: policy.description }),
      Tags: policy.tags,
    },
  };
};

export const listPolicies: Operation<'iam', 'ListPolicies'> = async (input, { accountId, store }) => {
  const {
    Scope: scope = 'All',
    OnlyAttached: onlyAttached,
    PathPrefix: prefix = '/',
    PolicyUsageFilter: usage,
  } = input;
  const counts = await countAttachments(store, accountId);
  const own = scope === 'AWS' ? [] : await list(store, accountId, 'policy');
  const found = [...own, ...(scope === 'Local' ? [] : listAwsManaged())].filter((policy) => {
    const { policies, boundaries } = counts.get(policy.arn) ?? NO_ATTACHMENTS;
    if (onlyAttached && policies + boundaries === 0) return false;
    if (usage === 'PermissionsPolicy' && policies === 0) return false;
    if (usage === 'PermissionsBoundary' && boundaries === 0) return false;
    return policy.path.startsWith(prefix);
  });
  const { items, ...page } = pageOf(found, input, (policy) => policy.arn);
  return { Policies: items.map((policy) => describePolicy(policy, counts.get(policy.arn))), ...page };
};

export const deletePolicy: Operation<'iam', 'DeletePolicy'> = async (input, { accountId, store }) => {
  await store.transact(async (tx) => {
    const policy = await requireOwnPolicy(tx, accountId, input.PolicyArn);
    if ((await listAttachments(tx, accountId, policy.arn)).length > 0) throw policyIsAttached();
    if (policy.versions.length > 1) throw policyHasVersions();
    remove(tx, accountId, 'policy', policy.name);
  });
  return {};
};

export function changePolicy(
  { accountId, store }: Context,
  arn: string,
  change: (policy: ManagedPolicy, tx: Transaction) => ManagedPolicy,
): Promise<ManagedPolicy> {
  return store.transact(async (tx) => {
    const changed = change(await requireOwnPolicy(tx, accountId, arn), tx);
    put(tx, accountId, 'policy', changed.name, changed);
    return changed;
  });
}

export const tagPolicy: Operation<'iam', 'TagPolicy'> = async (input, context) => {
  await changePolicy(context, input.PolicyArn, (policy) => ({
    ...policy,
    tags: mergeTags(policy.tags, input.Tags, 'Policy'),
  }));
  return {};
};

export const untagPolicy: Operation<'iam', 'UntagPolicy'> = async (input, context) => {
  await changePolicy(context, input.PolicyArn, (policy) => ({
    ...policy,
    tags: withoutTags(policy.tags, input.TagKeys),
  }));
  return {};
};

export const listPolicyTags: Operation<'iam', 'ListPolicyTags'> = async (input, { accountId, store }) => {
  const policy = await requirePolicy(store, accountId, input.PolicyArn);
  const { items, ...page } = pageOf(policy.tags, input, (tag) => tag.Key ?? '');
  return { Tags: items, ...page };
};

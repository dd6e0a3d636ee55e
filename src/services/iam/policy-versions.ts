import type { PolicyVersion as VersionDescription } from '@aws-sdk/client-iam';
import type { Operation } from '#kernel/service.ts';
import { isDefaultVersion, policyVersionNotFound, tooManyVersions } from './errors.ts';
import { pageOf } from './paging.ts';
import { changePolicy, checkManagedDocument } from './policies.ts';
import { encodeDocument } from './policy-documents.ts';
import { requirePolicy } from './policy-lookup.ts';
import type { ManagedPolicy, PolicyVersion } from './records.ts';

const VERSIONS_MAX = 5;

function requireVersion(policy: ManagedPolicy, id: string): PolicyVersion {
  const version = policy.versions.find((candidate) => candidate.id === id);
  if (!version) throw policyVersionNotFound(policy.arn, id);
  return version;
}

function describeVersion(policy: ManagedPolicy, { id, createdAt }: PolicyVersion): VersionDescription {
  return { VersionId: id, IsDefaultVersion: id === policy.defaultVersion, CreateDate: new Date(createdAt) };
}

/** Newest first. */
export function describeVersions(policy: ManagedPolicy, withDocuments: boolean): VersionDescription[] {
  return [...policy.versions].reverse().map((version) => ({
    ...(withDocuments && { Document: encodeDocument(version.document) }),
    ...describeVersion(policy, version),
  }));
}

export const createPolicyVersion: Operation<'iam', 'CreatePolicyVersion'> = async (input, context) => {
  checkManagedDocument(input.PolicyDocument);
  const now = context.clock.now();
  const policy = await changePolicy(context, input.PolicyArn, (old) => {
    if (old.versions.length >= VERSIONS_MAX) throw tooManyVersions();
    const id = `v${old.nextNumber}`;
    return {
      ...old,
      versions: [...old.versions, { id, document: input.PolicyDocument, createdAt: now }],
      nextNumber: old.nextNumber + 1,
      updatedAt: now,
      ...(input.SetAsDefault && { defaultVersion: id }),
    };
  });
  return { PolicyVersion: describeVersion(policy, policy.versions.at(-1) as PolicyVersion) };
};

export const getPolicyVersion: Operation<'iam', 'GetPolicyVersion'> = async (input, { accountId, store }) => {
  const policy = await requirePolicy(store, accountId, input.PolicyArn);
  const version = requireVersion(policy, input.VersionId);
  return { PolicyVersion: { Document: encodeDocument(version.document), ...describeVersion(policy, version) } };
};

export const listPolicyVersions: Operation<'iam', 'ListPolicyVersions'> = async (input, { accountId, store }) => {
  const policy = await requirePolicy(store, accountId, input.PolicyArn);
  const { items, ...page } = pageOf(describeVersions(policy, false), input, (version) => version.VersionId ?? '');
  return { Versions: items, ...page };
};

export const setDefaultPolicyVersion: Operation<'iam', 'SetDefaultPolicyVersion'> = async (input, context) => {
  const now = context.clock.now();
  await changePolicy(context, input.PolicyArn, (policy) => {
    requireVersion(policy, input.VersionId);
    return { ...policy, defaultVersion: input.VersionId, updatedAt: now };
  });
  return {};
};

export const deletePolicyVersion: Operation<'iam', 'DeletePolicyVersion'> = async (input, context) => {
  await changePolicy(context, input.PolicyArn, (policy) => {
    const { id } = requireVersion(policy, input.VersionId);
    if (id === policy.defaultVersion) throw isDefaultVersion();
    return { ...policy, versions: policy.versions.filter((version) => version.id !== id) };
  });
  return {};
};

// Managed policies by ARN: AWS's and the account's own.
import type { Reader } from '#store/contract.ts';
import { findAwsManaged, isAwsManaged } from './aws-managed.ts';
import { invalidArn, notYourPolicy, policyNotAttachable, policyNotFound } from './errors.ts';
import type { ManagedPolicy } from './records.ts';
import { find } from './store.ts';

const POLICY_ARN = /^arn:aws:iam::(\d{12}|aws):policy(\/(?:[\u0021-\u007e]*\/)?)([\w+=,.@-]+)$/;

export async function findPolicy(reader: Reader, accountId: string, arn: string): Promise<ManagedPolicy | undefined> {
  if (isAwsManaged(arn)) return findAwsManaged(arn);
  const [, owner, , name = ''] = POLICY_ARN.exec(arn) ?? [];
  if (owner !== accountId) return undefined;
  const policy = await find(reader, accountId, 'policy', name);
  return policy?.arn === arn ? policy : undefined;
}

export function checkPolicyArn(arn: string): void {
  if (!POLICY_ARN.test(arn)) throw invalidArn(arn);
}

export async function requirePolicy(reader: Reader, accountId: string, arn: string): Promise<ManagedPolicy> {
  checkPolicyArn(arn);
  const policy = await findPolicy(reader, accountId, arn);
  if (!policy) throw policyNotFound(arn);
  return policy;
}

export async function requireAttachable(reader: Reader, accountId: string, arn: string): Promise<ManagedPolicy> {
  checkPolicyArn(arn);
  const policy = await findPolicy(reader, accountId, arn);
  if (!policy) throw policyNotAttachable(arn);
  return policy;
}

/** AWS's policies cannot be changed. */
export async function requireOwnPolicy(reader: Reader, accountId: string, arn: string): Promise<ManagedPolicy> {
  if (isAwsManaged(arn)) throw notYourPolicy();
  return requirePolicy(reader, accountId, arn);
}

export function defaultDocument(policy: ManagedPolicy): string {
  return policy.versions.find((version) => version.id === policy.defaultVersion)?.document ?? '';
}

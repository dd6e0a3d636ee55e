// What a caller passes for a session: policies that narrow it, and tags.
import type { PolicyDescriptorType, Tag } from '@aws-sdk/client-sts';
import { MalformedPolicy, parsePolicy } from '#core/policy/index.ts';
import { malformedPolicyDocument, packedPolicyTooLarge, validationError } from './errors.ts';

interface Passed {
  Policy?: string | undefined;
  PolicyArns?: PolicyDescriptorType[] | undefined;
  Tags?: Tag[] | undefined;
}

const SESSION_POLICY_SIZE_MAX = 2048;
const SESSION_TAGS_MAX = 50;

/** Answers how much of the space for policies and tags is used, in percent. */
export function checkSessionPolicies({ Policy: policy, PolicyArns: arns = [], Tags: tags = [] }: Passed): number {
  for (const { arn = '' } of arns) {
    if (!/^arn:aws:iam::(?:aws|\d{12}):policy\/.+$/.test(arn)) throw validationError(`ARN ${arn} is not valid.`);
  }
  if (policy !== undefined) {
    try {
      parsePolicy(policy, 'identity');
    } catch (error) {
      if (error instanceof MalformedPolicy) throw malformedPolicyDocument(error.message);
      throw error;
    }
  }
  const size = [
    policy ?? '',
    ...arns.map(({ arn = '' }) => arn),
    ...tags.map(({ Key, Value }) => `${Key}${Value}`),
  ].join('').length;
  const percent = Math.ceil((size / SESSION_POLICY_SIZE_MAX) * 100);
  if (percent > 100) throw packedPolicyTooLarge(percent);
  return percent;
}

export function sessionTags(tags: Passed['Tags'] = []): { sessionTags?: Record<string, string> } {
  if (tags.length === 0) return {};
  const seen = new Set<string>();
  for (const { Key = '' } of tags) {
    if (seen.has(Key.toLowerCase())) {
      throw validationError('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
    }
    seen.add(Key.toLowerCase());
  }
  if (tags.length > SESSION_TAGS_MAX) throw validationError(`Cannot pass more than ${SESSION_TAGS_MAX} session tags`);
  return { sessionTags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])) };
}

// Bucket policies. Evaluated for every request by the kernel's evaluator (access.ts hands them over).
import type { Operation } from '#kernel/service.ts';
import { MalformedPolicy, matchesWildcards, parsePolicy } from '#core/policy/index.ts';
import { accessDenied, malformedPolicy, noSuchBucketPolicy, policyTooLarge } from './errors.ts';
import { requireBucket } from './lookups.ts';
import { kindsOfAction, kindsOfResource } from './policy-actions.ts';
import { isPublicPolicy } from './policy-publicness.ts';
import type { Bucket } from './records.ts';
import { changeBucket } from './bucket-settings.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html */
const POLICY_BYTES_MAX = 20 * 1024;
const VERSIONS = ['2008-10-17', '2012-10-17'];

export const putBucketPolicy: Operation<'s3', 'PutBucketPolicy'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  checkPolicy(input.Policy, bucket);
  if (bucket.publicAccessBlock?.blockPublicPolicy && isPublicPolicy(input.Policy)) {
    throw accessDenied(
      'User is not authorized to perform: s3:PutBucketPolicy on resource: ' +
        `"arn:aws:s3:::${bucket.name}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
    );
  }
  await changeBucket(context, bucket, (current) => ({ ...current, policy: input.Policy }));
  return {};
};

export const getBucketPolicy: Operation<'s3', 'GetBucketPolicy'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  if (bucket.policy === undefined) throw noSuchBucketPolicy(bucket.name);
  return { Policy: bucket.policy };
};

export const deleteBucketPolicy: Operation<'s3', 'DeleteBucketPolicy'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  await changeBucket(context, bucket, ({ policy: _dropped, ...rest }) => rest);
  return {};
};

export const getBucketPolicyStatus: Operation<'s3', 'GetBucketPolicyStatus'> = async (input, context) => {
  const bucket = await requireBucket(input, context);
  if (bucket.policy === undefined) throw noSuchBucketPolicy(bucket.name);
  return { PolicyStatus: { IsPublic: isPublicPolicy(bucket.policy) } };
};

/** What S3 looks at before it takes a policy; the texts are S3's. */
function checkPolicy(text: string, bucket: Bucket): void {
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) throw policyTooLarge();
  if (!text.startsWith('{')) throw malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
  const policy = parseJson(text);
  if (policy.Version !== undefined && !VERSIONS.includes(policy.Version as string)) {
    throw malformedPolicy('The policy must contain a valid version string');
  }
  const statements = [policy.Statement ?? []].flat() as Record<string, unknown>[];
  if (statements.length === 0) throw malformedPolicy('Missing required field Statement');
  for (const statement of statements) checkStatement(statement, bucket);
  checkGrammar(text);
}

/** What is left for the evaluator to refuse: operators, keys, unknown elements. */
function checkGrammar(text: string): void {
  try {
    parsePolicy(text, 'resource');
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    throw malformedPolicy(error.message.startsWith('Syntax') ? 'Invalid policy syntax.' : error.message);
  }
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw malformedPolicy('This policy contains invalid Json');
  }
}

function checkStatement(statement: Record<string, unknown>, bucket: Bucket): void {
  if (typeof statement !== 'object' || statement === null) throw malformedPolicy('This policy contains invalid Json');
  if (statement['Effect'] === undefined) throw malformedPolicy('Missing required field Effect', bucket.name);
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') {
    throw malformedPolicy(`Invalid effect: ${String(statement['Effect'])}`);
  }
  if (statement['Principal'] === undefined && statement['NotPrincipal'] === undefined) {
    throw malformedPolicy('Missing required field Principal');
  }
  checkPrincipal(statement['Principal'] ?? statement['NotPrincipal']);
  checkActions(statement['Action'] ?? statement['NotAction']);
  checkResources(statement['Resource'] ?? statement['NotResource'], bucket);
  checkCombination(statement['Action'], statement['Resource']);
}

/** Every action must find a resource of its kind: `s3:GetObject` none in `arn:aws:s3:::bucket`. */
function checkCombination(actions: unknown, resources: unknown): void {
  if (actions === undefined || resources === undefined) return;
  const kinds = ([resources].flat() as string[]).flatMap(kindsOfResource);
  for (const action of [actions].flat() as string[]) {
    if (!kindsOfAction(action).some((kind) => kinds.includes(kind)))
      throw malformedPolicy('Action does not apply to any resource(s) in statement');
  }
}

function checkPrincipal(principal: unknown): void {
  if (principal === '*') return;
  if (typeof principal !== 'object' || principal === null) throw malformedPolicy('Invalid policy syntax.');
  for (const [type, names] of Object.entries(principal)) {
    if (!['AWS', 'Service', 'Federated', 'CanonicalUser'].includes(type))
      throw malformedPolicy('Invalid principal in policy', `"${type}" : ${JSON.stringify(names)}`);
    if (type !== 'AWS') continue;
    for (const name of [names].flat() as unknown[]) {
      if (
        typeof name !== 'string' ||
        !/^(\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:.+|A(IDA|ROA|GPA)[A-Z0-9]+)$/.test(name)
      ) {
        throw malformedPolicy('Invalid principal in policy', `"AWS" : "${String(name)}"`);
      }
    }
  }
}

function checkActions(actions: unknown): void {
  if (actions === undefined) throw malformedPolicy('Missing required field Action');
  for (const action of [actions].flat() as unknown[]) {
    if (typeof action !== 'string' || kindsOfAction(action).length === 0)
      throw malformedPolicy('Policy has invalid action');
  }
}

function checkResources(resources: unknown, bucket: Bucket): void {
  if (resources === undefined) throw malformedPolicy('Missing required field Resource');
  const own = `arn:aws:s3:::${bucket.name}`;
  for (const resource of [resources].flat() as unknown[]) {
    if (
      typeof resource !== 'string' ||
      (resource !== own && !resource.startsWith(`${own}/`) && !couldMatch(resource, own))
    ) {
      throw malformedPolicy('Policy has invalid resource');
    }
  }
}

/** `arn:aws:s3:::my-*` may name this bucket. */
function couldMatch(pattern: string, arn: string): boolean {
  const bucketPart = pattern.split('/')[0] ?? '';
  if (!/[*?]/.test(bucketPart) || !bucketPart.startsWith('arn:aws:s3:::')) return false;
  return matchesWildcards(bucketPart, arn);
}

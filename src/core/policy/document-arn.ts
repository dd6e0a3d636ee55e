// Actions and resources as IAM validates them when a policy is stored.
import type { PolicyKind } from './document.ts';
import { MalformedPolicy, SYNTAX_ERROR } from './malformed-policy.ts';
import { splitSegments } from './pattern.ts';

const PARTITIONS = new Set(['aws', 'aws-cn', 'aws-us-gov', 'aws-iso', 'aws-iso-b', 'aws-eusc']);
const IAM_PATHS = [
  'user/',
  'federated-user/',
  'role/',
  'group/',
  'instance-profile/',
  'mfa/',
  'server-certificate/',
  'policy/',
  'sms-mfa/',
  'saml-provider/',
  'oidc-provider/',
  'report/',
  'access-report/',
];
const hasWildcard = (text: string): boolean => /[*?]|\$\{/.test(text);

export function checkAction(action: string, kind: PolicyKind): void {
  if (kind === 'trust') {
    if (/^sts:[A-Za-z*?]+$/i.test(action)) return;
    throw new MalformedPolicy('AssumeRole policy may only specify STS AssumeRole actions.');
  }
  if (action === '*') return;
  const colon = action.indexOf(':');
  if (colon < 0) {
    throw new MalformedPolicy('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
  }
  const vendor = action.slice(0, colon);
  if (!/^[A-Za-z0-9-]+$/.test(vendor)) throw new MalformedPolicy(`Vendor ${vendor} is not valid`);
  if (!/^[A-Za-z0-9*?]+$/.test(action.slice(colon + 1))) throw new MalformedPolicy(SYNTAX_ERROR);
}

export function checkResource(resource: string): void {
  if (resource === '*') return;
  const [arn, partition = '', vendor = '', region = '', , path] = splitSegments(resource);
  if (arn !== 'arn') throw new MalformedPolicy(`Resource ${resource} must be in ARN format or "*".`);
  if (path === undefined && !resource.endsWith(':*')) throw new MalformedPolicy('The policy failed legacy parsing');
  if (!hasWildcard(partition) && !PARTITIONS.has(partition)) {
    throw new MalformedPolicy(`Partition "${partition}" is not valid for resource "${resource}".`);
  }
  if (vendor !== '*' && hasWildcard(vendor)) {
    throw new MalformedPolicy('Resource vendor must be fully qualified and cannot contain regexes.');
  }
  if (vendor !== 'iam' || path === undefined) return;
  if (region !== '' && region !== '*') {
    throw new MalformedPolicy(`IAM resource ${resource} cannot contain region information.`);
  }
  if (
    path !== '*' &&
    path !== 'root' &&
    !hasWildcard(path.split('/', 1)[0] as string) &&
    !IAM_PATHS.some((start) => path.startsWith(start))
  ) {
    throw new MalformedPolicy(
      `IAM resource path must either be "*" or start with ${IAM_PATHS.slice(0, -1).join(', ')}, or ${IAM_PATHS.at(-1)}.`,
    );
  }
}

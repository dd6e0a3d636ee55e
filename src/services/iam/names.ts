// Names, paths and ARNs of IAM.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
import { invalidName, invalidPath, validationError } from './errors.ts';
import type { RecordKind } from './store.ts';

const NAME = /^[\w+=,.@-]+$/;
const PATH = /^\/(?:[\u0021-\u007e]+\/)?$/;
const PATH_LENGTH_MAX = 512;

const LENGTHS_MAX: Record<string, number> = {
  userName: 64,
  roleName: 64,
  groupName: 128,
  policyName: 128,
  instanceProfileName: 128,
};

/** Also for calls that come from another service, which the wire has not checked. */
export function checkName(field: string, name: string): void {
  const max = LENGTHS_MAX[field] ?? 128;
  if (name.length > max) {
    throw validationError(
      `1 validation error detected: Value '${name}' at '${field}' failed to satisfy constraint: Member must have length less than or equal to ${max}`,
    );
  }
  if (!NAME.test(name)) throw invalidName(field);
}

export function checkPath(path: string | undefined): string {
  if (path === undefined) return '/';
  if (path.length > PATH_LENGTH_MAX || !PATH.test(path)) throw invalidPath();
  return path;
}

export function arnOf(accountId: string, kind: RecordKind, entity: { name: string; path: string }): string {
  return `arn:aws:iam::${accountId}:${kind}${entity.path}${entity.name}`;
}

import { invalidParameter } from './errors.ts';

export function checkTagKeys(tags: Record<string, string> | undefined): void {
  if (Object.keys(tags ?? {}).some((key) => /^aws:/i.test(key))) {
    throw invalidParameter('User-defined tag keys cannot start with aws:, which is reserved for system use.');
  }
}

import type { Tag } from '@aws-sdk/client-iam';
import { invalidInput, quotaExceeded } from './errors.ts';

const TAGS_MAX = 50;
/** \p{L}\p{Z}\p{N} and the punctuation that tags may have */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Tag keys have no case: a new tag replaces the one of the same key. */
export function mergeTags(old: readonly Tag[], added: readonly Tag[] | undefined, what: string): Tag[] {
  const tags = new Map(old.map((tag) => [tag.Key?.toLowerCase(), tag]));
  const seen = new Set<string>();
  for (const { Key = '', Value = '' } of added ?? []) {
    const name = Key.toLowerCase();
    if (seen.has(name)) {
      throw invalidInput('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
    }
    seen.add(name);
    if (name.startsWith('aws:')) throw invalidInput('aws: prefixed tag key names are not allowed for external use.');
    if (!TAG_TEXT.test(Key) || !TAG_TEXT.test(Value))
      throw invalidInput('Tag keys and values hold characters that are not allowed.');
    tags.set(name, { Key, Value });
  }
  if (tags.size > TAGS_MAX) throw quotaExceeded(`TagsPer${what}`, TAGS_MAX);
  return [...tags.values()];
}

export function withoutTags(old: readonly Tag[], keys: readonly string[]): Tag[] {
  const gone = new Set(keys.map((key) => key.toLowerCase()));
  return old.filter((tag) => !gone.has((tag.Key ?? '').toLowerCase()));
}

// Tags of buckets and objects: the rules are the same, the numbers differ.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
import { invalidArgument, invalidTag, tooManyTags } from './errors.ts';
import type { Tag } from './records.ts';

export const OBJECT_TAGS_MAX = 10;
export const BUCKET_TAGS_MAX = 50;
const KEY_LENGTH_MAX = 128;
const VALUE_LENGTH_MAX = 256;
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

export function parseTagSet(tagSet: readonly { Key?: string; Value?: string }[] | undefined, countMax: number): Tag[] {
  const tags = (tagSet ?? []).map((tag): Tag => [tag.Key ?? '', tag.Value ?? '']);
  checkTags(tags, countMax);
  return tags;
}

/** The x-amz-tagging header: a URL query. */
export function parseTaggingHeader(header: string | undefined): Tag[] | undefined {
  if (header === undefined || header === '') return undefined;
  const tags: Tag[] = [];
  for (const pair of header.split('&')) {
    // `&`, `a=b&` and the like say nothing wrong.
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    if (key === undefined || value === undefined || key === '') throw badHeader(header);
    if (tags.some(([other]) => other === key)) throw badHeader(header);
    tags.push([key, value]);
  }
  checkTags(tags, OBJECT_TAGS_MAX);
  return tags.length > 0 ? tags : undefined;
}
const badHeader = (header: string): Error =>
  invalidArgument(
    "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.",
    'x-amz-tagging',
    header,
  );

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

function checkTags(tags: readonly Tag[], countMax: number): void {
  if (tags.length > countMax) {
    const what = countMax === OBJECT_TAGS_MAX ? 'Object tags' : 'Bucket tag count';
    throw tooManyTags(`${what} cannot be greater than ${countMax}`);
  }
  const keys = new Set<string>();
  for (const [key, value] of tags) {
    if (key === '' || key.length > KEY_LENGTH_MAX || !ALLOWED.test(key)) {
      throw invalidTag('The TagKey you have provided is invalid', { TagKey: key });
    }
    if (value.length > VALUE_LENGTH_MAX || !ALLOWED.test(value)) {
      throw invalidTag('The TagValue you have provided is invalid', { TagKey: key, TagValue: value });
    }
    if (key.startsWith('aws:')) throw invalidTag('System tags cannot be added/updated by requester', { TagKey: key });
    if (keys.has(key)) throw invalidTag('Cannot provide multiple Tags with the same key', { TagKey: key });
    keys.add(key);
  }
}

export const tagSetOf = (tags: readonly Tag[] | undefined): { Key: string; Value: string }[] =>
  (tags ?? []).map(([Key, Value]) => ({ Key, Value }));

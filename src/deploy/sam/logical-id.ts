import { createHash } from 'node:crypto';
import type { Json } from './json.ts';
import { canonicalJson } from './python-text.ts';

const suffixLength = 10;

/** SHA-1 of the text itself, or of the canonical JSON of any other value. */
export function contentHash(content: Json): string {
  const text = typeof content === 'string' ? content : canonicalJson(content);
  return createHash('sha1').update(text).digest('hex');
}

/**
 * The suffix of ids that must change with their content, so that CloudFormation replaces the resource. The same recipe
 * as AWS's: a template deployed there and here gets the same ids.
 */
export function contentSuffix(content: Json): string {
  return contentHash(content).slice(0, suffixLength);
}

export function suffixedId(prefix: string, content: Json | undefined): string {
  return content === undefined ? prefix : prefix + contentSuffix(content);
}

/** Letters and digits of a text, the only characters that a logical id may have. */
export function alphanumeric(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, '');
}

export function isAlphanumeric(text: string): boolean {
  return /^[A-Za-z0-9]+$/.test(text);
}

// Policy documents on their way in and out.
import { MalformedPolicy, parsePolicy, type PolicyKind } from '#core/policy/index.ts';
import { malformedPolicyDocument } from './errors.ts';

/** Throws MalformedPolicyDocument. */
export function checkDocument(text: string, kind: PolicyKind): void {
  try {
    parsePolicy(text, kind);
  } catch (error) {
    if (error instanceof MalformedPolicy) throw malformedPolicyDocument(error.message);
    throw error;
  }
}

/** Quotas do not count white space. */
export const documentSize = (text: string): number => text.replace(/\s/g, '').length;

/** IAM answers documents percent-encoded (RFC 3986). */
export const encodeDocument = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

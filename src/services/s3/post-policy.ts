// The policy of a browser upload: which form it allows, signed by who may write.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
import { entityTooLarge, invalidPolicyDocument, postEntityTooSmall, postPolicyDenied } from './errors.ts';

export interface PostPolicy {
  expiresMs: number;
  /** [operator, name (lower case), value], name 'content-length-range' apart */
  conditions: [operator: 'eq' | 'starts-with', name: string, value: string][];
  sizes?: { min: number; max: number };
}

/** Fields that need no condition. */
const FREE = new Set(['x-amz-signature', 'file', 'policy', 'awsaccesskeyid', 'signature', 'bucket']);

export function parsePostPolicy(text: string): PostPolicy {
  const { expiration, conditions } = parseJson(text);
  if (expiration === undefined) throw invalidPolicyDocument('Invalid Policy: Policy missing expiration.');
  const expiresMs = Date.parse(String(expiration));
  if (Number.isNaN(expiresMs))
    throw invalidPolicyDocument(`Invalid Policy: Invalid 'expiration' value: '${String(expiration)}'`);
  if (conditions === undefined) throw invalidPolicyDocument('Invalid Policy: Policy missing conditions.');
  if (!Array.isArray(conditions)) throw invalidPolicyDocument('Invalid Policy: Invalid conditions.');
  const policy: PostPolicy = { expiresMs, conditions: [] };
  for (const condition of conditions as unknown[]) addCondition(policy, condition);
  return policy;
}

function parseJson(text: string): { expiration?: unknown; conditions?: unknown } {
  try {
    return JSON.parse(text) as object;
  } catch {
    throw invalidPolicyDocument('Invalid Policy: Invalid JSON.');
  }
}

function addCondition(policy: PostPolicy, condition: unknown): void {
  if (!Array.isArray(condition)) {
    if (typeof condition !== 'object' || condition === null)
      throw invalidPolicyDocument('Invalid Policy: Invalid condition.');
    for (const [name, value] of Object.entries(condition))
      policy.conditions.push(['eq', name.toLowerCase(), String(value)]);
    return;
  }
  const [operator, name, value] = condition as unknown[];
  const kind = String(operator).toLowerCase();
  if (kind === 'content-length-range') policy.sizes = { min: Number(name), max: Number(value) };
  else if ((kind === 'eq' || kind === 'starts-with') && typeof name === 'string' && name.startsWith('$')) {
    policy.conditions.push([kind, name.slice(1).toLowerCase(), String(value)]);
  } else throw invalidPolicyDocument(`Invalid Policy: Invalid condition: ${JSON.stringify(condition)}`);
}

/** Each condition must hold, and each field of the form be named by one. */
export function checkPostPolicy(policy: PostPolicy, fields: ReadonlyMap<string, string>, nowMs: number): void {
  if (nowMs >= policy.expiresMs) throw postPolicyDenied('Policy expired.');
  for (const [operator, name, value] of policy.conditions) {
    const given = fields.get(name) ?? '';
    const holds = operator === 'eq' ? given === value : startsWith(name, given, value);
    if (!holds) throw postPolicyDenied(`Policy Condition failed: ["${operator}", "$${name}", "${value}"]`);
  }
  const named = new Set(policy.conditions.map(([, name]) => name));
  const extra = [...fields.keys()].filter(
    (name) => !named.has(name) && !FREE.has(name) && !name.startsWith('x-ignore-'),
  );
  if (extra.length > 0) throw postPolicyDenied(`Extra input fields: ${extra.join(', ')}`);
}

/** A list of content types must match as a whole list. */
function startsWith(name: string, given: string, prefix: string): boolean {
  if (name !== 'content-type' || !given.includes(',')) return given.startsWith(prefix);
  return given.split(',').every((type) => type.trim().startsWith(prefix));
}

/** Counts the file as it passes. */
export async function* sized(bytes: AsyncIterable<Uint8Array>, sizes: PostPolicy['sizes']): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (sizes && size > sizes.max) throw entityTooLarge(size, sizes.max);
    yield chunk;
  }
  if (sizes && size < sizes.min) throw postEntityTooSmall(size, sizes.min);
}

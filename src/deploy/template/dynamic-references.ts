// {{resolve:ssm:…}}, {{resolve:ssm-secure:…}} and {{resolve:secretsmanager:…}} in evaluated property values.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
import { TemplateError } from './error.ts';
import { isRecord, type Value } from './value.ts';

const REFERENCE = /\{\{resolve:([^{}]+)\}\}/g;

export type DynamicReference =
  | { service: 'ssm' | 'ssm-secure'; name: string; version?: string }
  | { service: 'secretsmanager'; secretId: string; jsonKey?: string; versionStage?: string; versionId?: string };

export function parseDynamicReference(body: string): DynamicReference {
  const [service = '', ...rest] = body.split(':');
  if (service === 'ssm' || service === 'ssm-secure') {
    const match = /^([a-zA-Z0-9_.\-/]+)(?::(\d+))?$/.exec(rest.join(':'));
    if (!match)
      throw new TemplateError(`Incorrect format is used in the following SSM reference: [{{resolve:${body}}}]`);
    return { service, name: match[1]!, ...(match[2] && { version: match[2] }) };
  }
  if (service === 'secretsmanager') {
    // secret-id may be an ARN, which has six colons of its own
    const idParts = rest[0] === 'arn' ? 7 : 1;
    const [kind, jsonKey, versionStage, versionId] = rest.slice(idParts);
    if (rest.length < idParts || (kind !== undefined && kind !== '' && kind !== 'SecretString')) {
      throw new TemplateError(
        `Incorrect format is used in the following Secrets Manager reference: [{{resolve:${body}}}]`,
      );
    }
    return {
      service,
      secretId: rest.slice(0, idParts).join(':'),
      ...(jsonKey && { jsonKey }),
      ...(versionStage && { versionStage }),
      ...(versionId && { versionId }),
    };
  }
  throw new TemplateError(`Dynamic references to ${service} are not supported: [{{resolve:${body}}}]`);
}

export const hasDynamicReference = (text: string): boolean => text.includes('{{resolve:');

/** Replaces every dynamic reference inside a value. */
export async function resolveDynamicReferences(
  value: Value,
  read: (reference: DynamicReference) => Promise<string>,
): Promise<Value> {
  if (typeof value === 'string') return hasDynamicReference(value) ? replaceAll(value, read) : value;
  if (Array.isArray(value)) return Promise.all(value.map((inner) => resolveDynamicReferences(inner, read)));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(async ([key, inner]) => [key, await resolveDynamicReferences(inner, read)]);
  return Object.fromEntries(await Promise.all(entries)) as { [name: string]: Value };
}

async function replaceAll(text: string, read: (reference: DynamicReference) => Promise<string>): Promise<string> {
  let out = '';
  let end = 0;
  for (const match of text.matchAll(REFERENCE)) {
    out += text.slice(end, match.index) + (await read(parseDynamicReference(match[1]!)));
    end = match.index + match[0].length;
  }
  return out + text.slice(end);
}

import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { isBlank } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { pythonRepr } from '../python-text.ts';

const fields = ['TruststoreUri', 'TruststoreVersion'];

/** `Domain.MutualTlsAuthentication`, without fields that are set to nothing. */
export function mutualTls(apiId: string, given: Json | undefined): JsonMap | undefined {
  if (given === undefined || isBlank(given)) return undefined;
  const settings = expectOf(apiId).map(given, 'Domain.MutualTlsAuthentication');
  if (!Object.keys(settings).every((name) => fields.includes(name))) {
    throw new InvalidResource(apiId, `Available Domain.MutualTlsAuthentication fields are ${pythonRepr(fields)}.`);
  }
  const set = Object.entries(settings).filter(([, value]) => !isBlank(value));
  return set.length === 0 ? undefined : Object.fromEntries(set);
}

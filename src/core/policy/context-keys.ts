// The condition keys that a policy reads: GetContextKeysForCustomPolicy, GetContextKeysForPrincipalPolicy.
import { parsePolicy, type PolicyKind } from './document.ts';

const VARIABLE = /\$\{\s*([^},]+?)\s*(?:,[^}]*)?\}/g;

export function contextKeysOf(text: string, kind: PolicyKind): string[] {
  const keys = new Set<string>();
  for (const { conditions, resources } of parsePolicy(text, kind).statements) {
    for (const { key, values } of conditions) {
      keys.add(key);
      for (const value of values) addVariables(value, keys);
    }
    for (const resource of resources ?? []) addVariables(resource, keys);
  }
  return [...keys];
}

function addVariables(text: string, keys: Set<string>): void {
  for (const [, name = ''] of text.matchAll(VARIABLE)) if (name.includes(':')) keys.add(name);
}

import names from './data/managed-policies.json' with { type: 'json' };
import { managedPolicyArn } from './partition.ts';

const cache = new Map<string, ReadonlyMap<string, string>>();

/** The ARNs of AWS's managed policies by name: `Policies` may name them without the rest. */
export function awsManagedPolicies(partition: string): ReadonlyMap<string, string> {
  const present = cache.get(partition);
  if (present !== undefined) return present;
  const arns = new Map<string, string>();
  for (const [path, list] of Object.entries(names)) {
    for (const name of list) arns.set(name, managedPolicyArn(partition, path + name));
  }
  cache.set(partition, arns);
  return arns;
}

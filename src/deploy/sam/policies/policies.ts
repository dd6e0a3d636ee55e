import { isConditional, isIntrinsic, isNoValue } from '../intrinsics.ts';
import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { expandPolicyTemplate, policyTemplateName } from './policy-templates.ts';

/** What the `Policies` of a function or state machine amount to on its role. */
export interface RolePolicies {
  readonly managedPolicyArns: Json[];
  readonly inlinePolicies: Json[];
}

interface PolicyReader {
  readonly roleId: string;
  readonly managedPolicies: ReadonlyMap<string, string>;
  readonly fail: (detail: string) => Error;
}

/** Reads names and ARNs of managed policies, policy documents and policy templates, each also under Fn::If. */
export function readPolicies(policies: Json | undefined, reader: PolicyReader): RolePolicies {
  const managedPolicyArns: Json[] = [];
  const inlinePolicies: Json[] = [];
  for (const [index, entry] of entriesOf(policies).entries()) {
    const policyName = `${reader.roleId}Policy${index}`;
    const inline = inlinePolicy(entry, policyName, reader);
    if (inline !== undefined) {
      inlinePolicies.push(inline);
      continue;
    }
    if (typeof entry !== 'string' && !isIntrinsic(entry)) {
      throw reader.fail(`Policy at index ${index} in the 'Policies' property is not valid`);
    }
    const arn = typeof entry === 'string' ? (reader.managedPolicies.get(entry) ?? entry) : entry;
    if (!managedPolicyArns.includes(arn)) managedPolicyArns.push(arn);
  }
  return { managedPolicyArns, inlinePolicies };
}

function entriesOf(policies: Json | undefined): Json[] {
  if (policies === undefined || policies === null) return [];
  if (isList(policies)) return policies;
  if (isMap(policies) && !isIntrinsic(policies) && !('Statement' in policies)) {
    return Object.entries(policies).map(([name, values]) => ({ [name]: values }));
  }
  return [policies];
}

/** The entry as an inline policy, or undefined when it names a managed policy. */
function inlinePolicy(entry: Json, policyName: string, reader: PolicyReader): JsonMap | undefined {
  if (!isMap(entry)) return undefined;
  if ('Statement' in entry) return { PolicyName: policyName, PolicyDocument: entry };
  const template = policyTemplateName(entry);
  if (template !== undefined) {
    return { PolicyName: policyName, PolicyDocument: expandPolicyTemplate(template, entry[template], reader.fail) };
  }
  return isConditional(entry) ? conditionalPolicy(entry, policyName, reader) : undefined;
}

function conditionalPolicy(entry: JsonMap, policyName: string, reader: PolicyReader): JsonMap | undefined {
  const branches = entry['Fn::If'];
  if (!isList(branches) || branches.length !== 3) return undefined;
  const [condition = null, then = null, otherwise = null] = branches;
  const thenPolicy = isNoValue(then) ? then : inlinePolicy(then, policyName, reader);
  const otherwisePolicy = isNoValue(otherwise) ? otherwise : inlinePolicy(otherwise, policyName, reader);
  if (thenPolicy === undefined || otherwisePolicy === undefined) return undefined;
  return { 'Fn::If': [condition, thenPolicy, otherwisePolicy] };
}

// What DescribeChangeSet adds for IncludePropertyValues: a resource's properties before and after, and what differs inside.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceTargetDefinition.html
import type { AttributeChangeType, ResourceChange, ResourceChangeDetail } from '@aws-sdk/client-cloudformation';
import { isDeepStrictEqual } from 'node:util';
import { isObject, type Json, type JsonObject } from '../template/document.ts';
import { Unknown } from '../template/value.ts';

/** AWS's word for a value that another resource will give. */
const KNOWN_LATER = '{{changeSet:KNOWN_AFTER_APPLY}}';

/** Evaluated properties as AWS writes them: scalars as text. */
export function textual(value: unknown): Json {
  if (value instanceof Unknown) return KNOWN_LATER;
  if (Array.isArray(value)) return value.map(textual);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, textual(inner)]));
  }
  return typeof value === 'string' || value === null ? value : String(value);
}

/** `{"Properties":{…},"Metadata":{…}}`, as BeforeContext and AfterContext have it. */
export const contextText = (properties: Json, metadata: JsonObject | undefined): string =>
  JSON.stringify({ Properties: properties, ...(metadata && { Metadata: metadata }) });

interface Leaf {
  path: string;
  type: AttributeChangeType;
  before?: Json;
  after?: Json;
}

function leaves(before: Json | undefined, after: Json | undefined, path: string): Leaf[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (before === undefined) return [{ path, type: 'Add', after: after! }];
  if (after === undefined) return [{ path, type: 'Remove', before }];
  const both = isObject(before) && isObject(after);
  if (!both && !(Array.isArray(before) && Array.isArray(after))) return [{ path, type: 'Modify', before, after }];
  const left = before as JsonObject;
  const right = after as JsonObject;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].flatMap((key) =>
    leaves(left[key], right[key], `${path}/${key}`),
  );
}

const text = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** One detail for each value that differs inside a property; the property itself where no value may be shown. */
export function withValues(
  detail: ResourceChangeDetail,
  name: string,
  kind: AttributeChangeType,
  before: Json | undefined,
  after: Json | undefined,
): ResourceChangeDetail[] {
  const found = leaves(before, after, `/Properties/${name}`);
  const shown: Leaf[] = found.length > 0 ? found : [{ path: `/Properties/${name}`, type: kind }];
  return shown.map((leaf) => ({
    ...detail,
    Target: {
      ...detail.Target,
      Path: leaf.path,
      ...(leaf.before !== undefined && { BeforeValue: text(leaf.before) }),
      ...(leaf.after !== undefined && { AfterValue: text(leaf.after) }),
      AttributeChangeType: leaf.type,
    },
  }));
}

/** The change as it is described without IncludePropertyValues. */
export function withoutValues(change: ResourceChange): ResourceChange {
  const { BeforeContext: _, AfterContext: __, Details = [], ...rest } = change;
  const seen = new Set<string>();
  const plain = Details.map(({ Target, ...detail }) => {
    const { Attribute, Name, RequiresRecreation } = Target!;
    return { Target: { Attribute, ...(Name !== undefined && { Name }), RequiresRecreation }, ...detail };
  });
  return { ...rest, Details: plain.filter((detail) => seen.size < seen.add(JSON.stringify(detail)).size) };
}

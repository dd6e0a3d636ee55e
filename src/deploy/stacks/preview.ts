// What a change set says an update would do. Nothing is called; values of resources that will change are unknown.
import type { Change, ResourceChange, ResourceChangeDetail } from '@aws-sdk/client-cloudformation';
import { previewScope, withStackTags } from '../engine/check-resources.ts';
import type { ResourceRecord } from '../engine/records.ts';
import { attributeOf } from '../engine/session.ts';
import { changesOf, needsReplacement } from '../engine/update-resource.ts';
import { findResourceType } from '../resources/registry.ts';
import { checkProperties } from '../schema/check.ts';
import { findSchema } from '../schema/schema.ts';
import type { PropertyChange } from '../schema/difference.ts';
import type { Blueprint, BlueprintResource } from '../template/blueprint.ts';
import { evaluate, type Scope } from '../template/evaluate.ts';
import { findReferences } from '../template/references.ts';
import type { Json, JsonObject } from '../template/document.ts';
import { isRecord, Unknown, type Value } from '../template/value.ts';
import { NESTED_STACK } from '../resources/nested-stack-properties.ts';
import type { NestedChanges } from './nested-change-sets.ts';
import { contextText, textual, withValues } from './property-values.ts';

/** Without IncludeNestedStacks a nested stack may always change: its template is not looked at before the parent is executed. */
const AUTOMATIC: ResourceChangeDetail = {
  Target: { Attribute: 'Properties', RequiresRecreation: 'Never' },
  Evaluation: 'Dynamic',
  ChangeSource: 'Automatic',
};

export interface PreviewInput {
  blueprint: Blueprint;
  resources: readonly ResourceRecord[];
  tags: Record<string, string>;
  /** names of parameters whose value is another than the stack's */
  changedParameters: ReadonlySet<string>;
  /** names of NoEcho parameters */
  hidden: ReadonlySet<string>;
  /** absent: not asked for */
  nested?: NestedChanges;
  importValue: (name: string) => Value;
}

const existingOf = ({ resources }: Pick<PreviewInput, 'resources'>): Map<string, ResourceRecord> =>
  new Map(resources.filter((record) => record.deployed).map((record) => [record.logicalId, record]));

/** Names of the template, and what its resources are now. */
export const deployedScope = (input: PreviewInput): Scope => previewScopeOf(input, existingOf(input), new Map());

/** Resources in the order in which the graph would deal with them: what others need first. */
function inOrder(blueprint: Blueprint): BlueprintResource[] {
  const out: BlueprintResource[] = [];
  const seen = new Set<string>();
  const visit = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    const resource = blueprint.resources.get(id)!;
    resource.dependencies.forEach(visit);
    out.push(resource);
  };
  [...blueprint.resources.keys()].forEach(visit);
  return out;
}

export function previewChanges(input: PreviewInput): ResourceChange[] {
  const { blueprint } = input;
  const existing = existingOf(input);
  /** replaced or new: physical id and attributes are unknown; 'attributes': only those may change */
  const moving = new Map<string, 'all' | 'attributes'>();
  const scope = previewScopeOf(input, existing, moving);
  const changes: ResourceChange[] = [];
  for (const resource of inOrder(blueprint)) {
    const record = existing.get(resource.logicalId);
    const change = record
      ? modification(resource, record, scope, input, moving)
      : addition(resource, scope, input, moving);
    if (change) changes.push(change);
  }
  for (const record of existing.values()) {
    if (blueprint.resources.has(record.logicalId)) continue;
    changes.push({
      Action: 'Remove',
      LogicalResourceId: record.logicalId,
      PhysicalResourceId: record.deployed!.physicalId,
      ResourceType: record.type,
      PolicyAction:
        record.deletionPolicy === 'Retain' || record.deletionPolicy === 'RetainExceptOnCreate' ? 'Retain' : 'Delete',
      Scope: [],
      Details: [],
      BeforeContext: contextText(shownBefore(record), record.metadata),
    });
  }
  return changes.sort((a, b) => ((a.LogicalResourceId ?? '') < (b.LogicalResourceId ?? '') ? -1 : 1));
}

function previewScopeOf(
  { blueprint, importValue }: PreviewInput,
  existing: ReadonlyMap<string, ResourceRecord>,
  moving: ReadonlyMap<string, 'all' | 'attributes'>,
): Scope {
  return previewScope(blueprint, {
    ref(name) {
      if (!blueprint.resources.has(name)) return blueprint.scope.ref(name);
      const record = existing.get(name);
      if (!record?.deployed || moving.get(name) === 'all') return new Unknown(name);
      return findResourceType(record.type)?.ref?.(record.deployed) ?? record.deployed.physicalId;
    },
    getAtt(name, attribute) {
      const record = existing.get(name);
      if (!record?.deployed || moving.has(name)) return new Unknown(`${name}.${attribute}`);
      return (
        (attributeOf(record.deployed.attributes, attribute) as Value | undefined) ?? new Unknown(`${name}.${attribute}`)
      );
    },
    importValue,
  });
}

/** As its last event showed it, so that no secret comes up. */
const shownBefore = (record: ResourceRecord): Json =>
  record.shown === undefined ? {} : (JSON.parse(record.shown) as Json);

function shownAfter(resource: BlueprintResource, scope: Scope, { hidden }: PreviewInput): Json {
  const masked: Scope = { ...scope, ref: (name) => (hidden.has(name) ? '****' : scope.ref(name)) };
  return textual(evaluate(resource.properties, masked));
}

const metadataOf = (resource: BlueprintResource, scope: Scope): JsonObject | undefined =>
  resource.metadata && (textual(evaluate(resource.metadata, scope)) as JsonObject);

function addition(
  resource: BlueprintResource,
  scope: Scope,
  input: PreviewInput,
  moving: Map<string, 'all' | 'attributes'>,
): ResourceChange {
  moving.set(resource.logicalId, 'all');
  return {
    Action: 'Add',
    LogicalResourceId: resource.logicalId,
    ResourceType: resource.type,
    Scope: [],
    Details: [],
    AfterContext: contextText(shownAfter(resource, scope, input), metadataOf(resource, scope)),
  };
}

function modification(
  resource: BlueprintResource,
  record: ResourceRecord,
  scope: Scope,
  input: PreviewInput,
  moving: Map<string, 'all' | 'attributes'>,
): ResourceChange | undefined {
  const type = findResourceType(record.type);
  if (!type || record.ignored) return undefined;
  const schema = findSchema(resource.type);
  const tagged = withStackTags(resource.type, evaluate(resource.properties, scope), input.tags);
  const after = schema ? checkProperties(tagged, schema).value : tagged;
  const changes = changesOf(type, record.deployed!.properties, isRecord(after) ? after : {});
  const metadata = JSON.stringify(record.metadata ?? null) !== JSON.stringify(resource.metadata ?? null);
  const nested = resource.type === NESTED_STACK ? input.nested?.get(resource.logicalId) : undefined;
  const isAutomatic = resource.type === NESTED_STACK && nested !== 'unchanged';
  if (changes.length === 0 && !metadata && !isAutomatic) return undefined;
  const replaces = changes.length > 0 && needsReplacement(type, changes);
  const certain = changes.some((change) => !change.dynamic && (change.replaces || !type.update));
  if (replaces) moving.set(resource.logicalId, 'all');
  else if (changes.length > 0 || isAutomatic) moving.set(resource.logicalId, 'attributes');
  const tagProperty = schema?.tagProperty;
  const scopes = new Set<'Properties' | 'Tags' | 'Metadata'>();
  for (const change of changes) scopes.add(change.name === tagProperty ? 'Tags' : 'Properties');
  if (isAutomatic) scopes.add('Properties');
  if (metadata) scopes.add('Metadata');
  const shown = { before: shownBefore(record), after: shownAfter(resource, scope, input) };
  return {
    Action: 'Modify',
    LogicalResourceId: resource.logicalId,
    PhysicalResourceId: record.deployed!.physicalId,
    ResourceType: resource.type,
    Replacement: replaces ? (certain ? 'True' : 'Conditional') : 'False',
    ...(replaces && {
      PolicyAction:
        resource.updateReplacePolicy === 'Retain' ? ('ReplaceAndRetain' as const) : ('ReplaceAndDelete' as const),
    }),
    Scope: [...scopes],
    ...(typeof nested === 'object' && { ChangeSetId: nested.changeSetId }),
    Details: changes
      .flatMap((change) => {
        const { name, kind } = change;
        const [before, after] = [shown.before, shown.after].map((value) => (value as JsonObject)[name]);
        return details(change, resource, tagProperty, !type.update, input.changedParameters).flatMap((detail) =>
          withValues(detail, name, kind, before, after),
        );
      })
      .concat(isAutomatic ? [AUTOMATIC] : []),
    BeforeContext: contextText(shown.before, record.metadata),
    AfterContext: contextText(shown.after, metadataOf(resource, scope)),
  };
}

function details(
  change: PropertyChange,
  resource: BlueprintResource,
  tagProperty: string | undefined,
  always: boolean,
  changedParameters: ReadonlySet<string>,
): ResourceChangeDetail[] {
  const Target = {
    Attribute: change.name === tagProperty ? ('Tags' as const) : ('Properties' as const),
    ...(change.name !== tagProperty && { Name: change.name }),
    RequiresRecreation:
      change.replaces || always
        ? change.dynamic
          ? ('Conditionally' as const)
          : ('Always' as const)
        : ('Never' as const),
  };
  const references = findReferences(resource.properties[change.name] ?? null);
  const causes = references.filter(({ kind }) => kind === 'Ref' || kind === 'GetAtt');
  if (!change.dynamic) {
    const parameters = causes.filter(({ kind, name }) => kind === 'Ref' && changedParameters.has(name));
    // A parameter that changed is named beside a modification that is not certain to come from the template, in this order:
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-samples.html
    return [
      { Target, Evaluation: parameters.length > 0 ? 'Dynamic' : 'Static', ChangeSource: 'DirectModification' },
      ...[...new Set(parameters.map(({ name }) => name))].map((name) => ({
        Target,
        Evaluation: 'Static' as const,
        ChangeSource: 'ParameterReference' as const,
        CausingEntity: name,
      })),
    ];
  }
  return causes.map(({ kind, name, attribute }) => ({
    Target,
    Evaluation: 'Dynamic' as const,
    ChangeSource: kind === 'Ref' ? ('ResourceReference' as const) : ('ResourceAttribute' as const),
    CausingEntity: kind === 'Ref' ? name : `${name}.${attribute ?? ''}`,
  }));
}

export const asChange = (ResourceChange: ResourceChange): Change => ({ Type: 'Resource', ResourceChange });

// Stacks and their resources as the Describe and List operations show them.
import type {
  Output as StackOutput,
  Stack,
  StackEvent,
  StackResourceDetail,
  StackStatus,
  StackSummary,
} from '@aws-sdk/client-cloudformation';
import type { Operation } from '#kernel/service.ts';
import type { Key } from '#store/contract.ts';
import type { EventRecord, OutputRecord, ResourceRecord, StackRecord } from '#deploy/engine/records.ts';
import type { ParameterValue } from '#deploy/template/parameters.ts';
import { stackMissing, validationError } from '#deploy/stacks/errors.ts';
import * as store from '#deploy/stacks/store.ts';
import { findStack, requireStack } from './lookups.ts';
import { page } from './pages.ts';

type Cfn<O extends string> = Operation<'cloudformation', O>;

const PAGE = 100;
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html */
const RESOURCES_SHOWN = 100;
const HIDDEN = '****';

const date = (ms: number): Date => new Date(ms);

export const parametersOut = (parameters: readonly ParameterValue[]): Stack['Parameters'] =>
  parameters.map(({ key, value, noEcho, resolvedValue }) => ({
    ParameterKey: key,
    ParameterValue: noEcho ? HIDDEN : value,
    ...(resolvedValue !== undefined && { ResolvedValue: noEcho ? HIDDEN : resolvedValue }),
  }));

export const tagsOut = (tags: Record<string, string>): Stack['Tags'] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const outputOut = ({ key, value, description, exportName }: OutputRecord): StackOutput => ({
  OutputKey: key,
  OutputValue: value,
  ...(description !== undefined && { Description: description }),
  ...(exportName !== undefined && { ExportName: exportName }),
});

const lastOperationsOut = ({ lastOperations }: StackRecord): Pick<Stack, 'LastOperations'> =>
  lastOperations
    ? { LastOperations: lastOperations.map(({ type, id }) => ({ OperationType: type, OperationId: id })) }
    : {};

function stackOut(stack: StackRecord): Stack {
  const { parameters, outputs, tags } = stack;
  return {
    StackId: stack.stackId,
    StackName: stack.name,
    ...(stack.changeSetId !== undefined && { ChangeSetId: stack.changeSetId }),
    ...(stack.description !== undefined && { Description: stack.description }),
    ...(parameters.length > 0 && { Parameters: parametersOut(parameters) }),
    CreationTime: date(stack.creationTime),
    ...(stack.deletionTime !== undefined && { DeletionTime: date(stack.deletionTime) }),
    ...(stack.lastUpdatedTime !== undefined && { LastUpdatedTime: date(stack.lastUpdatedTime) }),
    RollbackConfiguration: {},
    StackStatus: stack.status,
    ...(stack.statusReason !== undefined && { StackStatusReason: stack.statusReason }),
    DisableRollback: stack.disableRollback,
    NotificationARNs: stack.notificationArns,
    ...(stack.timeoutMinutes !== undefined && { TimeoutInMinutes: stack.timeoutMinutes }),
    ...(stack.capabilities.length > 0 && { Capabilities: stack.capabilities as Stack['Capabilities'] }),
    ...(outputs.length > 0 && { Outputs: outputs.map(outputOut) }),
    ...(stack.roleArn !== undefined && { RoleARN: stack.roleArn }),
    Tags: tagsOut(tags),
    EnableTerminationProtection: stack.terminationProtection,
    ...(stack.parentId !== undefined && { ParentId: stack.parentId, RootId: stack.rootId }),
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
    ...(stack.retainExceptOnCreate && { RetainExceptOnCreate: true }),
    ...lastOperationsOut(stack),
  };
}

const newestFirst = (a: StackRecord, b: StackRecord): number =>
  b.creationTime - a.creationTime || (a.uuid < b.uuid ? -1 : 1);

export const describeStacks: Cfn<'DescribeStacks'> = async (input, context) => {
  if (input.StackName !== undefined) return { Stacks: [stackOut(await requireStack(input.StackName, context))] };
  const stacks = (await store.listStacks(context.store, context)).filter((stack) => stack.status !== 'DELETE_COMPLETE');
  const { items, nextToken } = page(stacks.sort(newestFirst), input.NextToken, PAGE);
  return { Stacks: items.map(stackOut), ...(nextToken !== undefined && { NextToken: nextToken }) };
};

function summaryOut(stack: StackRecord): StackSummary {
  return {
    StackId: stack.stackId,
    StackName: stack.name,
    ...(stack.description !== undefined && { TemplateDescription: stack.description }),
    CreationTime: date(stack.creationTime),
    ...(stack.lastUpdatedTime !== undefined && { LastUpdatedTime: date(stack.lastUpdatedTime) }),
    ...(stack.deletionTime !== undefined && { DeletionTime: date(stack.deletionTime) }),
    StackStatus: stack.status,
    ...(stack.statusReason !== undefined && { StackStatusReason: stack.statusReason }),
    ...(stack.parentId !== undefined && { ParentId: stack.parentId, RootId: stack.rootId }),
    DriftInformation: { StackDriftStatus: 'NOT_CHECKED' },
    ...lastOperationsOut(stack),
  };
}

export const listStacks: Cfn<'ListStacks'> = async (input, context) => {
  const wanted: readonly StackStatus[] | undefined = input.StackStatusFilter;
  const stacks = (await store.listStacks(context.store, context)).filter(
    ({ status }) => !wanted?.length || wanted.includes(status),
  );
  const { items, nextToken } = page(stacks.sort(newestFirst), input.NextToken, PAGE);
  return { StackSummaries: items.map(summaryOut), ...(nextToken !== undefined && { NextToken: nextToken }) };
};

const eventOut = (stack: StackRecord, event: EventRecord): StackEvent => ({
  StackId: stack.stackId,
  EventId: event.eventId,
  StackName: stack.name,
  LogicalResourceId: event.logicalId,
  PhysicalResourceId: event.physicalId ?? '',
  ResourceType: event.type,
  Timestamp: date(event.timestamp),
  ResourceStatus: event.status as StackEvent['ResourceStatus'],
  ...(event.reason !== undefined && { ResourceStatusReason: event.reason }),
  ...(event.properties !== undefined && { ResourceProperties: event.properties }),
  ...(event.token !== undefined && { ClientRequestToken: event.token }),
  ...(event.operationId !== undefined && { OperationId: event.operationId }),
});

export const describeStackEvents: Cfn<'DescribeStackEvents'> = async (input, context) => {
  const stack = await requireStack(input.StackName, context, stackMissing);
  const after = input.NextToken === undefined ? undefined : decodeKey(input.NextToken);
  const entries = await store.listEvents(context.store, stack, PAGE, after);
  const last = entries.length === PAGE ? entries.at(-1) : undefined;
  return {
    StackEvents: entries.map(({ value }) => eventOut(stack, value)),
    ...(last && { NextToken: Buffer.from(JSON.stringify(last.key)).toString('base64url') }),
  };
};

function decodeKey(token: string): Key {
  try {
    const key = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown;
    if (Array.isArray(key)) return key as Key;
  } catch {
    // answered below
  }
  throw validationError('Invalid NextToken');
}

function resourceOut(stack: StackRecord, record: ResourceRecord): StackResourceDetail {
  const physicalId = record.deployed?.physicalId ?? record.step?.physicalId;
  return {
    StackName: stack.name,
    StackId: stack.stackId,
    LogicalResourceId: record.logicalId,
    ...(physicalId !== undefined && { PhysicalResourceId: physicalId }),
    ResourceType: record.type,
    LastUpdatedTimestamp: date(record.timestamp),
    ResourceStatus: record.status,
    ...(record.statusReason !== undefined && { ResourceStatusReason: record.statusReason }),
    ...(record.description !== undefined && { Description: record.description }),
    DriftInformation: { StackResourceDriftStatus: 'NOT_CHECKED' },
  };
}

/** Timestamp instead of LastUpdatedTimestamp, in this operation alone. */
function resourceSummary(
  stack: StackRecord,
  record: ResourceRecord,
): ReturnType<typeof resourceOut> & { Timestamp: Date } {
  const { LastUpdatedTimestamp, ...rest } = resourceOut(stack, record);
  return { ...rest, Timestamp: LastUpdatedTimestamp } as ReturnType<typeof resourceSummary>;
}

export const describeStackResources: Cfn<'DescribeStackResources'> = async (input, context) => {
  const { StackName, PhysicalResourceId, LogicalResourceId } = input;
  if (StackName !== undefined && PhysicalResourceId !== undefined) {
    throw validationError('Both StackName and PhysicalResourceId cannot be specified.');
  }
  if (StackName === undefined && PhysicalResourceId === undefined) {
    throw validationError('Either StackName or PhysicalResourceId must be specified.');
  }
  const stack = StackName === undefined ? undefined : await requireStack(StackName, context);
  const candidates = stack
    ? [stack]
    : (await store.listStacks(context.store, context)).filter(({ status }) => status !== 'DELETE_COMPLETE');
  for (const candidate of candidates) {
    const records = await store.listResources(context.store, candidate);
    if (!stack && !records.some((record) => record.deployed?.physicalId === PhysicalResourceId)) continue;
    const shown = records.filter((record) => LogicalResourceId === undefined || record.logicalId === LogicalResourceId);
    return { StackResources: shown.slice(0, RESOURCES_SHOWN).map((record) => resourceSummary(candidate, record)) };
  }
  throw validationError(`Stack for ${PhysicalResourceId} does not exist`);
};

export const describeStackResource: Cfn<'DescribeStackResource'> = async (input, context) => {
  const stack = await findStack(input.StackName, context);
  if (!stack) throw validationError(`Stack '${input.StackName}' does not exist`);
  const records = await store.listResources(context.store, stack);
  const record = records.find(({ logicalId }) => logicalId === input.LogicalResourceId);
  if (!record) throw validationError(`Resource ${input.LogicalResourceId} does not exist for stack ${stack.name}`);
  const metadata = JSON.stringify(record.metadata ?? {});
  return { StackResourceDetail: { ...resourceOut(stack, record), Metadata: metadata } };
};

export const listStackResources: Cfn<'ListStackResources'> = async (input, context) => {
  const stack = await requireStack(input.StackName, context);
  const { items, nextToken } = page(await store.listResources(context.store, stack), input.NextToken, PAGE);
  return {
    StackResourceSummaries: items.map((record) => {
      const { StackName: _, StackId: __, Description: ___, ...summary } = resourceOut(stack, record);
      return summary;
    }),
    ...(nextToken !== undefined && { NextToken: nextToken }),
  };
};

export const listExports: Cfn<'ListExports'> = async (input, context) => {
  const { items, nextToken } = page(await store.listExports(context.store, context), input.NextToken, PAGE);
  return {
    Exports: items.map(({ name, value, stackId }) => ({ ExportingStackId: stackId, Name: name, Value: value })),
    ...(nextToken !== undefined && { NextToken: nextToken }),
  };
};

export const listImports: Cfn<'ListImports'> = async (input, context) => {
  const importers = await store.listImporters(context.store, context, input.ExportName);
  if (importers.length === 0) throw validationError(`Export '${input.ExportName}' is not imported by any stack.`);
  const { items, nextToken } = page(importers, input.NextToken, PAGE);
  return { Imports: items, ...(nextToken !== undefined && { NextToken: nextToken }) };
};

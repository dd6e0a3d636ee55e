// CloudFormation's own resource types: nested stacks, wait conditions, custom resources.
import { ResourceFailure } from '../engine/failure.ts';
import type { StackKey, StackRecord } from '../engine/records.ts';
import { createStack, updateStack } from '../stacks/change-stack.ts';
import { deleteStack } from '../stacks/delete-stack.ts';
import { parseStackId } from '../stacks/identity.ts';
import { waitConditionUrl, parseSignalPath } from '../stacks/signals.ts';
import { findUuid, getStack, listSignals, watchSignals, watchStack, type SignalRecord } from '../stacks/store.ts';
import { TemplateError } from '../template/error.ts';
import type { Attributes, Properties, ResourceContext, ResourceType } from './contract.ts';
import { customResource } from './custom.ts';
import { NESTED_STACK, parametersOf } from './nested-stack-properties.ts';
import { refuse, tagMap } from './shared.ts';
import { waitFor } from './wait.ts';

const SERVICE = 'CloudFormation';

const keyOf = (stackId: string): StackKey => {
  const parsed = parseStackId(stackId);
  if (!parsed) throw new Error(`${stackId} is no stack id`);
  return parsed;
};

/** Waits until a stack's operation is over. */
async function settled(stackId: string, context: ResourceContext): Promise<StackRecord> {
  const { store } = context.platform;
  const key = keyOf(stackId);
  const found = await waitFor(
    context,
    (listener) => watchStack(store, key, listener),
    async () => {
      const stack = await getStack(store, key);
      return stack && (!stack.operation || stack.operation.ended) ? stack : undefined;
    },
  );
  return found!;
}

const nestedAttributes = (stack: StackRecord): Attributes => ({
  StackId: stack.stackId,
  Outputs: Object.fromEntries(stack.outputs.map(({ key, value }) => [key, value])),
});

async function nestedRequest(
  properties: Properties,
  context: ResourceContext,
): Promise<Parameters<typeof createStack>[1]> {
  const { platform, call, principal, accountId, region, stackId } = context;
  refuse(NESTED_STACK, properties, ['NotificationARNs']);
  const parent = await getStack(platform.store, keyOf(stackId));
  return {
    call,
    principal,
    accountId,
    region,
    source: { TemplateURL: properties.TemplateURL },
    parameters: parametersOf(properties.Parameters),
    tags: tagMap(properties.Tags),
    capabilities: parent?.capabilities ?? [],
    notificationArns: [],
    ...(parent?.roleArn !== undefined && { roleArn: parent.roleArn }),
    lenient: parent?.operation?.lenient ?? false,
    parentId: stackId,
    rootId: parent?.rootId ?? stackId,
  };
}

const nestedStack: ResourceType = {
  type: NESTED_STACK,
  service: SERVICE,
  alwaysUpdates: true,
  name: { property: 'StackName', lengthMax: 128 },
  attributes: ['Outputs'],
  async create(properties, context) {
    const { platform, physicalName, initiated } = context;
    const stack = await createStack(platform, {
      ...(await nestedRequest(properties, context)),
      name: physicalName,
      ...(properties.TimeoutInMinutes !== undefined && { timeoutMinutes: properties.TimeoutInMinutes }),
    });
    await initiated(stack.stackId);
    return awaitCreation(stack.stackId, context);
  },
  async findCreated(_properties, context) {
    const { platform, accountId, region, physicalName } = context;
    const uuid = await findUuid(platform.store, { accountId, region }, physicalName);
    const stack = uuid && (await getStack(platform.store, { accountId, region, uuid }));
    return stack ? awaitCreation(stack.stackId, context) : undefined;
  },
  async update({ physicalId }, properties, context) {
    const request = await nestedRequest(properties, context);
    try {
      await updateStack(context.platform, { ...request, stack: keyOf(physicalId) });
    } catch (error) {
      if (!(error instanceof TemplateError) || error.message !== 'No updates are to be performed.') throw error;
    }
    const stack = await settled(physicalId, context);
    if (stack.status !== 'UPDATE_COMPLETE' && stack.status !== 'CREATE_COMPLETE') {
      throw new ResourceFailure(
        `Embedded stack ${physicalId} was not successfully updated. Currently in ${stack.status} with reason: ${stack.statusReason ?? ''}`,
      );
    }
    return { attributes: nestedAttributes(stack) };
  },
  async delete({ physicalId }, context) {
    const { platform, principal, region, accountId } = context;
    const current = await getStack(platform.store, keyOf(physicalId));
    if (!current || current.status === 'DELETE_COMPLETE') return;
    await deleteStack(platform, { accountId, region, principal, stack: current, nested: true });
    const stack = await settled(physicalId, context);
    if (stack.status !== 'DELETE_COMPLETE') {
      throw new ResourceFailure(
        `Embedded stack ${physicalId} was not successfully deleted: ${stack.statusReason ?? ''}`,
      );
    }
  },
};

async function awaitCreation(
  stackId: string,
  context: ResourceContext,
): Promise<{ physicalId: string; attributes: Attributes }> {
  const stack = await settled(stackId, context);
  if (stack.status !== 'CREATE_COMPLETE') {
    throw new ResourceFailure(`Embedded stack ${stackId} was not successfully created: ${stack.statusReason ?? ''}`);
  }
  return { physicalId: stackId, attributes: nestedAttributes(stack) };
}

const waitConditionHandle: ResourceType = {
  type: 'AWS::CloudFormation::WaitConditionHandle',
  service: SERVICE,
  async create(_properties, { platform, stackId, logicalId, token }) {
    const url = waitConditionUrl({ stackId, logicalId, token }, platform);
    // The token stays valid after the step: signals come at any time.
    return { physicalId: url, attributes: { Id: url, token } };
  },
  async update({ attributes }) {
    return { attributes };
  },
  async delete() {},
};

interface Wait {
  /** whose signals count */
  logicalId: string;
  count: number;
  seconds: number;
}

/** `PT15M` of a creation policy. */
function isoSeconds(text: string): number {
  const match = /^PT?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text);
  if (!match) throw new ResourceFailure(`Invalid timeout ${text}: it must be an ISO 8601 duration such as PT5M`);
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

function waitOf(properties: Properties, { creationPolicy, logicalId }: ResourceContext): Wait {
  const signal = (creationPolicy as Properties | undefined)?.ResourceSignal as Properties | undefined;
  if (signal)
    return { logicalId, count: Number(signal.Count ?? 1), seconds: isoSeconds(String(signal.Timeout ?? 'PT5M')) };
  const handle =
    typeof properties.Handle === 'string' ? parseSignalPath(properties.Handle.split('/').at(-1) ?? '') : undefined;
  if (!handle || properties.Timeout === undefined) {
    throw new ResourceFailure('A WaitCondition needs a Handle and a Timeout, or a CreationPolicy');
  }
  return { logicalId: handle.logicalId, count: Number(properties.Count ?? 1), seconds: Number(properties.Timeout) };
}

async function collect(properties: Properties, context: ResourceContext): Promise<Attributes> {
  const { platform, stackId, startedAt } = context;
  const stack = keyOf(stackId);
  const { logicalId, count, seconds } = waitOf(properties, context);
  const look = (): Promise<SignalRecord[]> => listSignals(platform.store, stack, logicalId);
  const signals = await waitFor(
    context,
    (listener) => watchSignals(platform.store, stack, logicalId, listener),
    async () => {
      const received = await look();
      const failed = received.find((signal) => signal.status === 'FAILURE');
      if (failed) {
        throw new ResourceFailure(
          `WaitCondition received failed message: '${failed.reason ?? ''}' for uniqueId: ${failed.uniqueId}`,
        );
      }
      return received.length >= count ? received : undefined;
    },
    startedAt + seconds * 1000,
  );
  if (!signals) {
    const received = (await look()).length;
    throw new ResourceFailure(`WaitCondition timed out. Received ${received} conditions when expecting ${count}`);
  }
  return { Data: JSON.stringify(Object.fromEntries(signals.map(({ uniqueId, data }) => [uniqueId, data]))) };
}

const waitCondition: ResourceType = {
  type: 'AWS::CloudFormation::WaitCondition',
  service: SERVICE,
  async create(properties, context) {
    const physicalId = `${context.stackId}/${context.logicalId}`;
    await context.initiated(physicalId);
    return { physicalId, attributes: await collect(properties, context) };
  },
  /** AWS refuses updates of a wait condition that was fulfilled; nothing is waited for again. */
  async update() {
    throw new ResourceFailure('Update to resource type AWS::CloudFormation::WaitCondition is not supported.');
  },
  async delete() {},
};

/** In every template of the CDK: tells AWS which constructs made it, and does nothing. */
const cdkMetadata: ResourceType = {
  type: 'AWS::CDK::Metadata',
  service: SERVICE,
  async create(_properties, { token }) {
    return { physicalId: token };
  },
  async update() {
    return {};
  },
  async delete() {},
};

export const cloudFormation: readonly ResourceType[] = [
  nestedStack,
  waitCondition,
  waitConditionHandle,
  customResource,
  cdkMetadata,
];

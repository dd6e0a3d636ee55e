// A template of this machine into a stack, at once: what `gatehouse start` does with every saved template.
import { ServiceError } from '#core/errors.ts';
import { rootPrincipal } from '#core/principal.ts';
import type { Call } from '#kernel/call.ts';
import type { Platform } from '#kernel/platform.ts';
import type { StackKey, StackRecord } from './engine/records.ts';
import { continueRollback } from './stacks/continue-rollback.ts';
import { createStack, updateStack } from './stacks/change-stack.ts';
import { deleteStack } from './stacks/delete-stack.ts';
import { settleStack } from './stacks/settle.ts';
import * as store from './stacks/store.ts';
import { isObject, parseTemplate } from './template/document.ts';
import { TemplateError } from './template/error.ts';

export interface DeployStackOptions {
  accountId: string;
  region: string;
  stackName: string;
  templateBody: string;
  /** shown before line numbers: the template's file */
  templateName?: string;
  parameters?: Readonly<Record<string, string>>;
  tags?: Record<string, string>;
  /** Unknown resource types and properties are warnings instead of errors. */
  lenient?: boolean;
}

export interface DeployedStack {
  stackId?: string;
  /** CREATE_COMPLETE, UPDATE_COMPLETE, UPDATE_ROLLBACK_COMPLETE… */
  status?: string;
  outputs: Record<string, string>;
  /** physical id by logical id */
  physicalIds: Record<string, string>;
  /** Why it did not happen: one line for each cause, with file and line where they are known. */
  failure?: string;
}

const CAPABILITIES = ['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'];
/** States from which a stack cannot be updated, only made anew: its creation never succeeded. */
const DEAD = new Set(['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_FAILED', 'REVIEW_IN_PROGRESS']);
const EVENTS_SHOWN = 500;

/** Creates or updates the stack as the account's root, and answers when that is done. */
export async function deployStack(platform: Platform, options: DeployStackOptions): Promise<DeployedStack> {
  const begun = platform.clock.now();
  const { accountId, region, stackName } = options;
  try {
    const existing = await readyStack(platform, options);
    const stack = existing
      ? await update(platform, options, existing)
      : await createStack(platform, { ...requestOf(platform, options), name: stackName });
    const settled = (await settleStack(platform, stack)) ?? stack;
    return await describe(platform, settled, options, begun);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const line = error instanceof TemplateError ? error.line : undefined;
    const uuid = await store.findUuid(platform.store, { accountId, region }, stackName);
    const stack = uuid === undefined ? undefined : await store.getStack(platform.store, { accountId, region, uuid });
    const before = stack ? await describe(platform, stack, options, begun) : { outputs: {}, physicalIds: {} };
    return { ...before, failure: `${place(options, line)}${error.message}` };
  }
}

const place = ({ templateName }: DeployStackOptions, line: number | undefined): string =>
  templateName === undefined ? '' : `${templateName}${line === undefined ? '' : `:${line}`}: `;

function requestOf(platform: Platform, options: DeployStackOptions): Parameters<typeof createStack>[1] {
  const { accountId, region, templateBody, parameters = {}, tags = {}, lenient = false } = options;
  const principal = rootPrincipal(accountId);
  const call = ((service: never, operation: never, input: never, more?: object) =>
    platform.call(service, operation, input, { as: principal, accountId, region, ...more })) as Call;
  return {
    call,
    principal,
    accountId,
    region,
    source: { text: templateBody },
    parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
    capabilities: CAPABILITIES,
    tags,
    notificationArns: [],
    lenient,
  };
}

/** The stack of this name when it can be updated; what was left unfinished is finished or removed first. */
async function readyStack(platform: Platform, options: DeployStackOptions): Promise<StackRecord | undefined> {
  const { accountId, region, stackName } = options;
  const uuid = await store.findUuid(platform.store, { accountId, region }, stackName);
  if (uuid === undefined) return undefined;
  const key: StackKey = { accountId, region, uuid };
  const stack = await settleStack(platform, key);
  if (!stack || stack.status === 'DELETE_COMPLETE') return undefined;
  const principal = rootPrincipal(accountId);
  if (DEAD.has(stack.status)) {
    await deleteStack(platform, {
      accountId,
      region,
      principal,
      stack,
      nested: true,
      ...(stack.status === 'DELETE_FAILED' && { force: true }),
    });
    await settleStack(platform, key);
    return undefined;
  }
  if (stack.status !== 'UPDATE_ROLLBACK_FAILED') return stack;
  await continueRollback(platform, { stack, principal, skip: [] });
  return settleStack(platform, key);
}

async function update(platform: Platform, options: DeployStackOptions, stack: StackRecord): Promise<StackRecord> {
  try {
    return await updateStack(platform, { ...requestOf(platform, options), stack });
  } catch (error) {
    if (error instanceof TemplateError && error.message === 'No updates are to be performed.') return stack;
    throw error;
  }
}

async function describe(
  platform: Platform,
  stack: StackRecord,
  options: DeployStackOptions,
  begun: number,
): Promise<DeployedStack> {
  const resources = await store.listResources(platform.store, stack);
  const deployed: DeployedStack = {
    stackId: stack.stackId,
    status: stack.status,
    outputs: Object.fromEntries(stack.outputs.map(({ key, value }) => [key, value])),
    physicalIds: Object.fromEntries(
      resources.map(({ logicalId, deployed: now }) => [logicalId, now?.physicalId ?? '']),
    ),
  };
  if (stack.status === 'CREATE_COMPLETE' || stack.status === 'UPDATE_COMPLETE') return deployed;
  return { ...deployed, failure: await failureOf(platform, stack, options, begun) };
}

/** The causes, from the events: what failed of itself, not what was cancelled beside it. */
async function failureOf(
  platform: Platform,
  stack: StackRecord,
  options: DeployStackOptions,
  begun: number,
): Promise<string> {
  const events = await store.listEvents(platform.store, stack, EVENTS_SHOWN);
  const { json, lineOf } = parseTemplate(options.templateBody);
  // Resources that a transform wrote have no line of their own.
  const lineOfResource = (id: string): number | undefined =>
    isObject(json.Resources) && Object.hasOwn(json.Resources, id) ? lineOf(['Resources', id]) : undefined;
  const causes = events
    .map(({ value }) => value)
    .filter(
      (event) => event.timestamp >= begun && event.status.endsWith('_FAILED') && event.physicalId !== stack.stackId,
    )
    .filter((event) => !event.reason?.endsWith('cancelled'))
    .map(
      (event) =>
        `${place(options, lineOfResource(event.logicalId))}${event.logicalId} (${event.type}): ${event.reason ?? event.status}`,
    );
  return causes.length > 0
    ? causes.reverse().join('\n')
    : `${place(options, undefined)}${stack.status}: ${stack.statusReason ?? ''}`;
}

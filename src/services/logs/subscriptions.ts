import { ServiceError } from '#core/errors.ts';
import { parseArn } from '#core/arn.ts';
import { servicePrincipal } from '#core/principal.ts';
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { groupNotFound, invalidParameter, limitExceeded, notOffered, subscriptionNotFound } from './errors.ts';
import { groupArn, requireGroup } from './groups.ts';
import { parsePattern } from './pattern.ts';
import { findGroup, placeOf, putGroup, type Place, type SubscriptionFilter } from './store.ts';

/** "There can be up to two subscription filters per log group." */
const SUBSCRIPTIONS_MAX = 2;
const PAGE_MAX = 50;

export const putSubscriptionFilter: Operation<'logs', 'PutSubscriptionFilter'> = async (input, context) => {
  const { logGroupName, filterName, filterPattern, destinationArn } = input;
  if (input.applyOnTransformedLogs) throw notOffered('applyOnTransformedLogs');
  if (input.fieldSelectionCriteria) throw notOffered('fieldSelectionCriteria');
  if (input.emitSystemFields?.length) throw notOffered('emitSystemFields');
  parsePattern(filterPattern);
  await requireGroup(context, logGroupName);
  await checkDestination(context, logGroupName, destinationArn, input.roleArn);
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    const group = await findGroup(tx, at, logGroupName);
    if (!group) throw groupNotFound();
    const subscriptions = { ...group.subscriptions };
    const known = subscriptions[filterName];
    if (!known && Object.keys(subscriptions).length >= SUBSCRIPTIONS_MAX) throw limitExceeded();
    subscriptions[filterName] = {
      name: filterName,
      pattern: filterPattern,
      destinationArn,
      distribution: input.distribution ?? 'ByLogStream',
      createdAt: known?.createdAt ?? context.clock.now(),
    };
    putGroup(tx, at, { ...group, subscriptions });
  });
  return {};
};

/** Only functions receive logs here; the permission is tried, as on AWS. */
async function checkDestination(
  context: Context,
  logGroupName: string,
  destinationArn: string,
  roleArn: string | undefined,
): Promise<void> {
  const arn = parseArn(destinationArn);
  if (!arn) throw invalidParameter('destinationArn is not a valid ARN');
  if (['kinesis', 'firehose', 'logs'].includes(arn.service)) throw notOffered(`destinations of ${arn.service}`);
  if (arn.service !== 'lambda') {
    throw invalidParameter(`PutSubscriptionFilter operation cannot work with destinationArn for vendor ${arn.service}`);
  }
  if (roleArn !== undefined) {
    throw invalidParameter('destinationArn for vendor lambda cannot be used with roleArn');
  }
  if (logGroupName === `/aws/lambda/${arn.resource.split(':')[1]}`) {
    throw invalidParameter('The log group provided is reserved for the function logs of the destination function.');
  }
  try {
    await invokeFunction(context.platform, placeOf(context), logGroupName, destinationArn, '{}', 'DryRun');
  } catch (error) {
    if (!(error instanceof ServiceError) || error.fault === 'server') throw error;
    throw new ServiceError(
      'InvalidParameterException',
      'Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.',
      400,
      { cause: error },
    );
  }
}

/** Permissions name the service with its region (as AWS's guide once had it) or without. */
export async function invokeFunction(
  platform: Platform,
  at: Place,
  group: string,
  functionArn: string,
  payload: string,
  invocationType: 'DryRun' | 'Event',
): Promise<void> {
  const sourceArn = `${groupArn(at, group)}:*`;
  const request = { functionArn, payload, invocationType };
  try {
    await platform.functions.invoke({ ...request, as: servicePrincipal('logs.amazonaws.com', sourceArn) });
  } catch (error) {
    if (!(error instanceof ServiceError) || !error.code.startsWith('AccessDenied')) throw error;
    await platform.functions.invoke({ ...request, as: servicePrincipal(`logs.${at.region}.amazonaws.com`, sourceArn) });
  }
}

const shown = (logGroupName: string, filter: SubscriptionFilter) => ({
  filterName: filter.name,
  logGroupName,
  filterPattern: filter.pattern,
  destinationArn: filter.destinationArn,
  distribution: filter.distribution,
  applyOnTransformedLogs: false,
  creationTime: filter.createdAt,
});

export const describeSubscriptionFilters: Operation<'logs', 'DescribeSubscriptionFilters'> = async (input, context) => {
  const group = await requireGroup(context, input.logGroupName);
  const limit = input.limit ?? PAGE_MAX;
  const found = Object.values(group.subscriptions ?? {})
    .filter((filter) => filter.name.startsWith(input.filterNamePrefix ?? ''))
    .filter((filter) => input.nextToken === undefined || filter.name > input.nextToken)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = found.slice(0, limit);
  return {
    subscriptionFilters: page.map((filter) => shown(group.name, filter)),
    ...(found.length > limit && { nextToken: page.at(-1)?.name }),
  };
};

export const deleteSubscriptionFilter: Operation<'logs', 'DeleteSubscriptionFilter'> = async (input, context) => {
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    const group = await findGroup(tx, at, input.logGroupName);
    if (!group) throw groupNotFound();
    const { [input.filterName]: removed, ...subscriptions } = group.subscriptions ?? {};
    if (!removed) throw subscriptionNotFound();
    putGroup(tx, at, { ...group, subscriptions });
  });
  return {};
};

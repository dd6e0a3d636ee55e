import type { Operation } from '#kernel/service.ts';
import { checkAddress } from '../addresses.ts';
import { badRequest, inVersion2, notFound } from '../errors.ts';
import { findAccount, placeOf, putAccount, suppressions } from '../store.ts';
import { suppressedName } from '../suppression.ts';

const PAGE_MAX = 1000;
const unknown = (address: string): Error =>
  notFound(`Email address ${address} does not exist on your suppression list.`);

export const putSuppressedDestination: Operation<'sesv2', 'PutSuppressedDestination'> = (input, context) =>
  inVersion2(async () => {
    const name = suppressedName(checkAddress(input.EmailAddress));
    await context.store.transact((tx) =>
      suppressions.put(tx, placeOf(context), { name, reason: input.Reason, updatedAt: context.clock.now() }),
    );
    return {};
  });

export const getSuppressedDestination: Operation<'sesv2', 'GetSuppressedDestination'> = async (input, context) => {
  const entry = await suppressions.find(context.store, placeOf(context), suppressedName(input.EmailAddress));
  if (!entry) throw unknown(input.EmailAddress);
  return {
    SuppressedDestination: {
      EmailAddress: entry.name,
      Reason: entry.reason,
      LastUpdateTime: new Date(entry.updatedAt),
    },
  };
};

export const deleteSuppressedDestination: Operation<'sesv2', 'DeleteSuppressedDestination'> = async (
  input,
  context,
) => {
  const name = suppressedName(input.EmailAddress);
  await context.store.transact(async (tx) => {
    if (!(await suppressions.find(tx, placeOf(context), name))) throw unknown(input.EmailAddress);
    suppressions.remove(tx, placeOf(context), name);
  });
  return {};
};

export const listSuppressedDestinations: Operation<'sesv2', 'ListSuppressedDestinations'> = async (input, context) => {
  const limit = input.PageSize ?? PAGE_MAX;
  if (limit < 1 || limit > PAGE_MAX) throw badRequest(`PageSize must be between 1 and ${PAGE_MAX}.`);
  const from = input.StartDate?.getTime() ?? 0;
  const to = input.EndDate?.getTime() ?? Infinity;
  const found = [];
  let after = input.NextToken;
  for (;;) {
    const page = await suppressions.list(context.store, placeOf(context), after, PAGE_MAX);
    for (const entry of page) {
      if (entry.updatedAt < from || entry.updatedAt > to) continue;
      if (input.Reasons?.length && !input.Reasons.includes(entry.reason)) continue;
      found.push(entry);
    }
    if (page.length < PAGE_MAX || found.length > limit) break;
    after = page.at(-1)?.name;
  }
  const shown = found.slice(0, limit);
  return {
    SuppressedDestinationSummaries: shown.map((entry) => ({
      EmailAddress: entry.name,
      Reason: entry.reason,
      LastUpdateTime: new Date(entry.updatedAt),
    })),
    ...(found.length > limit && { NextToken: shown.at(-1)?.name }),
  };
};

export const putAccountSuppressionAttributes: Operation<'sesv2', 'PutAccountSuppressionAttributes'> = async (
  input,
  context,
) => {
  await context.store.transact(async (tx) => {
    const account = await findAccount(tx, placeOf(context));
    putAccount(tx, placeOf(context), { ...account, suppressedReasons: input.SuppressedReasons ?? [] });
  });
  return {};
};

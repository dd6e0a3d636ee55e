import type { Operation } from '#kernel/service.ts';
import { alreadyExists, badRequest, notFound, notOffered } from '../errors.ts';
import { configurationSets, placeOf } from '../store.ts';

const unknown = (name: string): Error => notFound(`Configuration set <${name}> does not exist.`);

export const createConfigurationSet: Operation<'sesv2', 'CreateConfigurationSet'> = async (input, context) => {
  const name = input.ConfigurationSetName;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw badRequest(`Invalid configuration set name <${name}>: only alphanumeric characters, '-' and '_' allowed.`);
  }
  const { TrackingOptions, DeliveryOptions, SuppressionOptions, VdmOptions, ReputationOptions, SendingOptions } = input;
  for (const [option, value] of Object.entries({
    TrackingOptions,
    DeliveryOptions,
    SuppressionOptions,
    VdmOptions,
    ReputationOptions,
  })) {
    if (value !== undefined) throw notOffered(option);
  }
  await context.store.transact(async (tx) => {
    if (await configurationSets.find(tx, placeOf(context), name))
      throw alreadyExists(`Configuration set <${name}> already exists.`);
    configurationSets.put(tx, placeOf(context), {
      name,
      createdAt: context.clock.now(),
      sendingEnabled: SendingOptions?.SendingEnabled ?? true,
      tags: Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key, tag.Value])),
    });
  });
  return {};
};

export const getConfigurationSet: Operation<'sesv2', 'GetConfigurationSet'> = async (input, context) => {
  const set = await configurationSets.find(context.store, placeOf(context), input.ConfigurationSetName);
  if (!set) throw unknown(input.ConfigurationSetName);
  return {
    ConfigurationSetName: set.name,
    SendingOptions: { SendingEnabled: set.sendingEnabled },
    Tags: Object.entries(set.tags).map(([Key, Value]) => ({ Key, Value })),
  };
};

export const deleteConfigurationSet: Operation<'sesv2', 'DeleteConfigurationSet'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    if (!(await configurationSets.find(tx, placeOf(context), input.ConfigurationSetName)))
      throw unknown(input.ConfigurationSetName);
    configurationSets.remove(tx, placeOf(context), input.ConfigurationSetName);
  });
  return {};
};

export const listConfigurationSets: Operation<'sesv2', 'ListConfigurationSets'> = async (input, context) => {
  const limit = input.PageSize ?? 1000;
  const page = await configurationSets.list(context.store, placeOf(context), input.NextToken, limit + 1);
  const shown = page.slice(0, limit);
  return {
    ConfigurationSets: shown.map((set) => set.name),
    ...(page.length > limit && { NextToken: shown.at(-1)?.name }),
  };
};

export const putConfigurationSetSendingOptions: Operation<'sesv2', 'PutConfigurationSetSendingOptions'> = async (
  input,
  context,
) => {
  await context.store.transact(async (tx) => {
    const set = await configurationSets.find(tx, placeOf(context), input.ConfigurationSetName);
    if (!set) throw unknown(input.ConfigurationSetName);
    configurationSets.put(tx, placeOf(context), { ...set, sendingEnabled: input.SendingEnabled ?? false });
  });
  return {};
};

import type { Input } from '#kernel/service-types.ts';
import type { Operation } from '#kernel/service.ts';
import { alreadyExists, badRequest, notFound, notOffered } from '../errors.ts';
import { configurationSets, placeOf } from '../store.ts';

const unknown = (name: string): Error => notFound(`Configuration set <${name}> does not exist.`);

export const createConfigurationSet: Operation<'sesv2', 'CreateConfigurationSet'> = async (input, context) => {
  const name = input.ConfigurationSetName;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw badRequest(`Invalid configuration set name <${name}>: only alphanumeric characters, '-' and '_' allowed.`);
  }
  const { SendingOptions, SuppressionOptions } = input;
  for (const [option, value] of Object.entries(notDefault(input))) {
    if (value !== undefined) throw badRequest(notOffered(option).message);
  }
  await context.store.transact(async (tx) => {
    if (await configurationSets.find(tx, placeOf(context), name))
      throw alreadyExists(`Configuration set <${name}> already exists.`);
    configurationSets.put(tx, placeOf(context), {
      name,
      createdAt: context.clock.now(),
      sendingEnabled: SendingOptions?.SendingEnabled ?? true,
      ...(SuppressionOptions?.SuppressedReasons && { suppressedReasons: SuppressionOptions.SuppressedReasons }),
      tags: Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key, tag.Value])),
    });
  });
  return {};
};

type Options = Input<'sesv2', 'CreateConfigurationSet'>;

/** Options that ask for something else than what happens anyway. */
function notDefault({
  TrackingOptions,
  DeliveryOptions,
  VdmOptions,
  ReputationOptions,
  ArchivingOptions,
}: Options): object {
  const { TlsPolicy, ...delivery } = DeliveryOptions ?? {};
  return {
    TrackingOptions,
    DeliveryOptions: TlsPolicy === 'REQUIRE' || Object.keys(delivery).length > 0 ? DeliveryOptions : undefined,
    VdmOptions,
    ReputationOptions: ReputationOptions?.ReputationMetricsEnabled ? ReputationOptions : undefined,
    ArchivingOptions,
  };
}

export const getConfigurationSet: Operation<'sesv2', 'GetConfigurationSet'> = async (input, context) => {
  const set = await configurationSets.find(context.store, placeOf(context), input.ConfigurationSetName);
  if (!set) throw unknown(input.ConfigurationSetName);
  return {
    ConfigurationSetName: set.name,
    DeliveryOptions: { TlsPolicy: 'OPTIONAL' },
    ReputationOptions: { ReputationMetricsEnabled: false },
    SendingOptions: { SendingEnabled: set.sendingEnabled },
    Tags: Object.entries(set.tags).map(([Key, Value]) => ({ Key, Value })),
    ...(set.suppressedReasons && { SuppressionOptions: { SuppressedReasons: [...set.suppressedReasons] } }),
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

export const putConfigurationSetSuppressionOptions: Operation<
  'sesv2',
  'PutConfigurationSetSuppressionOptions'
> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const set = await configurationSets.find(tx, placeOf(context), input.ConfigurationSetName);
    if (!set) throw unknown(input.ConfigurationSetName);
    const { suppressedReasons: _before, ...rest } = set;
    const suppressedReasons = input.SuppressedReasons;
    configurationSets.put(tx, placeOf(context), { ...rest, ...(suppressedReasons && { suppressedReasons }) });
  });
  return {};
};

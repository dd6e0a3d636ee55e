import { ServiceError } from '#core/errors.ts';
import type { Operation } from '#kernel/service.ts';
import { configurationSetDoesNotExist } from '../errors.ts';
import { configurationSets, placeOf } from '../store.ts';

export const createConfigurationSet: Operation<'ses', 'CreateConfigurationSet'> = async (input, context) => {
  const name = input.ConfigurationSet.Name;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
    throw new ServiceError(
      'InvalidConfigurationSet',
      `Invalid configuration set name <${name}>: only alphanumeric characters, '-' and '_' allowed.`,
    );
  }
  await context.store.transact(async (tx) => {
    if (await configurationSets.find(tx, placeOf(context), name)) {
      throw new ServiceError('ConfigurationSetAlreadyExists', `Configuration set <${name}> already exists.`, 400, {
        fields: { ConfigurationSetName: name },
      });
    }
    configurationSets.put(tx, placeOf(context), {
      name,
      createdAt: context.clock.now(),
      sendingEnabled: true,
      tags: {},
    });
  });
  return {};
};

export const describeConfigurationSet: Operation<'ses', 'DescribeConfigurationSet'> = async (input, context) => {
  const set = await configurationSets.find(context.store, placeOf(context), input.ConfigurationSetName);
  if (!set) throw configurationSetDoesNotExist(input.ConfigurationSetName);
  const asked = new Set(input.ConfigurationSetAttributeNames);
  return {
    ConfigurationSet: { Name: set.name },
    ...(asked.has('eventDestinations') && { EventDestinations: [] }),
    ...(asked.has('deliveryOptions') && { DeliveryOptions: { TlsPolicy: 'Optional' as const } }),
    ...(asked.has('reputationOptions') && {
      ReputationOptions: { SendingEnabled: set.sendingEnabled, ReputationMetricsEnabled: false },
    }),
  };
};

export const deleteConfigurationSet: Operation<'ses', 'DeleteConfigurationSet'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    if (!(await configurationSets.find(tx, placeOf(context), input.ConfigurationSetName))) {
      throw configurationSetDoesNotExist(input.ConfigurationSetName);
    }
    configurationSets.remove(tx, placeOf(context), input.ConfigurationSetName);
  });
  return {};
};

export const listConfigurationSets: Operation<'ses', 'ListConfigurationSets'> = async (input, context) => {
  const limit = input.MaxItems ?? 1000;
  const page = await configurationSets.list(context.store, placeOf(context), input.NextToken, limit + 1);
  const shown = page.slice(0, limit);
  return {
    ConfigurationSets: shown.map((set) => ({ Name: set.name })),
    ...(page.length > limit && { NextToken: shown.at(-1)?.name }),
  };
};

export const updateConfigurationSetSendingEnabled: Operation<'ses', 'UpdateConfigurationSetSendingEnabled'> = async (
  input,
  context,
) => {
  await context.store.transact(async (tx) => {
    const set = await configurationSets.find(tx, placeOf(context), input.ConfigurationSetName);
    if (!set) throw configurationSetDoesNotExist(input.ConfigurationSetName);
    configurationSets.put(tx, placeOf(context), { ...set, sendingEnabled: input.Enabled });
  });
  return {};
};

import type { ResourceType } from './contract.ts';
import { ignoreMissing, isSame, pick, tagChanges, tagMap, camelCase } from './shared.ts';

const SERVICE = 'CloudWatchLogs';

const logGroup: ResourceType = {
  type: 'AWS::Logs::LogGroup',
  service: SERVICE,
  name: { property: 'LogGroupName', lengthMax: 512 },
  async create(properties, { call, physicalName, region, accountId, partition, initiated }) {
    const logGroupName: string = properties.LogGroupName ?? physicalName;
    const tags = tagMap(properties.Tags);
    await call('logs', 'CreateLogGroup', {
      logGroupName,
      ...camelCase(pick(properties, ['KmsKeyId', 'LogGroupClass', 'DeletionProtectionEnabled'])),
      ...(Object.keys(tags).length > 0 && { tags }),
    });
    await initiated(logGroupName);
    const { RetentionInDays: retentionInDays } = properties;
    if (retentionInDays !== undefined) await call('logs', 'PutRetentionPolicy', { logGroupName, retentionInDays });
    if (properties.DataProtectionPolicy) {
      const policyDocument = JSON.stringify(properties.DataProtectionPolicy);
      await call('logs', 'PutDataProtectionPolicy', { logGroupIdentifier: logGroupName, policyDocument });
    }
    return {
      physicalId: logGroupName,
      attributes: { Arn: `arn:${partition}:logs:${region}:${accountId}:log-group:${logGroupName}:*` },
    };
  },
  async update({ physicalId: logGroupName, properties: before }, properties, { call, region, accountId, partition }) {
    const { RetentionInDays: retentionInDays, KmsKeyId: kmsKeyId } = properties;
    if (before.RetentionInDays !== retentionInDays) {
      if (retentionInDays === undefined) await call('logs', 'DeleteRetentionPolicy', { logGroupName });
      else await call('logs', 'PutRetentionPolicy', { logGroupName, retentionInDays });
    }
    if (before.KmsKeyId !== kmsKeyId) {
      if (kmsKeyId === undefined) await call('logs', 'DisassociateKmsKey', { logGroupName });
      else await call('logs', 'AssociateKmsKey', { logGroupName, kmsKeyId });
    }
    const arn = `arn:${partition}:logs:${region}:${accountId}:log-group:${logGroupName}`;
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    if (Object.keys(set).length > 0) await call('logs', 'TagResource', { resourceArn: arn, tags: set });
    if (remove.length > 0) await call('logs', 'UntagResource', { resourceArn: arn, tagKeys: remove });
    if (!isSame(before.DataProtectionPolicy, properties.DataProtectionPolicy)) {
      const policyDocument = JSON.stringify(properties.DataProtectionPolicy ?? {});
      await call('logs', 'PutDataProtectionPolicy', { logGroupIdentifier: logGroupName, policyDocument });
    }
    return { attributes: { Arn: `${arn}:*` } };
  },
  async delete({ physicalId: logGroupName }, { call }) {
    await ignoreMissing(() => call('logs', 'DeleteLogGroup', { logGroupName }));
  },
};

const logStream: ResourceType = {
  type: 'AWS::Logs::LogStream',
  service: SERVICE,
  name: { property: 'LogStreamName', lengthMax: 512 },
  async create(properties, { call, physicalName }) {
    const logStreamName: string = properties.LogStreamName ?? physicalName;
    await call('logs', 'CreateLogStream', { logGroupName: properties.LogGroupName, logStreamName });
    return { physicalId: logStreamName };
  },
  async delete({ physicalId, properties }, { call }) {
    const input = { logGroupName: properties.LogGroupName, logStreamName: physicalId };
    await ignoreMissing(() => call('logs', 'DeleteLogStream', input));
  },
};

const metricFilter: ResourceType = {
  type: 'AWS::Logs::MetricFilter',
  service: SERVICE,
  name: { property: 'FilterName', lengthMax: 512 },
  async create(properties, { call, physicalName }) {
    const filterName: string = properties.FilterName ?? physicalName;
    await call('logs', 'PutMetricFilter', metricFilterInput(properties, filterName));
    return { physicalId: filterName };
  },
  async update({ physicalId }, properties, { call }) {
    await call('logs', 'PutMetricFilter', metricFilterInput(properties, physicalId));
  },
  async delete({ physicalId: filterName, properties }, { call }) {
    await ignoreMissing(() =>
      call('logs', 'DeleteMetricFilter', { logGroupName: properties.LogGroupName, filterName }),
    );
  },
};

/** CloudFormation has the dimensions as a list of {Key, Value}, the API as a map. */
function metricFilterInput(properties: Record<string, any>, filterName: string): any {
  const transformations = properties.MetricTransformations.map(({ Dimensions, ...rest }: Record<string, any>) => ({
    ...camelCase(rest),
    ...(Dimensions && { dimensions: tagMap(Dimensions) }),
  }));
  return {
    ...camelCase(
      pick(properties, [
        'LogGroupName',
        'FilterPattern',
        'ApplyOnTransformedLogs',
        'FieldSelectionCriteria',
        'EmitSystemFieldDimensions',
      ]),
    ),
    filterName,
    metricTransformations: transformations,
  };
}

const subscriptionFilter: ResourceType = {
  type: 'AWS::Logs::SubscriptionFilter',
  service: SERVICE,
  name: { property: 'FilterName', lengthMax: 512 },
  async create(properties, { call, physicalName }) {
    const filterName: string = properties.FilterName ?? physicalName;
    await call('logs', 'PutSubscriptionFilter', { ...camelCase(properties), filterName });
    return { physicalId: filterName };
  },
  async update({ physicalId }, properties, { call }) {
    await call('logs', 'PutSubscriptionFilter', { ...camelCase(properties), filterName: physicalId });
  },
  async delete({ physicalId: filterName, properties }, { call }) {
    const input = { logGroupName: properties.LogGroupName, filterName };
    await ignoreMissing(() => call('logs', 'DeleteSubscriptionFilter', input));
  },
};

export const logs: readonly ResourceType[] = [logGroup, logStream, metricFilter, subscriptionFilter];

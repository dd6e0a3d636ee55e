// API keys and usage plans.
import type { PatchOperation } from '@aws-sdk/client-api-gateway';
import { patchValues } from './apigateway-patch.ts';
import { SERVICE } from './apigateway-stage.ts';
import type { Properties, ResourceType } from './contract.ts';
import { camelCase, ignoreMissing, isSame, pick, tagChanges, tagMap } from './shared.ts';

const apiKey: ResourceType = {
  type: 'AWS::ApiGateway::ApiKey',
  service: SERVICE,
  async create(properties, { call, physicalName }) {
    const tags = tagMap(properties.Tags);
    const { id = '' } = await call('apigateway', 'CreateApiKey', {
      name: properties.Name ?? physicalName,
      enabled: properties.Enabled ?? false,
      ...camelCase(pick(properties, ['Description', 'CustomerId', 'GenerateDistinctId', 'Value', 'StageKeys'])),
      ...(Object.keys(tags).length > 0 && { tags }),
    });
    return { physicalId: id, attributes: { APIKeyId: id } };
  },
  async findCreated(properties, { call, physicalName, isClaimed }) {
    const name = properties.Name ?? physicalName;
    const { items } = await call('apigateway', 'GetApiKeys', { nameQuery: name });
    const found = items?.find((item) => item.id && !isClaimed(item.id) && item.name === name);
    return found?.id === undefined ? undefined : { physicalId: found.id, attributes: { APIKeyId: found.id } };
  },
  async update({ physicalId: apiKeyId, properties: before, attributes }, properties, { call, region, partition }) {
    const stageOf = ({ RestApiId, StageName }: Properties): string => `${RestApiId}/${StageName}`;
    const old: string[] = (before.StageKeys ?? []).map(stageOf);
    const next: string[] = (properties.StageKeys ?? []).map(stageOf);
    const patchOperations: PatchOperation[] = [
      ...patchValues(
        before,
        properties,
        { Description: '/description', Enabled: '/enabled', CustomerId: '/customerId' },
        { Enabled: 'false' },
      ),
      ...next
        .filter((key) => !old.includes(key))
        .map((value): PatchOperation => ({ op: 'add', path: '/stages', value })),
      ...old
        .filter((key) => !next.includes(key))
        .map((value): PatchOperation => ({ op: 'remove', path: '/stages', value })),
    ];
    if (patchOperations.length > 0) await call('apigateway', 'UpdateApiKey', { apiKey: apiKeyId, patchOperations });
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const resourceArn = `arn:${partition}:apigateway:${region}::/apikeys/${apiKeyId}`;
    if (Object.keys(set).length > 0) await call('apigateway', 'TagResource', { resourceArn, tags: set });
    if (remove.length > 0) await call('apigateway', 'UntagResource', { resourceArn, tagKeys: remove });
    return { attributes };
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteApiKey', { apiKey: physicalId }));
  },
};

const stagesOf = (properties: Properties): Properties[] =>
  (properties.ApiStages ?? []).map((stage: Properties) => ({
    apiId: stage.ApiId,
    stage: stage.Stage,
    ...(stage.Throttle && {
      throttle: Object.fromEntries(
        Object.entries<Properties>(stage.Throttle).map(([path, limits]) => [path, camelCase(limits)]),
      ),
    }),
  }));

function planPatch(before: Properties, after: Properties): PatchOperation[] {
  const operations = patchValues(before, after, { UsagePlanName: '/name', Description: '/description' });
  const group = (property: string, path: string, members: Record<string, string>): void => {
    if (isSame(before[property], after[property])) return;
    if (!after[property]) operations.push({ op: 'remove', path });
    else operations.push(...patchValues(before[property] ?? {}, after[property], members));
  };
  group('Throttle', '/throttle', { BurstLimit: '/throttle/burstLimit', RateLimit: '/throttle/rateLimit' });
  group('Quota', '/quota', { Limit: '/quota/limit', Offset: '/quota/offset', Period: '/quota/period' });
  const [old, next] = [stagesOf(before), stagesOf(after)];
  const key = ({ apiId, stage }: Properties): string => `${apiId}:${stage}`;
  for (const stage of old) {
    if (!next.some((other) => isSame(other, stage)))
      operations.push({ op: 'remove', path: '/apiStages', value: key(stage) });
  }
  for (const stage of next) {
    if (old.some((other) => isSame(other, stage))) continue;
    operations.push({ op: 'add', path: '/apiStages', value: key(stage) });
    for (const [path, limits] of Object.entries<Properties>(stage.throttle ?? {})) {
      const place = `/apiStages/${key(stage)}/throttle/${path.replaceAll('/', '~1').replace(/~1([^~]+)$/, '/$1')}`;
      if (limits.rateLimit !== undefined)
        operations.push({ op: 'replace', path: `${place}/rateLimit`, value: String(limits.rateLimit) });
      if (limits.burstLimit !== undefined)
        operations.push({ op: 'replace', path: `${place}/burstLimit`, value: String(limits.burstLimit) });
    }
  }
  return operations;
}

const usagePlan: ResourceType = {
  type: 'AWS::ApiGateway::UsagePlan',
  service: SERVICE,
  async create(properties, { call, physicalName }) {
    const tags = tagMap(properties.Tags);
    const { id = '' } = await call('apigateway', 'CreateUsagePlan', {
      name: properties.UsagePlanName ?? physicalName,
      ...camelCase(pick(properties, ['Description', 'Quota', 'Throttle'])),
      ...(properties.ApiStages && { apiStages: stagesOf(properties) }),
      ...(Object.keys(tags).length > 0 && { tags }),
    });
    return { physicalId: id, attributes: { Id: id } };
  },
  async findCreated(properties, { call, physicalName, isClaimed }) {
    const name = properties.UsagePlanName ?? physicalName;
    const { items } = await call('apigateway', 'GetUsagePlans', { limit: 500 });
    const found = items?.find((item) => item.id && !isClaimed(item.id) && item.name === name);
    return found?.id === undefined ? undefined : { physicalId: found.id, attributes: { Id: found.id } };
  },
  async update({ physicalId: usagePlanId, properties: before, attributes }, properties, { call, region, partition }) {
    const patchOperations = planPatch(before, properties);
    if (patchOperations.length > 0) await call('apigateway', 'UpdateUsagePlan', { usagePlanId, patchOperations });
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const resourceArn = `arn:${partition}:apigateway:${region}::/usageplans/${usagePlanId}`;
    if (Object.keys(set).length > 0) await call('apigateway', 'TagResource', { resourceArn, tags: set });
    if (remove.length > 0) await call('apigateway', 'UntagResource', { resourceArn, tagKeys: remove });
    return { attributes };
  },
  async delete({ physicalId: usagePlanId, properties }, { call }) {
    // A plan with stages cannot be deleted: they are taken out first, as CloudFormation does.
    const patchOperations = stagesOf(properties).map(({ apiId, stage }): PatchOperation => ({
      op: 'remove',
      path: '/apiStages',
      value: `${apiId}:${stage}`,
    }));
    await ignoreMissing(async () => {
      if (patchOperations.length > 0) await call('apigateway', 'UpdateUsagePlan', { usagePlanId, patchOperations });
    });
    await ignoreMissing(() => call('apigateway', 'DeleteUsagePlan', { usagePlanId }));
  },
};

const usagePlanKey: ResourceType = {
  type: 'AWS::ApiGateway::UsagePlanKey',
  service: SERVICE,
  async create({ KeyId: keyId, KeyType: keyType, UsagePlanId: usagePlanId }, { call, resumed }) {
    const physicalId = `${keyId}:${usagePlanId}`;
    if (resumed) await ignoreMissing(() => call('apigateway', 'DeleteUsagePlanKey', { usagePlanId, keyId }));
    await call('apigateway', 'CreateUsagePlanKey', { usagePlanId, keyId, keyType });
    return { physicalId, attributes: { Id: physicalId } };
  },
  async delete({ properties: { KeyId: keyId, UsagePlanId: usagePlanId } }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteUsagePlanKey', { usagePlanId, keyId }));
  },
};

export const planTypes: readonly ResourceType[] = [apiKey, usagePlan, usagePlanKey];

// Stages and deployments of REST APIs.
import type { PatchOperation } from '@aws-sdk/client-api-gateway';
import type { Call } from '#kernel/call.ts';
import type { Properties, ResourceContext, ResourceType } from './contract.ts';
import { escapePointer, patchMap, patchValues } from './apigateway-patch.ts';
import { ignoreMissing, isSame, pick, tagChanges, tagMap, camelCase } from './shared.ts';

export const SERVICE = 'ApiGateway';

/** Member of a method setting → its patch path, and what it goes back to. */
const METHOD_SETTINGS: Readonly<Record<string, [path: string, reset: string]>> = {
  MetricsEnabled: ['metrics/enabled', 'false'],
  LoggingLevel: ['logging/loglevel', 'OFF'],
  DataTraceEnabled: ['logging/dataTrace', 'false'],
  ThrottlingBurstLimit: ['throttling/burstLimit', '-1'],
  ThrottlingRateLimit: ['throttling/rateLimit', '-1'],
  CachingEnabled: ['caching/enabled', 'false'],
  CacheTtlInSeconds: ['caching/ttlInSeconds', '300'],
  CacheDataEncrypted: ['caching/dataEncrypted', 'false'],
};

/** `/pets/{id}` GET → `~1pets~1{id}/GET`; `/*` and `*` mean every resource or method. */
function settingKey({ ResourcePath = '/*', HttpMethod = '*' }: Properties): string {
  const path = ResourcePath === '/*' || ResourcePath === '*' ? '*' : escapePointer(ResourcePath);
  return `${path}/${HttpMethod}`;
}

function methodSettingsPatch(before: Properties[] = [], after: Properties[] = []): PatchOperation[] {
  const old = new Map(before.map((setting) => [settingKey(setting), setting]));
  const next = new Map(after.map((setting) => [settingKey(setting), setting]));
  const operations: PatchOperation[] = [];
  for (const [key, setting] of next) {
    for (const [name, [path, reset]] of Object.entries(METHOD_SETTINGS)) {
      const [was, is] = [old.get(key)?.[name], setting[name]];
      if (!isSame(was, is)) operations.push({ op: 'replace', path: `/${key}/${path}`, value: String(is ?? reset) });
    }
  }
  for (const key of old.keys()) if (!next.has(key)) operations.push({ op: 'remove', path: `/${key}` });
  return operations;
}

function accessLogPatch(before: Properties | undefined, after: Properties | undefined): PatchOperation[] {
  if (isSame(before, after)) return [];
  if (!after) return [{ op: 'remove', path: '/accessLogSettings' }];
  return patchValues(before ?? {}, after, {
    DestinationArn: '/accessLogSettings/destinationArn',
    Format: '/accessLogSettings/format',
  });
}

function canaryPatch(before: Properties | undefined, after: Properties | undefined): PatchOperation[] {
  if (isSame(before, after)) return [];
  if (!after) return [{ op: 'remove', path: '/canarySettings' }];
  return [
    ...patchValues(before ?? {}, after, {
      PercentTraffic: '/canarySettings/percentTraffic',
      UseStageCache: '/canarySettings/useStageCache',
      DeploymentId: '/canarySettings/deploymentId',
    }),
    ...patchMap(before?.StageVariableOverrides, after.StageVariableOverrides, '/canarySettings/stageVariableOverrides'),
  ];
}

/** What CreateStage does not take: it is patched in afterwards, as the console does. */
const settingsPatch = (before: Properties, after: Properties): PatchOperation[] => [
  ...methodSettingsPatch(before.MethodSettings, after.MethodSettings),
  ...accessLogPatch(before.AccessLogSetting, after.AccessLogSetting),
];

async function updateStage(
  call: Call,
  restApiId: string,
  stageName: string,
  patchOperations: PatchOperation[],
): Promise<void> {
  if (patchOperations.length > 0) await call('apigateway', 'UpdateStage', { restApiId, stageName, patchOperations });
}

const stage: ResourceType = {
  type: 'AWS::ApiGateway::Stage',
  service: SERVICE,
  async create(properties, context) {
    const { call, initiated } = context;
    const { RestApiId: restApiId, DeploymentId: deploymentId, CanarySetting } = properties;
    const stageName: string = properties.StageName ?? 'default';
    const tags = tagMap(properties.Tags);
    await call('apigateway', 'CreateStage', {
      restApiId,
      stageName,
      deploymentId,
      ...camelCase(
        pick(properties, [
          'Description',
          'CacheClusterEnabled',
          'CacheClusterSize',
          'Variables',
          'DocumentationVersion',
          'TracingEnabled',
        ]),
        new Set(['Variables']),
      ),
      ...(CanarySetting && { canarySettings: camelCase(CanarySetting, new Set(['StageVariableOverrides'])) }),
      ...(Object.keys(tags).length > 0 && { tags }),
    });
    await initiated(stageName);
    const certificate = patchValues({}, properties, { ClientCertificateId: '/clientCertificateId' });
    await updateStage(call, restApiId, stageName, [...certificate, ...settingsPatch({}, properties)]);
    return { physicalId: stageName };
  },
  async findCreated(properties, context) {
    const { call } = context;
    const { RestApiId: restApiId, DeploymentId } = properties;
    const stageName: string = properties.StageName ?? 'default';
    let found: { physicalId: string } | undefined;
    await ignoreMissing(async () => {
      const { deploymentId } = await call('apigateway', 'GetStage', { restApiId, stageName });
      if (deploymentId === DeploymentId) found = { physicalId: stageName };
    });
    if (found) await updateStage(call, restApiId, stageName, settingsPatch({}, properties));
    return found;
  },
  async update({ physicalId: stageName, properties: before }, properties, context) {
    const { call, region, partition } = context;
    const { RestApiId: restApiId } = properties;
    await updateStage(call, restApiId, stageName, [
      ...patchValues(
        before,
        properties,
        {
          DeploymentId: '/deploymentId',
          Description: '/description',
          CacheClusterEnabled: '/cacheClusterEnabled',
          CacheClusterSize: '/cacheClusterSize',
          ClientCertificateId: '/clientCertificateId',
          DocumentationVersion: '/documentationVersion',
          TracingEnabled: '/tracingEnabled',
        },
        { CacheClusterEnabled: 'false', CacheClusterSize: '0.5', TracingEnabled: 'false' },
      ),
      ...patchMap(before.Variables, properties.Variables, '/variables'),
      ...settingsPatch(before, properties),
      ...canaryPatch(before.CanarySetting, properties.CanarySetting),
    ]);
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const resourceArn = `arn:${partition}:apigateway:${region}::/restapis/${restApiId}/stages/${stageName}`;
    if (Object.keys(set).length > 0) await call('apigateway', 'TagResource', { resourceArn, tags: set });
    if (remove.length > 0) await call('apigateway', 'UntagResource', { resourceArn, tagKeys: remove });
  },
  async delete({ physicalId: stageName, properties: { RestApiId: restApiId } }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteStage', { restApiId, stageName }));
  },
};

/** A deployment may bring a stage of its own; StageDescription then holds that stage's settings. */
async function describeStage(
  restApiId: string,
  stageName: string,
  description: Properties,
  { call }: ResourceContext,
): Promise<void> {
  const all = pick(description, Object.keys(METHOD_SETTINGS));
  const settings = [...(Object.keys(all).length > 0 ? [{ ...all }] : []), ...(description.MethodSettings ?? [])];
  await updateStage(call, restApiId, stageName, [
    ...methodSettingsPatch([], settings),
    ...accessLogPatch(undefined, description.AccessLogSetting),
    ...patchValues({}, description, {
      ClientCertificateId: '/clientCertificateId',
      DocumentationVersion: '/documentationVersion',
    }),
  ]);
}

const deployment: ResourceType = {
  type: 'AWS::ApiGateway::Deployment',
  service: SERVICE,
  tagsAs: false,
  async create(properties, context) {
    const { call, initiated } = context;
    const {
      RestApiId: restApiId,
      StageName: stageName,
      Description: description,
      StageDescription,
      DeploymentCanarySettings,
    } = properties;
    const { id = '' } = await call('apigateway', 'CreateDeployment', {
      restApiId,
      ...(description !== undefined && { description }),
      ...(stageName !== undefined && { stageName }),
      ...(StageDescription && {
        ...(StageDescription.Description !== undefined && { stageDescription: StageDescription.Description }),
        ...camelCase(
          pick(StageDescription, ['CacheClusterEnabled', 'CacheClusterSize', 'TracingEnabled', 'Variables']),
          new Set(['Variables']),
        ),
      }),
      ...(DeploymentCanarySettings && {
        canarySettings: camelCase(DeploymentCanarySettings, new Set(['StageVariableOverrides'])),
      }),
    });
    await initiated(id);
    if (stageName !== undefined && StageDescription)
      await describeStage(restApiId, stageName, StageDescription, context);
    return { physicalId: id, attributes: { DeploymentId: id } };
  },
  /** Deployments have no names: one of this API that was made since the step began and belongs to nobody is ours. */
  async findCreated(properties, { call, startedAt, isClaimed }) {
    const { items } = await call('apigateway', 'GetDeployments', { restApiId: properties.RestApiId });
    const found = items?.find(
      ({ id, createdDate, description }) =>
        id &&
        !isClaimed(id) &&
        description === properties.Description &&
        (createdDate?.getTime() ?? 0) >= startedAt - 1000,
    );
    return found?.id === undefined ? undefined : { physicalId: found.id, attributes: { DeploymentId: found.id } };
  },
  async update({ physicalId: deploymentId, properties: before, attributes }, properties, context) {
    const { call } = context;
    const { RestApiId: restApiId, StageName: stageName, StageDescription } = properties;
    const patchOperations = patchValues(before, properties, { Description: '/description' });
    if (patchOperations.length > 0)
      await call('apigateway', 'UpdateDeployment', { restApiId, deploymentId, patchOperations });
    if (stageName !== undefined && StageDescription && !isSame(before.StageDescription, StageDescription)) {
      await describeStage(restApiId, stageName, StageDescription, context);
    }
    return { attributes };
  },
  async delete({ physicalId: deploymentId, properties: { RestApiId: restApiId, StageName: stageName } }, { call }) {
    // The stage that came with the deployment goes with it, if it still points at it.
    if (stageName !== undefined) {
      await ignoreMissing(async () => {
        const current = await call('apigateway', 'GetStage', { restApiId, stageName });
        if (current.deploymentId === deploymentId) await call('apigateway', 'DeleteStage', { restApiId, stageName });
      });
    }
    await ignoreMissing(() => call('apigateway', 'DeleteDeployment', { restApiId, deploymentId }));
  },
};

export const stageTypes: readonly ResourceType[] = [stage, deployment];

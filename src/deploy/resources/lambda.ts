import { ResourceFailure } from '../engine/failure.ts';
import type { Properties, ResourceType } from './contract.ts';
import { codeSigningConfig } from './lambda-code-signing.ts';
import { lambdaFunction } from './lambda-function.ts';
import { putProvisioned, untilProvisioned } from './lambda-provisioned.ts';
import { ignoreMissing, isSame, omit, pick, tagChanges, tagMap } from './shared.ts';

const SERVICE = 'Lambda';

const permission: ResourceType = {
  type: 'AWS::Lambda::Permission',
  service: SERVICE,
  name: { property: 'Id', lengthMax: 100 },
  async create(properties, { call, physicalName }) {
    // A function's ARN may name a version or an alias; the policy belongs to that.
    await call('lambda', 'AddPermission', {
      ...pick(properties, [
        'FunctionName',
        'Action',
        'Principal',
        'SourceArn',
        'SourceAccount',
        'EventSourceToken',
        'PrincipalOrgID',
        'FunctionUrlAuthType',
        'InvokedViaFunctionUrl',
      ]),
      FunctionName: properties.FunctionName,
      Action: properties.Action,
      Principal: properties.Principal,
      StatementId: physicalName,
    });
    return { physicalId: physicalName, attributes: { Id: physicalName } };
  },
  async findCreated(properties, { call, physicalName }) {
    let found = false;
    await ignoreMissing(async () => {
      const { Policy = '{}' } = await call('lambda', 'GetPolicy', { FunctionName: properties.FunctionName });
      found = (JSON.parse(Policy).Statement ?? []).some(({ Sid }: { Sid?: string }) => Sid === physicalName);
    });
    return found ? { physicalId: physicalName, attributes: { Id: physicalName } } : undefined;
  },
  async delete({ physicalId, properties }, { call }) {
    const input = { FunctionName: properties.FunctionName, StatementId: physicalId };
    await ignoreMissing(() => call('lambda', 'RemovePermission', input));
  },
};

const version: ResourceType = {
  type: 'AWS::Lambda::Version',
  service: SERVICE,
  async create(properties, context) {
    const { call, isClaimed } = context;
    const { FunctionArn = '', Version = '' } = await call('lambda', 'PublishVersion', {
      FunctionName: properties.FunctionName,
      ...pick(properties, ['CodeSha256', 'Description']),
    });
    // Lambda publishes nothing new when nothing changed, and answers the version that is there.
    if (isClaimed(FunctionArn)) {
      throw new ResourceFailure(
        `Resource handler returned message: "A version for this Lambda function exists ( ${Version} ). Modify the function to create a new version."`,
      );
    }
    await context.initiated(FunctionArn);
    await putProvisioned(context, properties, Version);
    return { physicalId: FunctionArn, attributes: { Version, FunctionArn } };
  },
  async delete({ physicalId }, { call }) {
    const at = physicalId.lastIndexOf(':');
    const input = { FunctionName: physicalId.slice(0, at), Qualifier: physicalId.slice(at + 1) };
    await ignoreMissing(() => call('lambda', 'DeleteFunction', input));
  },
};

/** The list of weights as the API's map. */
function aliasInput(properties: Properties): any {
  const weights: Properties[] = properties.RoutingConfig?.AdditionalVersionWeights ?? [];
  return {
    FunctionName: properties.FunctionName,
    Name: properties.Name,
    FunctionVersion: properties.FunctionVersion,
    Description: properties.Description ?? '',
    RoutingConfig: {
      AdditionalVersionWeights: Object.fromEntries(
        weights.map(({ FunctionVersion, FunctionWeight }) => [FunctionVersion, FunctionWeight]),
      ),
    },
  };
}

const alias: ResourceType = {
  type: 'AWS::Lambda::Alias',
  service: SERVICE,
  async create(properties, context) {
    const { AliasArn = '' } = await context.call('lambda', 'CreateAlias', aliasInput(properties));
    await context.initiated(AliasArn);
    await putProvisioned(context, properties, properties.Name);
    return { physicalId: AliasArn, attributes: { AliasArn } };
  },
  async findCreated(properties, context) {
    let arn: string | undefined;
    await ignoreMissing(async () => {
      const { FunctionName, Name } = properties;
      arn = (await context.call('lambda', 'GetAlias', { FunctionName, Name })).AliasArn;
    });
    if (arn !== undefined) await putProvisioned(context, properties, properties.Name);
    return arn === undefined ? undefined : { physicalId: arn, attributes: { AliasArn: arn } };
  },
  async update({ properties: before, physicalId }, properties, context) {
    await context.call('lambda', 'UpdateAlias', aliasInput(properties));
    const { FunctionName, Name: Qualifier, ProvisionedConcurrencyConfig } = properties;
    if (ProvisionedConcurrencyConfig) {
      if (isSame(before.ProvisionedConcurrencyConfig, ProvisionedConcurrencyConfig)) {
        await untilProvisioned(context, FunctionName, Qualifier);
      } else await putProvisioned(context, properties, Qualifier);
    } else if (before.ProvisionedConcurrencyConfig) {
      await context.call('lambda', 'DeleteProvisionedConcurrencyConfig', { FunctionName, Qualifier });
    }
    return { attributes: { AliasArn: physicalId } };
  },
  async delete({ properties: { FunctionName, Name } }, { call }) {
    await ignoreMissing(() => call('lambda', 'DeleteAlias', { FunctionName, Name }));
  },
};

const url: ResourceType = {
  type: 'AWS::Lambda::Url',
  service: SERVICE,
  async create(properties, { call }) {
    const { FunctionUrl, FunctionArn = '' } = await call('lambda', 'CreateFunctionUrlConfig', {
      FunctionName: properties.TargetFunctionArn,
      AuthType: properties.AuthType,
      ...pick(properties, ['Qualifier', 'Cors', 'InvokeMode']),
    });
    return { physicalId: FunctionArn, attributes: { FunctionUrl, FunctionArn } };
  },
  async findCreated(properties, { call }) {
    let found: { physicalId: string; attributes: Properties } | undefined;
    await ignoreMissing(async () => {
      const input = { FunctionName: properties.TargetFunctionArn, ...pick(properties, ['Qualifier']) };
      const { FunctionUrl, FunctionArn = '' } = await call('lambda', 'GetFunctionUrlConfig', input);
      found = { physicalId: FunctionArn, attributes: { FunctionUrl, FunctionArn } };
    });
    return found;
  },
  async update({ attributes }, properties, { call }) {
    await call('lambda', 'UpdateFunctionUrlConfig', {
      FunctionName: properties.TargetFunctionArn,
      AuthType: properties.AuthType,
      Cors: properties.Cors ?? {},
      InvokeMode: properties.InvokeMode ?? 'BUFFERED',
      ...pick(properties, ['Qualifier']),
    });
    return { attributes };
  },
  async delete({ properties }, { call }) {
    const input = { FunctionName: properties.TargetFunctionArn, ...pick(properties, ['Qualifier']) };
    await ignoreMissing(() => call('lambda', 'DeleteFunctionUrlConfig', input));
  },
};

const eventInvokeConfig: ResourceType = {
  type: 'AWS::Lambda::EventInvokeConfig',
  service: SERVICE,
  async create(properties, { call, physicalName }) {
    await call('lambda', 'PutFunctionEventInvokeConfig', { ...properties, FunctionName: properties.FunctionName });
    return { physicalId: physicalName };
  },
  async update(_deployed, properties, { call }) {
    await call('lambda', 'PutFunctionEventInvokeConfig', { ...properties, FunctionName: properties.FunctionName });
  },
  async delete({ properties: { FunctionName, Qualifier } }, { call }) {
    await ignoreMissing(() => call('lambda', 'DeleteFunctionEventInvokeConfig', { FunctionName, Qualifier }));
  },
};

const MAPPING_FIXED = [
  'EventSourceArn',
  'StartingPosition',
  'StartingPositionTimestamp',
  'SelfManagedEventSource',
  'Queues',
  'Topics',
  'Tags',
  'KmsKeyArn',
];

const keyArn = (properties: Properties): Properties =>
  properties.KmsKeyArn === undefined ? {} : { KMSKeyArn: properties.KmsKeyArn };

/** What a mapping is given when a property is no longer in its template: the API keeps what it is not told. */
const MAPPING_DEFAULTS: Properties = {
  Enabled: true,
  FilterCriteria: {},
  FunctionResponseTypes: [],
  MaximumBatchingWindowInSeconds: 0,
  ScalingConfig: {},
  ProvisionedPollerConfig: {},
  BisectBatchOnFunctionError: false,
  DestinationConfig: { OnFailure: {} },
  MaximumRecordAgeInSeconds: -1,
  MaximumRetryAttempts: -1,
  ParallelizationFactor: 1,
  TumblingWindowInSeconds: 0,
};

const mappingDefault = (name: string, properties: Properties): unknown =>
  name === 'BatchSize' ? (String(properties.EventSourceArn).includes(':sqs:') ? 10 : 100) : MAPPING_DEFAULTS[name];

function removedSettings(before: Properties, after: Properties): Properties {
  const gone = Object.keys(before).filter((name) => after[name] === undefined);
  const known = gone.filter((name) => name === 'BatchSize' || Object.hasOwn(MAPPING_DEFAULTS, name));
  return Object.fromEntries(known.map((name) => [name, mappingDefault(name, before)]));
}

const eventSourceMapping: ResourceType = {
  type: 'AWS::Lambda::EventSourceMapping',
  service: SERVICE,
  async create(properties, { call }) {
    const { UUID = '', EventSourceMappingArn } = await call('lambda', 'CreateEventSourceMapping', {
      ...omit(properties, ['Tags', 'KmsKeyArn', 'StartingPositionTimestamp']),
      FunctionName: properties.FunctionName,
      ...keyArn(properties),
      ...(properties.StartingPositionTimestamp !== undefined && {
        StartingPositionTimestamp: new Date(properties.StartingPositionTimestamp * 1000),
      }),
      ...(properties.Tags && { Tags: tagMap(properties.Tags) }),
    });
    return { physicalId: UUID, attributes: { Id: UUID, EventSourceMappingArn } };
  },
  async findCreated(properties, { call, isClaimed }) {
    const { FunctionName, EventSourceArn } = properties;
    const { EventSourceMappings } = await call('lambda', 'ListEventSourceMappings', { FunctionName, EventSourceArn });
    const found = EventSourceMappings?.find(({ UUID }) => UUID && !isClaimed(UUID));
    return found?.UUID === undefined
      ? undefined
      : { physicalId: found.UUID, attributes: { Id: found.UUID, EventSourceMappingArn: found.EventSourceMappingArn } };
  },
  async update({ physicalId: UUID, properties: before, attributes }, properties, { call }) {
    await call('lambda', 'UpdateEventSourceMapping', {
      ...removedSettings(before, properties),
      ...omit(properties, MAPPING_FIXED),
      ...keyArn(properties),
      UUID,
    });
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const Resource = String(attributes.EventSourceMappingArn);
    if (Object.keys(set).length > 0) await call('lambda', 'TagResource', { Resource, Tags: set });
    if (remove.length > 0) await call('lambda', 'UntagResource', { Resource, TagKeys: remove });
    return { attributes };
  },
  async delete({ physicalId: UUID }, { call }) {
    await ignoreMissing(() => call('lambda', 'DeleteEventSourceMapping', { UUID }));
  },
};

const layerVersion: ResourceType = {
  type: 'AWS::Lambda::LayerVersion',
  service: SERVICE,
  name: { property: 'LayerName', lengthMax: 140, shared: true },
  async create(properties, { call, physicalName }) {
    const { LayerVersionArn = '' } = await call('lambda', 'PublishLayerVersion', {
      ...pick(properties, ['Description', 'CompatibleRuntimes', 'CompatibleArchitectures', 'LicenseInfo']),
      LayerName: properties.LayerName ?? physicalName,
      Content: properties.Content,
    });
    return { physicalId: LayerVersionArn, attributes: { LayerVersionArn } };
  },
  async delete({ physicalId }, { call }) {
    const at = physicalId.lastIndexOf(':');
    const input = { LayerName: physicalId.slice(0, at), VersionNumber: Number(physicalId.slice(at + 1)) };
    await ignoreMissing(() => call('lambda', 'DeleteLayerVersion', input));
  },
};

const layerVersionPermission: ResourceType = {
  type: 'AWS::Lambda::LayerVersionPermission',
  service: SERVICE,
  async create(properties, { call, physicalName }) {
    const arn: string = properties.LayerVersionArn;
    const at = arn.lastIndexOf(':');
    const StatementId = physicalName.slice(-100);
    await call('lambda', 'AddLayerVersionPermission', {
      LayerName: arn.slice(0, at),
      VersionNumber: Number(arn.slice(at + 1)),
      StatementId,
      Action: properties.Action,
      Principal: properties.Principal,
      ...pick(properties, ['OrganizationId']),
    });
    const physicalId = `${arn}#${StatementId}`;
    return { physicalId, attributes: { Id: physicalId } };
  },
  async delete({ physicalId }, { call }) {
    const [arn = '', StatementId = ''] = physicalId.split('#');
    const at = arn.lastIndexOf(':');
    const input = { LayerName: arn.slice(0, at), VersionNumber: Number(arn.slice(at + 1)), StatementId };
    await ignoreMissing(() => call('lambda', 'RemoveLayerVersionPermission', input));
  },
};

export const lambda: readonly ResourceType[] = [
  codeSigningConfig,
  lambdaFunction,
  permission,
  version,
  alias,
  url,
  eventInvokeConfig,
  eventSourceMapping,
  layerVersion,
  layerVersionPermission,
];

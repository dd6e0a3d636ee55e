import { ResourceFailure } from '../engine/failure.ts';
import type { Attributes, Properties, ResourceContext, ResourceType } from './contract.ts';
import { functionCode } from './lambda-code.ts';
import { ignoreMissing, isSame, pick, tagChanges, tagMap } from './shared.ts';

const CONFIGURATION = [
  'CapacityProviderConfig',
  'DeadLetterConfig',
  'Description',
  'DurableConfig',
  'Environment',
  'EphemeralStorage',
  'FileSystemConfigs',
  'Handler',
  'ImageConfig',
  'KMSKeyArn',
  'Layers',
  'LoggingConfig',
  'MemorySize',
  'Role',
  'Runtime',
  'SnapStart',
  'Timeout',
  'TracingConfig',
  'VpcConfig',
];

/** What a setting goes back to when the template no longer names it. */
const DEFAULTS: Properties = {
  DeadLetterConfig: { TargetArn: '' },
  Description: '',
  Environment: { Variables: {} },
  EphemeralStorage: { Size: 512 },
  FileSystemConfigs: [],
  ImageConfig: {},
  KMSKeyArn: '',
  Layers: [],
  LoggingConfig: { LogFormat: 'Text' },
  MemorySize: 128,
  SnapStart: { ApplyOn: 'None' },
  Timeout: 3,
  TracingConfig: { Mode: 'PassThrough' },
  VpcConfig: { SubnetIds: [], SecurityGroupIds: [] },
};

/** The API's names: KmsKeyArn is KMSKeyArn there. */
function configuration(properties: Properties): Properties {
  const { KmsKeyArn, Environment, ...rest } = properties;
  return pick(
    {
      ...rest,
      ...(KmsKeyArn !== undefined && { KMSKeyArn: KmsKeyArn }),
      ...(Environment !== undefined && { Environment: environment(Environment) }),
    },
    CONFIGURATION,
  );
}

/** A template may write 8000 and true, and even lists by its schema; the API has text. */
function environment({ Variables, ...rest }: Properties): Properties {
  if (Variables === undefined) return rest;
  const entries = Object.entries<unknown>(Variables).map(([name, value]) => {
    if (typeof value === 'object') {
      throw new ResourceFailure(
        'Value of property Variables must be an object with String (or simple type) properties',
      );
    }
    return [name, String(value)];
  });
  return { ...rest, Variables: Object.fromEntries(entries) };
}

const attributesOf = (name: string, { partition, region, accountId }: ResourceContext): Attributes => ({
  Arn: `arn:${partition}:lambda:${region}:${accountId}:function:${name}`,
});

/** Settings that have operations of their own. */
async function exchangeSettings(
  FunctionName: string,
  before: Properties,
  after: Properties,
  { call }: ResourceContext,
): Promise<void> {
  const changed = (name: string): boolean => !isSame(before[name], after[name]);
  if (changed('ReservedConcurrentExecutions')) {
    const { ReservedConcurrentExecutions } = after;
    if (ReservedConcurrentExecutions === undefined) await call('lambda', 'DeleteFunctionConcurrency', { FunctionName });
    else await call('lambda', 'PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions });
  }
  if (changed('CodeSigningConfigArn')) {
    const { CodeSigningConfigArn } = after;
    if (CodeSigningConfigArn === undefined) await call('lambda', 'DeleteFunctionCodeSigningConfig', { FunctionName });
    else await call('lambda', 'PutFunctionCodeSigningConfig', { FunctionName, CodeSigningConfigArn });
  }
  if (changed('RecursiveLoop')) {
    await call('lambda', 'PutFunctionRecursionConfig', {
      FunctionName,
      RecursiveLoop: after.RecursiveLoop ?? 'Terminate',
    });
  }
  if (changed('RuntimeManagementConfig')) {
    const { UpdateRuntimeOn = 'Auto', RuntimeVersionArn } = after.RuntimeManagementConfig ?? {};
    await call('lambda', 'PutRuntimeManagementConfig', {
      FunctionName,
      UpdateRuntimeOn,
      ...(RuntimeVersionArn !== undefined && { RuntimeVersionArn }),
    });
  }
}

export const lambdaFunction: ResourceType = {
  type: 'AWS::Lambda::Function',
  service: 'Lambda',
  name: { property: 'FunctionName', lengthMax: 64 },
  async create(properties, context) {
    const { call, physicalName, initiated } = context;
    const FunctionName: string = properties.FunctionName ?? physicalName;
    const Tags = tagMap(properties.Tags);
    await call('lambda', 'CreateFunction', {
      ...pick(properties, [
        'Architectures',
        'CodeSigningConfigArn',
        'PackageType',
        'TenancyConfig',
        'PublishToLatestPublished',
      ]),
      ...configuration(properties),
      FunctionName,
      Role: properties.Role,
      Code: await functionCode(properties),
      ...(Object.keys(Tags).length > 0 && { Tags }),
    });
    await initiated(FunctionName);
    await exchangeSettings(FunctionName, pick(properties, ['CodeSigningConfigArn']), properties, context);
    return { physicalId: FunctionName, attributes: attributesOf(FunctionName, context) };
  },
  async update({ physicalId: FunctionName, properties: before }, properties, context) {
    const { call } = context;
    const sameCode = isSame(before.Code, properties.Code) && isSame(before.Architectures, properties.Architectures);
    if (!sameCode) {
      const Architectures = properties.Architectures ?? ['x86_64'];
      await call('lambda', 'UpdateFunctionCode', { FunctionName, ...(await functionCode(properties)), Architectures });
    }
    const old = configuration(before);
    const next = configuration(properties);
    const changed = CONFIGURATION.filter(
      (name) => !isSame(old[name], next[name]) && (next[name] ?? DEFAULTS[name]) !== undefined,
    );
    if (changed.length > 0) {
      const values = Object.fromEntries(changed.map((name) => [name, next[name] ?? DEFAULTS[name]]));
      await call('lambda', 'UpdateFunctionConfiguration', { FunctionName, ...values });
    }
    const attributes = attributesOf(FunctionName, context);
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const Resource = String(attributes.Arn);
    if (Object.keys(set).length > 0) await call('lambda', 'TagResource', { Resource, Tags: set });
    if (remove.length > 0) await call('lambda', 'UntagResource', { Resource, TagKeys: remove });
    await exchangeSettings(FunctionName, before, properties, context);
    return { attributes };
  },
  async delete({ physicalId: FunctionName }, { call }) {
    await ignoreMissing(() => call('lambda', 'DeleteFunction', { FunctionName }));
  },
};

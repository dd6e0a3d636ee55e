import type { Call } from '#kernel/call.ts';
import { parseObjectUrl, readObjectText } from '../stacks/template-url.ts';
import { patchList, patchValues } from './apigateway-patch.ts';
import { SERVICE } from './apigateway-stage.ts';
import type { Attributes, Properties, ResourceType } from './contract.ts';
import { camelCase, isSame, jsonText, ignoreMissing, pick, refuse, tagChanges, tagMap } from './shared.ts';

/** The OpenAPI document of Body or BodyS3Location. */
export async function readBody(properties: Properties, call: Call): Promise<Uint8Array | undefined> {
  const { Body, BodyS3Location } = properties;
  if (Body !== undefined) return Buffer.from(jsonText(Body));
  if (!BodyS3Location) return undefined;
  const { Bucket, Key, Version } = BodyS3Location;
  const address =
    Key === undefined ? parseObjectUrl(Bucket) : { bucket: Bucket, key: Key, ...(Version && { versionId: Version }) };
  return Buffer.from(await readObjectText(call, address));
}

const PATHS = {
  Name: '/name',
  Description: '/description',
  ApiKeySourceType: '/apiKeySource',
  MinimumCompressionSize: '/minimumCompressionSize',
  Policy: '/policy',
  DisableExecuteApiEndpoint: '/disableExecuteApiEndpoint',
  SecurityPolicy: '/securityPolicy',
  EndpointAccessMode: '/endpointAccessMode',
};
const DEFAULTS = { ApiKeySourceType: 'HEADER', DisableExecuteApiEndpoint: 'false' };

async function attributesOf(call: Call, restApiId: string, rootId?: string): Promise<Attributes> {
  if (rootId !== undefined) return { RestApiId: restApiId, RootResourceId: rootId };
  const { rootResourceId } = await call('apigateway', 'GetRestApi', { restApiId });
  return { RestApiId: restApiId, RootResourceId: rootResourceId };
}

const importParameters = (properties: Properties): Properties => ({
  ...(properties.FailOnWarnings !== undefined && { failOnWarnings: properties.FailOnWarnings }),
  ...(properties.Parameters && { parameters: properties.Parameters }),
});

/** CreateRestApi's members; name and description of an imported API come from its document unless they are given. */
function createInput(properties: Properties, name: string): any {
  const tags = tagMap(properties.Tags);
  return {
    name,
    ...camelCase(
      pick(properties, [
        'Description',
        'Version',
        'CloneFrom',
        'BinaryMediaTypes',
        'MinimumCompressionSize',
        'EndpointConfiguration',
        'DisableExecuteApiEndpoint',
        'SecurityPolicy',
        'EndpointAccessMode',
      ]),
    ),
    ...(properties.ApiKeySourceType !== undefined && { apiKeySource: properties.ApiKeySourceType }),
    ...(properties.Policy !== undefined && { policy: jsonText(properties.Policy) }),
    ...(Object.keys(tags).length > 0 && { tags }),
  };
}

/** Properties of the template win over what the imported document says. */
async function patchAfterImport(
  call: Call,
  restApiId: string,
  before: Properties,
  properties: Properties,
): Promise<void> {
  const patchOperations = patchValues(before, properties, PATHS, DEFAULTS).filter(({ value }) => value !== '');
  if (patchOperations.length > 0) await call('apigateway', 'UpdateRestApi', { restApiId, patchOperations });
}

export const restApi: ResourceType = {
  type: 'AWS::ApiGateway::RestApi',
  service: SERVICE,
  async create(properties, { call, logicalId, initiated }) {
    const body = await readBody(properties, call);
    const created = await call(
      'apigateway',
      'CreateRestApi',
      createInput(properties, properties.Name ?? titleOf(body) ?? logicalId),
    );
    const id = created.id ?? '';
    await initiated(id);
    if (body) {
      await call('apigateway', 'PutRestApi', {
        restApiId: id,
        body,
        mode: properties.Mode ?? 'overwrite',
        ...importParameters(properties),
      });
      await patchAfterImport(call, id, {}, properties);
      if (properties.BinaryMediaTypes) await patchMediaTypes(call, id, properties.BinaryMediaTypes);
    }
    return { physicalId: id, attributes: await attributesOf(call, id, body ? undefined : created.rootResourceId) };
  },
  /** Names of REST APIs need not be unique: one that was made since the step began and belongs to nobody is ours. */
  async findCreated(properties, { call, startedAt, isClaimed, logicalId }) {
    const body = await readBody(properties, call);
    const name = properties.Name ?? titleOf(body) ?? logicalId;
    const { items } = await call('apigateway', 'GetRestApis', { limit: 500 });
    const orphan = items?.find(
      (api) =>
        api.id && !isClaimed(api.id) && api.name === name && (api.createdDate?.getTime() ?? 0) >= startedAt - 1000,
    );
    if (orphan?.id) await call('apigateway', 'DeleteRestApi', { restApiId: orphan.id });
    return undefined;
  },
  async update({ physicalId: restApiId, properties: before }, properties, { call, region, partition }) {
    refuseCloning(before, properties);
    const sources = ['Body', 'BodyS3Location', 'Parameters', 'Mode', 'FailOnWarnings'];
    const reimport = sources.some((name) => !isSame(before[name], properties[name]));
    const body = reimport ? await readBody(properties, call) : undefined;
    if (body) {
      await call('apigateway', 'PutRestApi', {
        restApiId,
        body,
        mode: properties.Mode ?? 'overwrite',
        ...importParameters(properties),
      });
      await patchAfterImport(call, restApiId, {}, properties);
      if (properties.BinaryMediaTypes) await patchMediaTypes(call, restApiId, properties.BinaryMediaTypes);
    }
    const patchOperations = [
      ...(body ? [] : patchValues(before, properties, PATHS, DEFAULTS)),
      ...(body ? [] : patchList(before.BinaryMediaTypes, properties.BinaryMediaTypes, '/binaryMediaTypes', true)),
      ...endpointPatch(before.EndpointConfiguration, properties.EndpointConfiguration),
    ];
    if (patchOperations.length > 0) await call('apigateway', 'UpdateRestApi', { restApiId, patchOperations });
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const resourceArn = `arn:${partition}:apigateway:${region}::/restapis/${restApiId}`;
    if (Object.keys(set).length > 0) await call('apigateway', 'TagResource', { resourceArn, tags: set });
    if (remove.length > 0) await call('apigateway', 'UntagResource', { resourceArn, tagKeys: remove });
    return { attributes: await attributesOf(call, restApiId) };
  },
  async delete({ physicalId: restApiId }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteRestApi', { restApiId }));
  },
};

const refuseCloning = (before: Properties, properties: Properties): void => {
  if (before.CloneFrom !== properties.CloneFrom) refuse('AWS::ApiGateway::RestApi (update)', properties, ['CloneFrom']);
};

async function patchMediaTypes(call: Call, restApiId: string, wanted: string[]): Promise<void> {
  const { binaryMediaTypes } = await call('apigateway', 'GetRestApi', { restApiId });
  const patchOperations = patchList(
    binaryMediaTypes ?? [],
    [...(binaryMediaTypes ?? []), ...wanted],
    '/binaryMediaTypes',
    true,
  );
  if (patchOperations.length > 0) await call('apigateway', 'UpdateRestApi', { restApiId, patchOperations });
}

function endpointPatch(before: Properties | undefined, after: Properties | undefined): ReturnType<typeof patchValues> {
  const old: string = before?.Types?.[0] ?? 'EDGE';
  const next: string = after?.Types?.[0] ?? 'EDGE';
  return [
    ...(old === next ? [] : [{ op: 'replace' as const, path: `/endpointConfiguration/types/${old}`, value: next }]),
    ...patchList(before?.VpcEndpointIds, after?.VpcEndpointIds, '/endpointConfiguration/vpcEndpointIds', false),
    ...patchValues(
      before ?? {},
      after ?? {},
      { IpAddressType: '/endpointConfiguration/ipAddressType' },
      { IpAddressType: 'ipv4' },
    ),
  ];
}

/** info.title of an OpenAPI document in JSON. */
function titleOf(body: Uint8Array | undefined): string | undefined {
  if (!body) return undefined;
  try {
    const { info } = JSON.parse(Buffer.from(body).toString()) as { info?: { title?: unknown } };
    return typeof info?.title === 'string' ? info.title : undefined;
  } catch {
    return undefined;
  }
}

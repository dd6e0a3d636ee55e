// Resource types of HTTP and WebSocket APIs (API Gateway v2): the properties have the API's own names.
import type { Call } from '#kernel/call.ts';
import { readBody } from './apigateway-rest-api.ts';
import { managedOverrides } from './apigatewayv2-overrides.ts';
import { routingRule } from './apigatewayv2-routing-rule.ts';
import type { Attributes, Properties, ResourceContext, ResourceType } from './contract.ts';
import { ignoreMissing, isSame, jsonText, omit, pick, tagChanges } from './shared.ts';

const SERVICE = 'ApiGatewayV2';

/** These operations share one shape; the table below gives each type its names. */
type AnyCall = (service: 'apigatewayv2', operation: string, input: Properties) => Promise<Properties>;
const untyped = (call: Call): AnyCall => call as unknown as AnyCall;

interface ChildRule {
  /** `Route`: CreateRoute, UpdateRoute, DeleteRoute */
  name: string;
  /** member that the answer's id is in; also the attribute */
  id: string;
  /** properties that say where it is, sent with every operation */
  parents: readonly string[];
  /** properties that Update does not take */
  fixed?: readonly string[];
  /** what is sent in an update when the template no longer names it */
  resets?: Properties;
  /** how `findCreated` knows it again; absent = a second one does no harm */
  same?: readonly string[];
  input?: (properties: Properties) => Properties;
}

/** A resource below an API. */
function child(rule: ChildRule): ResourceType {
  const { name, id, parents, fixed = [], resets = {} } = rule;
  const input = rule.input ?? ((properties: Properties) => properties);
  return {
    type: `AWS::ApiGatewayV2::${name}`,
    service: SERVICE,
    async create(properties, { call }) {
      const created = await untyped(call)('apigatewayv2', `Create${name}`, input(properties));
      return { physicalId: created[id], attributes: { [id]: created[id] } };
    },
    async findCreated(properties, { call, isClaimed }) {
      if (!rule.same) return undefined;
      const { Items } = await untyped(call)('apigatewayv2', `Get${name}s`, pick(properties, parents));
      const found = (Items as Properties[] | undefined)?.find(
        (item) => !isClaimed(item[id]) && rule.same!.every((member) => isSame(item[member], properties[member])),
      );
      return found && { physicalId: found[id], attributes: { [id]: found[id] } };
    },
    async update({ physicalId, properties: before, attributes }, properties, { call }) {
      const gone = Object.keys(before).filter((key) => properties[key] === undefined && resets[key] !== undefined);
      const values = { ...omit(input(properties), fixed), ...pick(resets, gone), ...pick(properties, parents) };
      await untyped(call)('apigatewayv2', `Update${name}`, { ...values, [id]: physicalId });
      return { attributes };
    },
    async delete({ physicalId, properties }, { call }) {
      await ignoreMissing(() =>
        untyped(call)('apigatewayv2', `Delete${name}`, { ...pick(properties, parents), [id]: physicalId }),
      );
    },
  };
}

const API_FIXED = ['ProtocolType', 'Body', 'BodyS3Location', 'BasePath', 'FailOnWarnings', 'Tags'];

function apiAttributes(api: Properties, { partition, region, accountId }: ResourceContext): Attributes {
  const { ApiId, ApiEndpoint } = api;
  return { ApiId, ApiEndpoint, ExecuteApiArn: `arn:${partition}:execute-api:${region}:${accountId}:${ApiId}` };
}

const importOptions = (properties: Properties): Properties => ({
  ...(properties.BasePath !== undefined && { Basepath: properties.BasePath }),
  ...(properties.FailOnWarnings !== undefined && { FailOnWarnings: properties.FailOnWarnings }),
});

const api: ResourceType = {
  type: 'AWS::ApiGatewayV2::Api',
  service: SERVICE,
  async create(properties, context) {
    const { call, initiated } = context;
    const body = await readBody(properties, call);
    if (!body) {
      const created = await call('apigatewayv2', 'CreateApi', {
        ...omit(properties, ['Body', 'BodyS3Location', 'BasePath', 'FailOnWarnings']),
        Name: properties.Name,
        ProtocolType: properties.ProtocolType,
      });
      return { physicalId: created.ApiId ?? '', attributes: apiAttributes(created, context) };
    }
    const created = await call('apigatewayv2', 'ImportApi', {
      Body: Buffer.from(body).toString(),
      ...importOptions(properties),
    });
    const ApiId = created.ApiId ?? '';
    await initiated(ApiId);
    const own = omit(properties, API_FIXED);
    if (Object.keys(own).length > 0) await call('apigatewayv2', 'UpdateApi', { ApiId, ...own });
    const { Tags } = properties;
    if (Tags && Object.keys(Tags).length > 0)
      await call('apigatewayv2', 'TagResource', { ResourceArn: arnOf(ApiId, context), Tags });
    return { physicalId: ApiId, attributes: apiAttributes(created, context) };
  },
  /** An API that a cut-off try made and nobody knows is taken away. */
  async findCreated(properties, { call, startedAt, isClaimed }) {
    const { Items } = await call('apigatewayv2', 'GetApis', {});
    const orphan = Items?.find(
      (item) =>
        item.ApiId &&
        !isClaimed(item.ApiId) &&
        item.Name === properties.Name &&
        (item.CreatedDate?.getTime() ?? 0) >= startedAt - 1000,
    );
    if (orphan?.ApiId) await call('apigatewayv2', 'DeleteApi', { ApiId: orphan.ApiId });
    return undefined;
  },
  async update({ physicalId: ApiId, properties: before }, properties, context) {
    const { call } = context;
    if (!isSame(before.Body, properties.Body) || !isSame(before.BodyS3Location, properties.BodyS3Location)) {
      const body = await readBody(properties, call);
      if (body)
        await call('apigatewayv2', 'ReimportApi', {
          ApiId,
          Body: Buffer.from(body).toString(),
          ...importOptions(properties),
        });
    }
    if (before.CorsConfiguration && !properties.CorsConfiguration)
      await call('apigatewayv2', 'DeleteCorsConfiguration', { ApiId });
    const own = omit(properties, API_FIXED);
    if (before.Description !== undefined && properties.Description === undefined) own.Description = '';
    if (before.DisableExecuteApiEndpoint && properties.DisableExecuteApiEndpoint === undefined)
      own.DisableExecuteApiEndpoint = false;
    if (Object.keys(own).length > 0) await call('apigatewayv2', 'UpdateApi', { ApiId, ...own });
    await exchangeTags(arnOf(ApiId, context), before.Tags, properties.Tags, call);
    return { attributes: apiAttributes(await call('apigatewayv2', 'GetApi', { ApiId }), context) };
  },
  async delete({ physicalId: ApiId }, { call }) {
    await ignoreMissing(() => call('apigatewayv2', 'DeleteApi', { ApiId }));
  },
};

const arnOf = (apiId: string, { partition, region }: ResourceContext): string =>
  `arn:${partition}:apigateway:${region}::/apis/${apiId}`;

async function exchangeTags(
  ResourceArn: string,
  before: Record<string, string> | undefined,
  after: Record<string, string> | undefined,
  call: Call,
): Promise<void> {
  const { set, remove } = tagChanges(before ?? {}, after ?? {});
  if (Object.keys(set).length > 0) await call('apigatewayv2', 'TagResource', { ResourceArn, Tags: set });
  if (remove.length > 0) await call('apigatewayv2', 'UntagResource', { ResourceArn, TagKeys: remove });
}

const STAGE_RESETS: Properties = {
  Description: '',
  AutoDeploy: false,
  StageVariables: {},
  RouteSettings: {},
  DefaultRouteSettings: {},
};

const stage: ResourceType = {
  type: 'AWS::ApiGatewayV2::Stage',
  service: SERVICE,
  async create(properties, { call }) {
    const { ApiId, StageName } = properties;
    await call('apigatewayv2', 'CreateStage', { ...properties, ApiId, StageName });
    return { physicalId: StageName };
  },
  async findCreated({ ApiId, StageName }, { call }) {
    let found: { physicalId: string } | undefined;
    await ignoreMissing(async () => {
      await call('apigatewayv2', 'GetStage', { ApiId, StageName });
      found = { physicalId: StageName };
    });
    return found;
  },
  async update({ physicalId: StageName, properties: before }, properties, context) {
    const { call } = context;
    const { ApiId } = properties;
    if (before.AccessLogSettings && !properties.AccessLogSettings) {
      await call('apigatewayv2', 'DeleteAccessLogSettings', { ApiId, StageName });
    }
    const gone = Object.keys(before).filter((key) => properties[key] === undefined && STAGE_RESETS[key] !== undefined);
    await call('apigatewayv2', 'UpdateStage', {
      ...omit(properties, ['Tags']),
      ...pick(STAGE_RESETS, gone),
      ApiId,
      StageName,
    });
    await exchangeTags(`${arnOf(ApiId, context)}/stages/${StageName}`, before.Tags, properties.Tags, call);
  },
  async delete({ physicalId: StageName, properties: { ApiId } }, { call }) {
    await ignoreMissing(() => call('apigatewayv2', 'DeleteStage', { ApiId, StageName }));
  },
};

const domainName: ResourceType = {
  type: 'AWS::ApiGatewayV2::DomainName',
  service: SERVICE,
  name: { property: 'DomainName', lengthMax: 512 },
  async create(properties, { call }) {
    const created = await call('apigatewayv2', 'CreateDomainName', {
      ...properties,
      DomainName: properties.DomainName,
    });
    return { physicalId: properties.DomainName, attributes: domainAttributes(created) };
  },
  async update({ physicalId, properties: before }, properties, context) {
    const { call, partition, region } = context;
    const isOpened = before.MutualTlsAuthentication !== undefined && properties.MutualTlsAuthentication === undefined;
    const updated = await call('apigatewayv2', 'UpdateDomainName', {
      RoutingMode: 'API_MAPPING_ONLY',
      ...omit(properties, ['Tags']),
      ...(isOpened && { MutualTlsAuthentication: { TruststoreUri: '' } }),
      DomainName: physicalId,
    });
    await exchangeTags(
      `arn:${partition}:apigateway:${region}::/domainnames/${physicalId}`,
      before.Tags,
      properties.Tags,
      call,
    );
    return { attributes: domainAttributes(updated) };
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(() => call('apigatewayv2', 'DeleteDomainName', { DomainName: physicalId }));
  },
};

const domainAttributes = (domain: Properties): Attributes => ({
  RegionalDomainName: domain.DomainNameConfigurations?.[0]?.ApiGatewayDomainName,
  RegionalHostedZoneId: domain.DomainNameConfigurations?.[0]?.HostedZoneId,
  DomainNameArn: domain.DomainNameArn,
});

export const apiGatewayV2: readonly ResourceType[] = [
  api,
  stage,
  domainName,
  routingRule,
  managedOverrides,
  child({
    name: 'Route',
    id: 'RouteId',
    parents: ['ApiId'],
    same: ['RouteKey'],
    resets: {
      AuthorizationType: 'NONE',
      AuthorizationScopes: [],
      ApiKeyRequired: false,
      ModelSelectionExpression: '',
      OperationName: '',
      RequestModels: {},
      RequestParameters: {},
      RouteResponseSelectionExpression: '',
      Target: '',
    },
  }),
  child({
    name: 'Integration',
    id: 'IntegrationId',
    parents: ['ApiId'],
    same: ['IntegrationType', 'IntegrationUri', 'IntegrationSubtype', 'Description'],
    resets: {
      Description: '',
      PassthroughBehavior: 'WHEN_NO_MATCH',
      RequestParameters: {},
      RequestTemplates: {},
      ResponseParameters: {},
      TemplateSelectionExpression: '',
    },
  }),
  child({ name: 'Authorizer', id: 'AuthorizerId', parents: ['ApiId'], same: ['Name'] }),
  child({ name: 'Deployment', id: 'DeploymentId', parents: ['ApiId'], fixed: ['StageName'] }),
  child({
    name: 'IntegrationResponse',
    id: 'IntegrationResponseId',
    parents: ['ApiId', 'IntegrationId'],
    same: ['IntegrationResponseKey'],
    resets: { ResponseTemplates: {}, TemplateSelectionExpression: '' },
  }),
  child({
    name: 'RouteResponse',
    id: 'RouteResponseId',
    parents: ['ApiId', 'RouteId'],
    same: ['RouteResponseKey'],
    resets: { ModelSelectionExpression: '', ResponseModels: {} },
  }),
  child({
    name: 'Model',
    id: 'ModelId',
    parents: ['ApiId'],
    same: ['Name'],
    resets: { Description: '' },
    input: (properties) => ({ ...properties, Schema: jsonText(properties.Schema) }),
  }),
  child({ name: 'ApiMapping', id: 'ApiMappingId', parents: ['DomainName'], same: ['ApiId', 'Stage', 'ApiMappingKey'] }),
];

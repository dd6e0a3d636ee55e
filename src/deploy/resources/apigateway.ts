// Resource types of REST APIs (API Gateway v1).
import { method } from './apigateway-method.ts';
import { patchList, patchValues } from './apigateway-patch.ts';
import { documentationTypes } from './apigateway-documentation.ts';
import { domainTypes } from './apigateway-domain.ts';
import { planTypes } from './apigateway-plan.ts';
import { restApi } from './apigateway-rest-api.ts';
import { SERVICE, stageTypes } from './apigateway-stage.ts';
import type { ResourceType } from './contract.ts';
import { camelCase, ignoreMissing, jsonText, pick } from './shared.ts';

const resource: ResourceType = {
  type: 'AWS::ApiGateway::Resource',
  service: SERVICE,
  async create({ RestApiId: restApiId, ParentId: parentId, PathPart: pathPart }, { call }) {
    const { id = '' } = await call('apigateway', 'CreateResource', { restApiId, parentId, pathPart });
    return { physicalId: id, attributes: { ResourceId: id } };
  },
  async findCreated({ RestApiId: restApiId, ParentId, PathPart }, { call, isClaimed }) {
    const { items } = await call('apigateway', 'GetResources', { restApiId, limit: 500 });
    const found = items?.find(
      ({ id, parentId, pathPart }) => id && !isClaimed(id) && parentId === ParentId && pathPart === PathPart,
    );
    return found?.id === undefined ? undefined : { physicalId: found.id, attributes: { ResourceId: found.id } };
  },
  async delete({ physicalId: resourceId, properties: { RestApiId: restApiId } }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteResource', { restApiId, resourceId }));
  },
};

const model: ResourceType = {
  type: 'AWS::ApiGateway::Model',
  service: SERVICE,
  async create(properties, { call, physicalName }) {
    // Model names are letters and digits only.
    const name: string = properties.Name ?? physicalName.replaceAll(/[^A-Za-z0-9]/g, '');
    await call('apigateway', 'CreateModel', {
      restApiId: properties.RestApiId,
      name,
      contentType: properties.ContentType ?? 'application/json',
      schema: jsonText(properties.Schema ?? {}),
      ...camelCase(pick(properties, ['Description'])),
    });
    return { physicalId: name };
  },
  async findCreated(properties, { call, physicalName }) {
    const modelName: string = properties.Name ?? physicalName.replaceAll(/[^A-Za-z0-9]/g, '');
    let found: { physicalId: string } | undefined;
    await ignoreMissing(async () => {
      await call('apigateway', 'GetModel', { restApiId: properties.RestApiId, modelName });
      found = { physicalId: modelName };
    });
    return found;
  },
  async update({ physicalId: modelName, properties: before }, properties, { call }) {
    const patchOperations = patchValues(before, properties, { Schema: '/schema', Description: '/description' });
    if (patchOperations.length === 0) return;
    await call('apigateway', 'UpdateModel', { restApiId: properties.RestApiId, modelName, patchOperations });
  },
  async delete({ physicalId: modelName, properties: { RestApiId: restApiId } }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteModel', { restApiId, modelName }));
  },
};

const requestValidator: ResourceType = {
  type: 'AWS::ApiGateway::RequestValidator',
  service: SERVICE,
  async create(properties, { call, physicalName }) {
    const { id = '' } = await call('apigateway', 'CreateRequestValidator', {
      restApiId: properties.RestApiId,
      name: properties.Name ?? physicalName,
      ...camelCase(pick(properties, ['ValidateRequestBody', 'ValidateRequestParameters'])),
    });
    return { physicalId: id, attributes: { RequestValidatorId: id } };
  },
  async findCreated(properties, { call, physicalName, isClaimed }) {
    const { items } = await call('apigateway', 'GetRequestValidators', { restApiId: properties.RestApiId });
    const name = properties.Name ?? physicalName;
    const found = items?.find((item) => item.id && !isClaimed(item.id) && item.name === name);
    return found?.id === undefined ? undefined : { physicalId: found.id, attributes: { RequestValidatorId: found.id } };
  },
  async update({ physicalId: requestValidatorId, properties: before, attributes }, properties, { call }) {
    const patchOperations = patchValues(
      before,
      properties,
      { ValidateRequestBody: '/validateRequestBody', ValidateRequestParameters: '/validateRequestParameters' },
      { ValidateRequestBody: 'false', ValidateRequestParameters: 'false' },
    );
    const { RestApiId: restApiId } = properties;
    if (patchOperations.length > 0)
      await call('apigateway', 'UpdateRequestValidator', { restApiId, requestValidatorId, patchOperations });
    return { attributes };
  },
  async delete({ physicalId: requestValidatorId, properties: { RestApiId: restApiId } }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteRequestValidator', { restApiId, requestValidatorId }));
  },
};

const gatewayResponse: ResourceType = {
  type: 'AWS::ApiGateway::GatewayResponse',
  service: SERVICE,
  async create(properties, { call, physicalName }) {
    await call('apigateway', 'PutGatewayResponse', gatewayResponseInput(properties));
    return { physicalId: physicalName, attributes: { Id: physicalName } };
  },
  async update({ attributes }, properties, { call }) {
    await call('apigateway', 'PutGatewayResponse', gatewayResponseInput(properties));
    return { attributes };
  },
  async delete({ properties: { RestApiId: restApiId, ResponseType: responseType } }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteGatewayResponse', { restApiId, responseType }));
  },
};

const gatewayResponseInput = (properties: Record<string, any>): any => ({
  restApiId: properties.RestApiId,
  responseType: properties.ResponseType,
  ...camelCase(
    pick(properties, ['StatusCode', 'ResponseParameters', 'ResponseTemplates']),
    new Set(['ResponseParameters', 'ResponseTemplates']),
  ),
});

const authorizer: ResourceType = {
  type: 'AWS::ApiGateway::Authorizer',
  service: SERVICE,
  async create(properties, { call, physicalName }) {
    const { RestApiId: restApiId, Type: type, Name: name = physicalName, ProviderARNs: providerARNs } = properties;
    const { id = '' } = await call('apigateway', 'CreateAuthorizer', {
      restApiId,
      name,
      type,
      ...(providerARNs && { providerARNs }),
      ...camelCase(
        pick(properties, [
          'AuthType',
          'AuthorizerUri',
          'AuthorizerCredentials',
          'IdentitySource',
          'IdentityValidationExpression',
          'AuthorizerResultTtlInSeconds',
        ]),
      ),
    });
    return { physicalId: id, attributes: { AuthorizerId: id } };
  },
  async findCreated(properties, { call, physicalName, isClaimed }) {
    const { items } = await call('apigateway', 'GetAuthorizers', { restApiId: properties.RestApiId });
    const name = properties.Name ?? physicalName;
    const found = items?.find((item) => item.id && !isClaimed(item.id) && item.name === name);
    return found?.id === undefined ? undefined : { physicalId: found.id, attributes: { AuthorizerId: found.id } };
  },
  async update({ physicalId: authorizerId, properties: before, attributes }, properties, { call }) {
    const patchOperations = [
      ...patchValues(
        before,
        properties,
        {
          Name: '/name',
          Type: '/type',
          AuthType: '/authType',
          AuthorizerUri: '/authorizerUri',
          AuthorizerCredentials: '/authorizerCredentials',
          IdentitySource: '/identitySource',
          IdentityValidationExpression: '/identityValidationExpression',
          AuthorizerResultTtlInSeconds: '/authorizerResultTtlInSeconds',
        },
        { AuthorizerResultTtlInSeconds: '300' },
      ),
      ...patchList(before.ProviderARNs, properties.ProviderARNs, '/providerARNs', false),
    ];
    const { RestApiId: restApiId } = properties;
    if (patchOperations.length > 0)
      await call('apigateway', 'UpdateAuthorizer', { restApiId, authorizerId, patchOperations });
    return { attributes };
  },
  async delete({ physicalId: authorizerId, properties: { RestApiId: restApiId } }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteAuthorizer', { restApiId, authorizerId }));
  },
};

const account: ResourceType = {
  type: 'AWS::ApiGateway::Account',
  service: SERVICE,
  async create({ CloudWatchRoleArn }, { call, physicalName }) {
    await call('apigateway', 'UpdateAccount', {
      patchOperations: [{ op: 'replace', path: '/cloudwatchRoleArn', value: CloudWatchRoleArn ?? '' }],
    });
    return { physicalId: physicalName, attributes: { Id: physicalName } };
  },
  async update({ attributes }, { CloudWatchRoleArn }, { call }) {
    await call('apigateway', 'UpdateAccount', {
      patchOperations: [{ op: 'replace', path: '/cloudwatchRoleArn', value: CloudWatchRoleArn ?? '' }],
    });
    return { attributes };
  },
  /** AWS leaves the account's role as it is: other APIs of the region log with it. */
  async delete() {},
};

export const apiGateway: readonly ResourceType[] = [
  restApi,
  resource,
  method,
  ...stageTypes,
  model,
  requestValidator,
  gatewayResponse,
  authorizer,
  account,
  ...planTypes,
  ...domainTypes,
  ...documentationTypes,
];

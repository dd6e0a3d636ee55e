import type { Call } from '#kernel/call.ts';
import { SERVICE } from './apigateway-stage.ts';
import type { Properties, ResourceType } from './contract.ts';
import { camelCase, ignoreMissing, omit, pick } from './shared.ts';

/** Their keys are the user's: header names, content types, parameter names. */
const MAPS = new Set([
  'RequestParameters',
  'RequestTemplates',
  'RequestModels',
  'ResponseParameters',
  'ResponseTemplates',
  'ResponseModels',
]);

interface Place {
  restApiId: string;
  resourceId: string;
  httpMethod: string;
}

const placeOf = (properties: Properties): Place => ({
  restApiId: properties.RestApiId,
  resourceId: properties.ResourceId,
  httpMethod: properties.HttpMethod,
});

async function putMethod(call: Call, properties: Properties): Promise<void> {
  const place = placeOf(properties);
  await call('apigateway', 'PutMethod', {
    ...place,
    authorizationType: properties.AuthorizationType ?? 'NONE',
    ...camelCase(
      pick(properties, [
        'AuthorizerId',
        'ApiKeyRequired',
        'OperationName',
        'RequestParameters',
        'RequestModels',
        'RequestValidatorId',
        'AuthorizationScopes',
      ]),
      MAPS,
    ),
  });
  for (const response of properties.MethodResponses ?? []) {
    await call('apigateway', 'PutMethodResponse', { ...place, ...camelCase(response, MAPS) });
  }
  const { Integration } = properties;
  if (!Integration) return;
  const { Type, IntegrationHttpMethod, IntegrationResponses } = Integration;
  await call('apigateway', 'PutIntegration', {
    ...place,
    type: Type,
    ...(IntegrationHttpMethod !== undefined && { integrationHttpMethod: IntegrationHttpMethod }),
    ...camelCase(omit(Integration, ['Type', 'IntegrationHttpMethod', 'IntegrationResponses']), MAPS),
  });
  for (const response of IntegrationResponses ?? []) {
    await call('apigateway', 'PutIntegrationResponse', { ...place, ...camelCase(response, MAPS) });
  }
}

export const method: ResourceType = {
  type: 'AWS::ApiGateway::Method',
  service: SERVICE,
  async create(properties, { call, logicalId, resumed, initiated }) {
    // An earlier try may have stopped halfway through the parts.
    if (resumed) await ignoreMissing(() => call('apigateway', 'DeleteMethod', placeOf(properties)));
    const physicalId = `${logicalId}|${properties.RestApiId}|${properties.ResourceId}|${properties.HttpMethod}`;
    await initiated(physicalId);
    await putMethod(call, properties);
    return { physicalId };
  },
  /** Written anew: live traffic goes by deployments, which a change of the method does not touch. */
  async update(_deployed, properties, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteMethod', placeOf(properties)));
    await putMethod(call, properties);
  },
  async delete({ properties }, { call }) {
    await ignoreMissing(() => call('apigateway', 'DeleteMethod', placeOf(properties)));
  },
};

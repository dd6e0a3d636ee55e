import type { Context } from '#kernel/context.ts';
import { defineService, type Authorize } from '#kernel/service.ts';
import * as account from './account.ts';
import * as authorizers from './authorizers.ts';
import * as deployments from './deployments.ts';
import * as gatewayResponses from './gateway-responses.ts';
import * as imports from './imports.ts';
import * as integrations from './integrations.ts';
import * as methods from './methods.ts';
import * as models from './models.ts';
import * as resources from './resources.ts';
import * as restApis from './rest-apis.ts';
import * as stages from './stages.ts';

const operations = {
  CreateAuthorizer: authorizers.createAuthorizer,
  CreateDeployment: deployments.createDeployment,
  CreateModel: models.createModel,
  CreateRequestValidator: models.createRequestValidator,
  CreateResource: resources.createResource,
  CreateRestApi: restApis.createRestApi,
  CreateStage: stages.createStage,
  DeleteAuthorizer: authorizers.deleteAuthorizer,
  DeleteDeployment: deployments.deleteDeployment,
  DeleteGatewayResponse: gatewayResponses.deleteGatewayResponse,
  DeleteIntegration: integrations.deleteIntegration,
  DeleteIntegrationResponse: integrations.deleteIntegrationResponse,
  DeleteMethod: methods.deleteMethod,
  DeleteMethodResponse: methods.deleteMethodResponse,
  DeleteModel: models.deleteModel,
  DeleteRequestValidator: models.deleteRequestValidator,
  DeleteResource: resources.deleteResource,
  DeleteRestApi: restApis.deleteRestApi,
  DeleteStage: stages.deleteStage,
  GetAccount: account.getAccount,
  GetAuthorizer: authorizers.getAuthorizer,
  GetAuthorizers: authorizers.getAuthorizers,
  GetDeployment: deployments.getDeployment,
  GetDeployments: deployments.getDeployments,
  GetGatewayResponse: gatewayResponses.getGatewayResponse,
  GetGatewayResponses: gatewayResponses.getGatewayResponses,
  GetIntegration: integrations.getIntegration,
  GetIntegrationResponse: integrations.getIntegrationResponse,
  GetMethod: methods.getMethod,
  GetMethodResponse: methods.getMethodResponse,
  GetModel: models.getModel,
  GetModels: models.getModels,
  GetRequestValidator: models.getRequestValidator,
  GetRequestValidators: models.getRequestValidators,
  GetResource: resources.getResource,
  GetResources: resources.getResources,
  GetRestApi: restApis.getRestApi,
  GetRestApis: restApis.getRestApis,
  GetStage: stages.getStage,
  GetStages: stages.getStages,
  GetTags: account.getTags,
  ImportRestApi: imports.importRestApi,
  PutGatewayResponse: gatewayResponses.putGatewayResponse,
  PutIntegration: integrations.putIntegration,
  PutIntegrationResponse: integrations.putIntegrationResponse,
  PutMethod: methods.putMethod,
  PutMethodResponse: methods.putMethodResponse,
  PutRestApi: imports.putRestApi,
  TagResource: account.tagResource,
  UntagResource: account.untagResource,
  UpdateAccount: account.updateAccount,
  UpdateAuthorizer: authorizers.updateAuthorizer,
  UpdateDeployment: deployments.updateDeployment,
  UpdateGatewayResponse: gatewayResponses.updateGatewayResponse,
  UpdateIntegration: integrations.updateIntegration,
  UpdateIntegrationResponse: integrations.updateIntegrationResponse,
  UpdateMethod: methods.updateMethod,
  UpdateMethodResponse: methods.updateMethodResponse,
  UpdateModel: models.updateModel,
  UpdateRequestValidator: models.updateRequestValidator,
  UpdateResource: resources.updateResource,
  UpdateRestApi: restApis.updateRestApi,
  UpdateStage: stages.updateStage,
};

/** The resource path of what an input names: `/restapis/{id}/resources/{id}/methods/GET`. */
function pathOf(operation: string, input: Record<string, string>): string {
  if (operation.endsWith('Account')) return '/account';
  if (/Tags$|Resource$/.test(operation) && input['resourceArn'] !== undefined)
    return `/tags/${encodeURIComponent(input['resourceArn'])}`;
  const { restApiId, resourceId, httpMethod, stageName, deploymentId } = input;
  if (restApiId === undefined) return '/restapis';
  const parts = ['', 'restapis', restApiId];
  if (operation.includes('Deployment'))
    parts.push('deployments', ...(deploymentId === undefined ? [] : [deploymentId]));
  else if (operation.includes('Stage'))
    parts.push('stages', ...(stageName === undefined || operation === 'CreateStage' ? [] : [stageName]));
  else if (resourceId !== undefined || operation.endsWith('Resources')) {
    parts.push('resources', ...(resourceId === undefined ? [] : [resourceId]));
    if (httpMethod !== undefined) parts.push('methods', httpMethod);
    if (operation.includes('Integration')) parts.push('integration');
  } else if (operation.includes('Model'))
    parts.push('models', ...(input['modelName'] === undefined ? [] : [input['modelName']]));
  else if (operation.includes('Authorizer'))
    parts.push('authorizers', ...(input['authorizerId'] === undefined ? [] : [input['authorizerId']]));
  else if (operation.includes('RequestValidator')) parts.push('requestvalidators');
  else if (operation.includes('GatewayResponse')) parts.push('gatewayresponses');
  return parts.join('/');
}

/** API Gateway's actions are HTTP methods on its resource paths (service authorization reference, "Amazon API Gateway Management"). */
const VERBS: [RegExp, string][] = [
  [/^(Create|Import)/, 'POST'],
  [/^(PutRestApi|Put|TagResource)/, 'PUT'],
  [/^Update/, 'PATCH'],
  [/^(Delete|Untag)/, 'DELETE'],
  [/^Get/, 'GET'],
];

const authorize = Object.fromEntries(
  Object.keys(operations).map((operation): [string, Authorize] => [
    operation,
    (input: Record<string, string>, context: Context) => [
      {
        action: `apigateway:${VERBS.find(([pattern]) => pattern.test(operation))?.[1] ?? 'GET'}`,
        resource: `arn:aws:apigateway:${context.region}::${pathOf(operation, input)}`,
      },
    ],
  ]),
);

export const apigateway = defineService({ id: 'apigateway', operations, authorize });

import { defineService } from '#kernel/service.ts';
import * as apiMappings from './api-mappings.ts';
import * as apis from './apis.ts';
import { authorize } from './authorization.ts';
import * as authorizers from './authorizers.ts';
import * as deployments from './deployments.ts';
import * as domainNames from './domain-names.ts';
import * as imports from './imports.ts';
import * as integrations from './integrations.ts';
import * as routingRules from './routing-rules.ts';
import * as routes from './routes.ts';
import * as stages from './stages.ts';
import * as tags from './tags.ts';
import * as integrationResponses from './websocket/integration-responses.ts';
import * as models from './websocket/models.ts';
import * as routeResponses from './websocket/route-responses.ts';

const operations = {
  CreateApi: apis.createApi,
  CreateApiMapping: apiMappings.createApiMapping,
  CreateAuthorizer: authorizers.createAuthorizer,
  CreateDeployment: deployments.createDeployment,
  CreateDomainName: domainNames.createDomainName,
  CreateIntegration: integrations.createIntegration,
  CreateIntegrationResponse: integrationResponses.createIntegrationResponse,
  CreateModel: models.createModel,
  CreateRoute: routes.createRoute,
  CreateRouteResponse: routeResponses.createRouteResponse,
  CreateRoutingRule: routingRules.createRoutingRule,
  CreateStage: stages.createStage,
  DeleteAccessLogSettings: stages.deleteAccessLogSettings,
  DeleteApi: apis.deleteApi,
  DeleteApiMapping: apiMappings.deleteApiMapping,
  DeleteAuthorizer: authorizers.deleteAuthorizer,
  DeleteCorsConfiguration: apis.deleteCorsConfiguration,
  DeleteDeployment: deployments.deleteDeployment,
  DeleteDomainName: domainNames.deleteDomainName,
  DeleteIntegration: integrations.deleteIntegration,
  DeleteIntegrationResponse: integrationResponses.deleteIntegrationResponse,
  DeleteModel: models.deleteModel,
  DeleteRoute: routes.deleteRoute,
  DeleteRouteRequestParameter: routes.deleteRouteRequestParameter,
  DeleteRouteResponse: routeResponses.deleteRouteResponse,
  DeleteRouteSettings: stages.deleteRouteSettings,
  DeleteRoutingRule: routingRules.deleteRoutingRule,
  DeleteStage: stages.deleteStage,
  ExportApi: imports.exportApi,
  GetApi: apis.getApi,
  GetApiMapping: apiMappings.getApiMapping,
  GetApiMappings: apiMappings.getApiMappings,
  GetApis: apis.getApis,
  GetAuthorizer: authorizers.getAuthorizer,
  GetAuthorizers: authorizers.getAuthorizers,
  GetDeployment: deployments.getDeployment,
  GetDeployments: deployments.getDeployments,
  GetDomainName: domainNames.getDomainName,
  GetDomainNames: domainNames.getDomainNames,
  GetIntegration: integrations.getIntegration,
  GetIntegrationResponse: integrationResponses.getIntegrationResponse,
  GetIntegrationResponses: integrationResponses.getIntegrationResponses,
  GetIntegrations: integrations.getIntegrations,
  GetModel: models.getModel,
  GetModelTemplate: models.getModelTemplate,
  GetModels: models.getModels,
  GetRoute: routes.getRoute,
  GetRouteResponse: routeResponses.getRouteResponse,
  GetRouteResponses: routeResponses.getRouteResponses,
  GetRoutes: routes.getRoutes,
  GetRoutingRule: routingRules.getRoutingRule,
  GetStage: stages.getStage,
  GetStages: stages.getStages,
  GetTags: tags.getTags,
  ImportApi: imports.importApi,
  ListRoutingRules: routingRules.listRoutingRules,
  PutRoutingRule: routingRules.putRoutingRule,
  ReimportApi: imports.reimportApi,
  TagResource: tags.tagResource,
  UntagResource: tags.untagResource,
  UpdateApi: apis.updateApi,
  UpdateApiMapping: apiMappings.updateApiMapping,
  UpdateAuthorizer: authorizers.updateAuthorizer,
  UpdateDeployment: deployments.updateDeployment,
  UpdateDomainName: domainNames.updateDomainName,
  UpdateIntegration: integrations.updateIntegration,
  UpdateIntegrationResponse: integrationResponses.updateIntegrationResponse,
  UpdateModel: models.updateModel,
  UpdateRoute: routes.updateRoute,
  UpdateRouteResponse: routeResponses.updateRouteResponse,
  UpdateStage: stages.updateStage,
};

/** HTTP and WebSocket APIs and their domain names. VPC links are not built. */
export const apigatewayv2 = defineService({
  id: 'apigatewayv2',
  operations,
  iamPrefix: 'apigateway',
  authorize: Object.fromEntries(Object.keys(operations).map((operation) => [operation, authorize(operation)])),
});

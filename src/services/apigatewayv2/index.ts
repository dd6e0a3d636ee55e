import { defineService } from '#kernel/service.ts';
import * as apis from './apis.ts';
import { authorize } from './authorization.ts';
import * as authorizers from './authorizers.ts';
import * as deployments from './deployments.ts';
import * as imports from './imports.ts';
import * as integrations from './integrations.ts';
import * as routes from './routes.ts';
import * as stages from './stages.ts';
import * as tags from './tags.ts';

const operations = {
  CreateApi: apis.createApi,
  CreateAuthorizer: authorizers.createAuthorizer,
  CreateDeployment: deployments.createDeployment,
  CreateIntegration: integrations.createIntegration,
  CreateRoute: routes.createRoute,
  CreateStage: stages.createStage,
  DeleteAccessLogSettings: stages.deleteAccessLogSettings,
  DeleteApi: apis.deleteApi,
  DeleteAuthorizer: authorizers.deleteAuthorizer,
  DeleteCorsConfiguration: apis.deleteCorsConfiguration,
  DeleteDeployment: deployments.deleteDeployment,
  DeleteIntegration: integrations.deleteIntegration,
  DeleteRoute: routes.deleteRoute,
  DeleteRouteSettings: stages.deleteRouteSettings,
  DeleteStage: stages.deleteStage,
  ExportApi: imports.exportApi,
  GetApi: apis.getApi,
  GetApis: apis.getApis,
  GetAuthorizer: authorizers.getAuthorizer,
  GetAuthorizers: authorizers.getAuthorizers,
  GetDeployment: deployments.getDeployment,
  GetDeployments: deployments.getDeployments,
  GetIntegration: integrations.getIntegration,
  GetIntegrations: integrations.getIntegrations,
  GetRoute: routes.getRoute,
  GetRoutes: routes.getRoutes,
  GetStage: stages.getStage,
  GetStages: stages.getStages,
  GetTags: tags.getTags,
  ImportApi: imports.importApi,
  ReimportApi: imports.reimportApi,
  TagResource: tags.tagResource,
  UntagResource: tags.untagResource,
  UpdateApi: apis.updateApi,
  UpdateAuthorizer: authorizers.updateAuthorizer,
  UpdateDeployment: deployments.updateDeployment,
  UpdateIntegration: integrations.updateIntegration,
  UpdateRoute: routes.updateRoute,
  UpdateStage: stages.updateStage,
};

/** HTTP APIs. WebSocket APIs, domain names and VPC links are not built. */
export const apigatewayv2 = defineService({
  id: 'apigatewayv2',
  operations,
  iamPrefix: 'apigateway',
  authorize: Object.fromEntries(Object.keys(operations).map((operation) => [operation, authorize(operation)])),
});

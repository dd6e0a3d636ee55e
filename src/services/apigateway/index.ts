import { defineService } from '#kernel/service.ts';
import * as account from './account.ts';
import * as apiKeys from './api-keys.ts';
import { authorize } from './authorization.ts';
import * as authorizers from './authorizers.ts';
import * as basePathMappings from './base-path-mappings.ts';
import * as deployments from './deployments.ts';
import * as clientCertificates from './client-certificates.ts';
import * as documentationParts from './documentation-parts.ts';
import * as documentationVersions from './documentation-versions.ts';
import * as domainNames from './domain-names.ts';
import { getExport } from './exports.ts';
import * as gatewayResponses from './gateway-responses.ts';
import { importApiKeys } from './import-api-keys.ts';
import * as imports from './imports.ts';
import * as integrationResponses from './integration-responses.ts';
import * as integrations from './integrations.ts';
import * as methods from './methods.ts';
import * as models from './models.ts';
import * as resources from './resources.ts';
import * as restApis from './rest-apis.ts';
import * as stages from './stages.ts';
import * as tags from './tags.ts';
import * as testInvokes from './test-invokes.ts';
import * as usage from './usage.ts';
import * as usagePlanKeys from './usage-plan-keys.ts';
import * as usagePlans from './usage-plans.ts';

const operations = {
  CreateApiKey: apiKeys.createApiKey,
  CreateAuthorizer: authorizers.createAuthorizer,
  CreateBasePathMapping: basePathMappings.createBasePathMapping,
  CreateDeployment: deployments.createDeployment,
  CreateDocumentationPart: documentationParts.createDocumentationPart,
  CreateDocumentationVersion: documentationVersions.createDocumentationVersion,
  CreateDomainName: domainNames.createDomainName,
  CreateModel: models.createModel,
  CreateRequestValidator: models.createRequestValidator,
  CreateResource: resources.createResource,
  CreateRestApi: restApis.createRestApi,
  CreateStage: stages.createStage,
  CreateUsagePlan: usagePlans.createUsagePlan,
  CreateUsagePlanKey: usagePlanKeys.createUsagePlanKey,
  DeleteApiKey: apiKeys.deleteApiKey,
  DeleteAuthorizer: authorizers.deleteAuthorizer,
  DeleteBasePathMapping: basePathMappings.deleteBasePathMapping,
  DeleteClientCertificate: clientCertificates.deleteClientCertificate,
  DeleteDeployment: deployments.deleteDeployment,
  DeleteDocumentationPart: documentationParts.deleteDocumentationPart,
  DeleteDocumentationVersion: documentationVersions.deleteDocumentationVersion,
  DeleteDomainName: domainNames.deleteDomainName,
  DeleteGatewayResponse: gatewayResponses.deleteGatewayResponse,
  DeleteIntegration: integrations.deleteIntegration,
  DeleteIntegrationResponse: integrationResponses.deleteIntegrationResponse,
  DeleteMethod: methods.deleteMethod,
  DeleteMethodResponse: methods.deleteMethodResponse,
  DeleteModel: models.deleteModel,
  DeleteRequestValidator: models.deleteRequestValidator,
  DeleteResource: resources.deleteResource,
  DeleteRestApi: restApis.deleteRestApi,
  DeleteStage: stages.deleteStage,
  DeleteUsagePlan: usagePlans.deleteUsagePlan,
  DeleteUsagePlanKey: usagePlanKeys.deleteUsagePlanKey,
  FlushStageAuthorizersCache: stages.flushStageAuthorizersCache,
  FlushStageCache: stages.flushStageCache,
  GenerateClientCertificate: clientCertificates.generateClientCertificate,
  GetAccount: account.getAccount,
  GetApiKey: apiKeys.getApiKey,
  GetApiKeys: apiKeys.getApiKeys,
  GetAuthorizer: authorizers.getAuthorizer,
  GetAuthorizers: authorizers.getAuthorizers,
  GetBasePathMapping: basePathMappings.getBasePathMapping,
  GetBasePathMappings: basePathMappings.getBasePathMappings,
  GetClientCertificate: clientCertificates.getClientCertificate,
  GetClientCertificates: clientCertificates.getClientCertificates,
  GetDeployment: deployments.getDeployment,
  GetDeployments: deployments.getDeployments,
  GetDocumentationPart: documentationParts.getDocumentationPart,
  GetDocumentationParts: documentationParts.getDocumentationParts,
  GetDocumentationVersion: documentationVersions.getDocumentationVersion,
  GetDocumentationVersions: documentationVersions.getDocumentationVersions,
  GetDomainName: domainNames.getDomainName,
  GetDomainNames: domainNames.getDomainNames,
  GetExport: getExport,
  GetGatewayResponse: gatewayResponses.getGatewayResponse,
  GetGatewayResponses: gatewayResponses.getGatewayResponses,
  GetIntegration: integrations.getIntegration,
  GetIntegrationResponse: integrationResponses.getIntegrationResponse,
  GetMethod: methods.getMethod,
  GetMethodResponse: methods.getMethodResponse,
  GetModel: models.getModel,
  GetModelTemplate: models.getModelTemplate,
  GetModels: models.getModels,
  GetRequestValidator: models.getRequestValidator,
  GetRequestValidators: models.getRequestValidators,
  GetResource: resources.getResource,
  GetResources: resources.getResources,
  GetRestApi: restApis.getRestApi,
  GetRestApis: restApis.getRestApis,
  GetStage: stages.getStage,
  GetStages: stages.getStages,
  GetTags: tags.getTags,
  GetUsage: usage.getUsage,
  GetUsagePlan: usagePlans.getUsagePlan,
  GetUsagePlanKey: usagePlanKeys.getUsagePlanKey,
  GetUsagePlanKeys: usagePlanKeys.getUsagePlanKeys,
  GetUsagePlans: usagePlans.getUsagePlans,
  ImportApiKeys: importApiKeys,
  ImportDocumentationParts: documentationParts.importDocumentationParts,
  ImportRestApi: imports.importRestApi,
  PutGatewayResponse: gatewayResponses.putGatewayResponse,
  PutIntegration: integrations.putIntegration,
  PutIntegrationResponse: integrationResponses.putIntegrationResponse,
  PutMethod: methods.putMethod,
  PutMethodResponse: methods.putMethodResponse,
  PutRestApi: imports.putRestApi,
  TagResource: tags.tagResource,
  TestInvokeAuthorizer: testInvokes.testInvokeAuthorizer,
  TestInvokeMethod: testInvokes.testInvokeMethod,
  UntagResource: tags.untagResource,
  UpdateAccount: account.updateAccount,
  UpdateApiKey: apiKeys.updateApiKey,
  UpdateAuthorizer: authorizers.updateAuthorizer,
  UpdateBasePathMapping: basePathMappings.updateBasePathMapping,
  UpdateClientCertificate: clientCertificates.updateClientCertificate,
  UpdateDeployment: deployments.updateDeployment,
  UpdateDocumentationPart: documentationParts.updateDocumentationPart,
  UpdateDocumentationVersion: documentationVersions.updateDocumentationVersion,
  UpdateDomainName: domainNames.updateDomainName,
  UpdateGatewayResponse: gatewayResponses.updateGatewayResponse,
  UpdateIntegration: integrations.updateIntegration,
  UpdateIntegrationResponse: integrationResponses.updateIntegrationResponse,
  UpdateMethod: methods.updateMethod,
  UpdateMethodResponse: methods.updateMethodResponse,
  UpdateModel: models.updateModel,
  UpdateRequestValidator: models.updateRequestValidator,
  UpdateResource: resources.updateResource,
  UpdateRestApi: restApis.updateRestApi,
  UpdateStage: stages.updateStage,
  UpdateUsage: usage.updateUsage,
  UpdateUsagePlan: usagePlans.updateUsagePlan,
};

export const apigateway = defineService({
  id: 'apigateway',
  operations,
  authorize: Object.fromEntries(Object.keys(operations).map((operation) => [operation, authorize(operation)])),
});

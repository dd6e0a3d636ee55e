// From the records of a WebSocket API to what the request path reads.
import type { PublishedModel, PublishedWebSocketIntegration, PublishedWebSocketRoute } from '#gateway/index.ts';
import type {
  IntegrationRecord,
  IntegrationResponseRecord,
  ModelRecord,
  RouteRecord,
  RouteResponseRecord,
} from '../store.ts';

const given = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));

export const publishedWebSocketRoute = (
  route: RouteRecord,
  responses: readonly RouteResponseRecord[],
): PublishedWebSocketRoute =>
  given({
    routeId: route.RouteId,
    routeKey: route.RouteKey,
    target: route.Target,
    authorizationType: route.AuthorizationType,
    authorizerId: route.AuthorizerId,
    apiKeyRequired: route.ApiKeyRequired,
    modelSelectionExpression: route.ModelSelectionExpression,
    requestModels: route.RequestModels,
    requestParameters:
      route.RequestParameters &&
      Object.fromEntries(
        Object.entries(route.RequestParameters).map(([name, { Required = false }]) => [name, Required]),
      ),
    routeResponseSelectionExpression: route.RouteResponseSelectionExpression,
    routeResponses: responses.map((response) => ({ routeResponseKey: response.RouteResponseKey })),
  }) as PublishedWebSocketRoute;

export const publishedWebSocketIntegration = (
  integration: IntegrationRecord,
  responses: readonly IntegrationResponseRecord[],
): PublishedWebSocketIntegration =>
  given({
    integrationId: integration.IntegrationId,
    integrationType: integration.IntegrationType,
    integrationMethod: integration.IntegrationMethod,
    integrationUri: integration.IntegrationUri,
    credentialsArn: integration.CredentialsArn,
    contentHandlingStrategy: integration.ContentHandlingStrategy,
    passthroughBehavior: integration.PassthroughBehavior,
    requestTemplates: integration.RequestTemplates,
    templateSelectionExpression: integration.TemplateSelectionExpression,
    requestParameters: integration.RequestParameters,
    timeoutInMillis: integration.TimeoutInMillis,
    tlsConfig: integration.TlsConfig && { serverNameToVerify: integration.TlsConfig.ServerNameToVerify },
    integrationResponses: responses.map((response) =>
      given({
        integrationResponseKey: response.IntegrationResponseKey,
        contentHandlingStrategy: response.ContentHandlingStrategy,
        responseTemplates: response.ResponseTemplates,
        templateSelectionExpression: response.TemplateSelectionExpression,
      }),
    ),
  }) as PublishedWebSocketIntegration;

export const publishedModel = (model: ModelRecord): PublishedModel => ({
  name: model.Name,
  contentType: model.ContentType,
  schema: model.Schema,
});

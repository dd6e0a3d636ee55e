// From the records of a WebSocket API to what the request path reads.
import type { PublishedWebSocketIntegration, PublishedWebSocketRoute } from '#gateway/index.ts';
import type { IntegrationRecord, IntegrationResponseRecord, RouteRecord, RouteResponseRecord } from '../store.ts';

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
    passthroughBehavior: integration.PassthroughBehavior,
    requestTemplates: integration.RequestTemplates,
    templateSelectionExpression: integration.TemplateSelectionExpression,
    requestParameters: integration.RequestParameters,
    timeoutInMillis: integration.TimeoutInMillis,
    tlsConfig: integration.TlsConfig && { serverNameToVerify: integration.TlsConfig.ServerNameToVerify },
    integrationResponses: responses.map((response) =>
      given({
        integrationResponseKey: response.IntegrationResponseKey,
        responseTemplates: response.ResponseTemplates,
        templateSelectionExpression: response.TemplateSelectionExpression,
      }),
    ),
  }) as PublishedWebSocketIntegration;

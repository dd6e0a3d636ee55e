export { findPublishedApi, publishApi, publishStage, removeApi, removeStage } from './published.ts';
export type { PublishedApi, PublishedStage } from './published.ts';
export type {
  PublishedRestStage,
  PublishedRestApi,
  PublishedRestDeployment,
  PublishedResource,
  PublishedMethod,
  PublishedMethodResponse,
  PublishedRestIntegration,
  PublishedIntegrationResponse,
  PublishedRestAuthorizer,
  PublishedModel,
  PublishedRequestValidator,
  PublishedGatewayResponse,
  PublishedRestStageSettings,
  PublishedMethodSetting,
} from './published-rest.ts';
export type {
  PublishedHttpStage,
  PublishedHttpApi,
  PublishedHttpDeployment,
  PublishedRoute,
  PublishedHttpIntegration,
  PublishedHttpAuthorizer,
  PublishedCors,
  PublishedHttpStageSettings,
  PublishedRouteSettings,
} from './published-http.ts';
export { publishApiKey, publishUsagePlan, removeApiKey, removeUsagePlan } from './published-plans.ts';
export type { PublishedApiKey, PublishedUsagePlan } from './published-plans.ts';
export { createGateway, type Gateway, type GatewayOptions } from './gateway.ts';
export { usageOf, type Usage, type UsageOfKey } from './usage.ts';
export { serviceSubtypes } from './http/service-subtypes.ts';
export { gatewayMetricsOf, type Dimensions, type Figures, type GatewayMetrics } from './metrics.ts';
export { changeDomain, createDomain, listOwnDomains, requireDomain } from './domains/change.ts';
export {
  domainsLeadingTo,
  putDomain,
  removeDomain,
  type Domain,
  type DomainMapping,
  type DomainTls,
  type RoutingMode,
  type RoutingRule,
} from './domains/record.ts';
export { sampleTemplate } from './model-template.ts';
export { arnOf as domainArn, targetOf as domainTarget } from './domains/domain-words.ts';
export { checkCertificateArn, checkDomainNameText, checkSecurityPolicy } from './domains/rules.ts';
export { checkCertificate } from './domains/supplied-certificate.ts';
export type { TlsTerms } from './domains/domain-index.ts';
export {
  testInvokeAuthorizer,
  testInvokeMethod,
  type TestAnswer,
  type TestApi,
  type TestAuthorizerAnswer,
  type TestRequest,
} from './rest/test-invoke.ts';
export type {
  PublishedWebSocketStage,
  PublishedWebSocketApi,
  PublishedWebSocketDeployment,
  PublishedWebSocketRoute,
  PublishedWebSocketIntegration,
  PublishedWebSocketIntegrationResponse,
} from './published-websocket.ts';
export { webSocketMetricsOf, type WebSocketFigures, type WebSocketMetrics } from './websocket/metrics.ts';
export { findBrokenModel } from './websocket/validate.ts';
export { parseServiceUri } from './service-request.ts';

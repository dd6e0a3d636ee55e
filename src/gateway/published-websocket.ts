// What a stage of a WebSocket API is to the request path, in the words of the API's own JSON (lower camel case).
import type { PublishedModel } from './published-rest.ts';
import type { PublishedHttpAuthorizer, PublishedHttpStageSettings } from './published-http.ts';

export interface PublishedWebSocketStage {
  kind: 'WEBSOCKET';
  accountId: string;
  region: string;
  apiId: string;
  api: PublishedWebSocketApi;
  stage: PublishedHttpStageSettings;
  /** as frozen by the deployment that the stage points at */
  deployment: PublishedWebSocketDeployment;
}

export interface PublishedWebSocketApi {
  name: string;
  /** `$request.body.action` */
  routeSelectionExpression: string;
  /** `$request.header.x-api-key` (default) or `$context.authorizer.usageIdentifierKey` */
  apiKeySelectionExpression?: string;
  disableExecuteApiEndpoint?: boolean;
}

export interface PublishedWebSocketDeployment {
  id: string;
  routes: PublishedWebSocketRoute[];
  integrations: PublishedWebSocketIntegration[];
  authorizers?: PublishedHttpAuthorizer[];
  models?: PublishedModel[];
}

export interface PublishedWebSocketRoute {
  routeId: string;
  /** `$connect`, `$disconnect`, `$default` or a name of one's own */
  routeKey: string;
  /** `integrations/abc123` */
  target?: string;
  /** of $connect only */
  authorizationType?: 'NONE' | 'AWS_IAM' | 'CUSTOM';
  authorizerId?: string;
  apiKeyRequired?: boolean;
  /** of $connect: `route.request.querystring.room` → required */
  requestParameters?: Record<string, boolean>;
  /** which of the models a message is checked against; without it none is */
  modelSelectionExpression?: string;
  /** model key → name of a model */
  requestModels?: Record<string, string>;
  /** `$default`: what the backend answers goes back to the client */
  routeResponseSelectionExpression?: string;
  routeResponses?: { routeResponseKey: string }[];
}

export interface PublishedWebSocketIntegration {
  integrationId: string;
  integrationType: 'AWS' | 'AWS_PROXY' | 'HTTP' | 'HTTP_PROXY' | 'MOCK';
  integrationMethod?: string;
  integrationUri?: string;
  connectionType?: 'INTERNET' | 'VPC_LINK';
  credentialsArn?: string;
  passthroughBehavior?: 'WHEN_NO_MATCH' | 'WHEN_NO_TEMPLATES' | 'NEVER';
  /** by template key */
  requestTemplates?: Record<string, string>;
  templateSelectionExpression?: string;
  /** `integration.request.header.x` → `route.request.body.y` … */
  requestParameters?: Record<string, string>;
  contentHandlingStrategy?: 'CONVERT_TO_BINARY' | 'CONVERT_TO_TEXT';
  /** default and most 29,000 */
  timeoutInMillis?: number;
  tlsConfig?: { serverNameToVerify?: string };
  integrationResponses?: PublishedWebSocketIntegrationResponse[];
}

export interface PublishedWebSocketIntegrationResponse {
  /** `$default`, or an expression over the status between slashes: `/4\d\d/` */
  integrationResponseKey: string;
  responseTemplates?: Record<string, string>;
  templateSelectionExpression?: string;
  contentHandlingStrategy?: 'CONVERT_TO_BINARY' | 'CONVERT_TO_TEXT';
}

// What a stage of an HTTP API is to the request path, in the words of the API's own JSON (lower camel case; the SDK's
// members are the same words in Pascal case): https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/

export interface PublishedHttpStage {
  kind: 'HTTP';
  accountId: string;
  region: string;
  apiId: string;
  api: PublishedHttpApi;
  stage: PublishedHttpStageSettings;
  /** as frozen by the deployment that the stage points at */
  deployment: PublishedHttpDeployment;
}

export interface PublishedHttpApi {
  name: string;
  disableExecuteApiEndpoint?: boolean;
}

export interface PublishedHttpDeployment {
  id: string;
  routes: PublishedRoute[];
  integrations: PublishedHttpIntegration[];
  authorizers?: PublishedHttpAuthorizer[];
  corsConfiguration?: PublishedCors;
}

export interface PublishedRoute {
  routeId: string;
  /** `GET /pets/{id}`, `ANY /{proxy+}`, `$default` */
  routeKey: string;
  /** `integrations/abc123`; absent: the route answers 404 as AWS does */
  target?: string;
  authorizationType?: 'NONE' | 'AWS_IAM' | 'CUSTOM' | 'JWT';
  authorizerId?: string;
  authorizationScopes?: string[];
  operationName?: string;
}

export interface PublishedHttpIntegration {
  integrationId: string;
  integrationType: 'AWS_PROXY' | 'HTTP_PROXY';
  /** `SQS-SendMessage`: a service integration */
  integrationSubtype?: string;
  integrationMethod?: string;
  /** function ARN, `arn:aws:apigateway:…/invocations` or URL */
  integrationUri?: string;
  connectionType?: 'INTERNET' | 'VPC_LINK';
  connectionId?: string;
  credentialsArn?: string;
  /** default 1.0 */
  payloadFormatVersion?: '1.0' | '2.0';
  /** proxy: `overwrite:header.x` → value; service: parameter name → value */
  requestParameters?: Record<string, string>;
  /** status → { `append:header.x`: value } */
  responseParameters?: Record<string, Record<string, string>>;
  /** default and most 30,000 */
  timeoutInMillis?: number;
  tlsConfig?: { serverNameToVerify?: string };
}

export interface PublishedHttpAuthorizer {
  authorizerId: string;
  name: string;
  authorizerType: 'REQUEST' | 'JWT';
  authorizerUri?: string;
  authorizerCredentialsArn?: string;
  authorizerPayloadFormatVersion?: '1.0' | '2.0';
  /** default 0: no caching */
  authorizerResultTtlInSeconds?: number;
  enableSimpleResponses?: boolean;
  /** `$request.header.Authorization` … */
  identitySource?: string[];
  jwtConfiguration?: { audience?: string[]; issuer?: string };
}

export interface PublishedCors {
  allowCredentials?: boolean;
  allowHeaders?: string[];
  allowMethods?: string[];
  allowOrigins?: string[];
  exposeHeaders?: string[];
  maxAge?: number;
}

export interface PublishedHttpStageSettings {
  /** `$default` stands at the root of the host; every other name is the first path segment */
  stageName: string;
  deploymentId?: string;
  autoDeploy?: boolean;
  stageVariables?: Record<string, string>;
  defaultRouteSettings?: PublishedRouteSettings;
  /** by route key */
  routeSettings?: Record<string, PublishedRouteSettings>;
  accessLogSettings?: { destinationArn?: string; format?: string };
}

export interface PublishedRouteSettings {
  detailedMetricsEnabled?: boolean;
  throttlingBurstLimit?: number;
  throttlingRateLimit?: number;
  /** WebSocket APIs only */
  dataTraceEnabled?: boolean;
  loggingLevel?: 'OFF' | 'ERROR' | 'INFO';
}

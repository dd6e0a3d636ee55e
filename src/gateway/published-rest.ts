// What a stage of a REST API is to the request path: one frozen document per stage, in the words of the API's own JSON
// (https://docs.aws.amazon.com/apigateway/latest/api/API_Operations.html). Absent and empty mean the same here.

export interface PublishedRestStage {
  kind: 'REST';
  accountId: string;
  region: string;
  apiId: string;
  api: PublishedRestApi;
  stage: PublishedRestStageSettings;
  /** the deployment that the stage points at, as it was when it was made */
  deployment: PublishedRestDeployment;
  /** set exactly when `stage.canarySettings` is */
  canaryDeployment?: PublishedRestDeployment;
  /** PEM: what HTTP backends are shown, when `stage.clientCertificateId` is set */
  clientCertificate?: { certificate: string; privateKey: string };
}

/** Settings of the API that a deployment does not freeze. */
export interface PublishedRestApi {
  name: string;
  disableExecuteApiEndpoint?: boolean;
  /** of the default endpoint, over TLS */
  securityPolicy?: string;
  endpointAccessMode?: 'BASIC' | 'STRICT';
  endpointConfiguration?: { types?: string[]; vpcEndpointIds?: string[]; ipAddressType?: string };
}

/** Everything that CreateDeployment freezes. */
export interface PublishedRestDeployment {
  id: string;
  resources: PublishedResource[];
  authorizers?: PublishedRestAuthorizer[];
  models?: PublishedModel[];
  requestValidators?: PublishedRequestValidator[];
  /** only those that were set; the gateway knows the defaults */
  gatewayResponses?: PublishedGatewayResponse[];
  binaryMediaTypes?: string[];
  minimumCompressionSize?: number;
  /** HEADER (default) or AUTHORIZER */
  apiKeySource?: 'HEADER' | 'AUTHORIZER';
  /** JSON text, with `execute-api:/…` resources as the user wrote them */
  policy?: string;
}

export interface PublishedResource {
  id: string;
  parentId?: string;
  /** full path: `/`, `/pets/{petId}`, `/{proxy+}` */
  path: string;
  /** by HTTP method or `ANY` */
  resourceMethods?: Record<string, PublishedMethod>;
}

export interface PublishedMethod {
  httpMethod: string;
  authorizationType: 'NONE' | 'AWS_IAM' | 'CUSTOM' | 'COGNITO_USER_POOLS';
  authorizerId?: string;
  authorizationScopes?: string[];
  apiKeyRequired?: boolean;
  requestValidatorId?: string;
  operationName?: string;
  /** `method.request.querystring.page` → required */
  requestParameters?: Record<string, boolean>;
  /** content type → model name */
  requestModels?: Record<string, string>;
  methodResponses?: Record<string, PublishedMethodResponse>;
  /** absent: the method answers 500, as a method deployed without integration cannot be */
  methodIntegration?: PublishedRestIntegration;
}

export interface PublishedMethodResponse {
  statusCode: string;
  /** `method.response.header.X` → required */
  responseParameters?: Record<string, boolean>;
  responseModels?: Record<string, string>;
}

export interface PublishedRestIntegration {
  type: 'AWS' | 'AWS_PROXY' | 'HTTP' | 'HTTP_PROXY' | 'MOCK';
  /** method of the call to the backend */
  httpMethod?: string;
  uri?: string;
  connectionType?: 'INTERNET' | 'VPC_LINK';
  connectionId?: string;
  /** role ARN, or `arn:aws:iam::*:user/*` for the caller's own identity */
  credentials?: string;
  requestParameters?: Record<string, string>;
  requestTemplates?: Record<string, string>;
  /** default WHEN_NO_MATCH */
  passthroughBehavior?: 'WHEN_NO_MATCH' | 'WHEN_NO_TEMPLATES' | 'NEVER';
  contentHandling?: 'CONVERT_TO_BINARY' | 'CONVERT_TO_TEXT';
  /** default 29,000 */
  timeoutInMillis?: number;
  cacheNamespace?: string;
  cacheKeyParameters?: string[];
  /** by status code */
  integrationResponses?: Record<string, PublishedIntegrationResponse>;
  tlsConfig?: { insecureSkipVerification?: boolean; serverNameToVerify?: string };
  /** default BUFFERED */
  responseTransferMode?: 'BUFFERED' | 'STREAM';
}

export interface PublishedIntegrationResponse {
  statusCode: string;
  /** absent or empty: the default response */
  selectionPattern?: string;
  responseParameters?: Record<string, string>;
  responseTemplates?: Record<string, string>;
  contentHandling?: 'CONVERT_TO_BINARY' | 'CONVERT_TO_TEXT';
}

export interface PublishedRestAuthorizer {
  id: string;
  name: string;
  type: 'TOKEN' | 'REQUEST' | 'COGNITO_USER_POOLS';
  providerARNs?: string[];
  authorizerUri?: string;
  authorizerCredentials?: string;
  identitySource?: string;
  identityValidationExpression?: string;
  /** default 300 */
  authorizerResultTtlInSeconds?: number;
}

export interface PublishedModel {
  name: string;
  contentType: string;
  /** JSON Schema draft 4, as text */
  schema: string;
}

export interface PublishedRequestValidator {
  id: string;
  validateRequestBody?: boolean;
  validateRequestParameters?: boolean;
}

export interface PublishedGatewayResponse {
  responseType: string;
  statusCode?: string;
  /** `gatewayresponse.header.X` → `'static'` or `method.request.header.Y` … */
  responseParameters?: Record<string, string>;
  responseTemplates?: Record<string, string>;
}

/** The stage itself: takes effect as soon as it is changed, without a deployment. */
export interface PublishedRestStageSettings {
  stageName: string;
  deploymentId: string;
  variables?: Record<string, string>;
  /** as GetStage has them: resource path and method, slashes of the path as `~1` or plain, the leading one optional */
  methodSettings?: Record<string, PublishedMethodSetting>;
  accessLogSettings?: { format?: string; destinationArn?: string };
  canarySettings?: {
    percentTraffic?: number;
    deploymentId?: string;
    stageVariableOverrides?: Record<string, string>;
    useStageCache?: boolean;
  };
  cacheClusterEnabled?: boolean;
  /** GB: `0.5`, `1.6`, … */
  cacheClusterSize?: string;
  clientCertificateId?: string;
  documentationVersion?: string;
  tracingEnabled?: boolean;
  webAclArn?: string;
}

export interface PublishedMethodSetting {
  metricsEnabled?: boolean;
  loggingLevel?: 'OFF' | 'ERROR' | 'INFO';
  dataTraceEnabled?: boolean;
  throttlingBurstLimit?: number;
  throttlingRateLimit?: number;
  cachingEnabled?: boolean;
  cacheTtlInSeconds?: number;
  cacheDataEncrypted?: boolean;
  requireAuthorizationForCacheControl?: boolean;
  unauthorizedCacheControlHeaderStrategy?:
    | 'FAIL_WITH_403'
    | 'SUCCEED_WITH_RESPONSE_HEADER'
    | 'SUCCEED_WITHOUT_RESPONSE_HEADER';
}

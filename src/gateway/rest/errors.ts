// Every way in which API Gateway itself answers instead of the backend.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
import { Refusal } from '../refusal.ts';

interface GatewayResponseDefault {
  status: number;
  message: string;
  /** x-amzn-errortype */
  errorType: string;
  /** AWS writes `{"message": "…"}` for what the pipeline refuses and `{"message":"…"}` for what its front refuses. */
  isSpaced?: boolean;
}

export const gatewayResponseDefaults = {
  ACCESS_DENIED: {
    status: 403,
    message: 'User is not authorized to access this resource',
    errorType: 'AccessDeniedException',
  },
  API_CONFIGURATION_ERROR: {
    status: 500,
    message: 'Internal server error',
    errorType: 'InternalServerErrorException',
    isSpaced: true,
  },
  AUTHORIZER_CONFIGURATION_ERROR: { status: 500, message: '', errorType: 'AuthorizerConfigurationException' },
  AUTHORIZER_FAILURE: { status: 500, message: '', errorType: 'AuthorizerFailureException' },
  BAD_REQUEST_BODY: {
    status: 400,
    message: 'Invalid request body',
    errorType: 'BadRequestException',
    isSpaced: true,
  },
  BAD_REQUEST_PARAMETERS: {
    status: 400,
    message: 'Invalid request parameters',
    errorType: 'BadRequestException',
    isSpaced: true,
  },
  EXPIRED_TOKEN: {
    status: 403,
    message: 'The security token included in the request is expired',
    errorType: 'ExpiredTokenException',
  },
  INTEGRATION_FAILURE: {
    status: 504,
    message: 'Network error communicating with endpoint',
    errorType: 'InternalServerErrorException',
    isSpaced: true,
  },
  INTEGRATION_TIMEOUT: {
    status: 504,
    message: 'Endpoint request timed out',
    errorType: 'InternalServerErrorException',
    isSpaced: true,
  },
  INVALID_API_KEY: { status: 403, message: 'Forbidden', errorType: 'ForbiddenException' },
  INVALID_SIGNATURE: {
    status: 403,
    message:
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    errorType: 'InvalidSignatureException',
  },
  MISSING_AUTHENTICATION_TOKEN: {
    status: 403,
    message: 'Missing Authentication Token',
    errorType: 'MissingAuthenticationTokenException',
  },
  QUOTA_EXCEEDED: { status: 429, message: 'Limit Exceeded', errorType: 'LimitExceededException' },
  REQUEST_TOO_LARGE: {
    status: 413,
    message: 'HTTP content length exceeded 10485760 bytes.',
    errorType: 'RequestTooLargeException',
  },
  RESOURCE_NOT_FOUND: { status: 404, message: 'Not Found', errorType: 'NotFoundException' },
  THROTTLED: { status: 429, message: 'Too Many Requests', errorType: 'TooManyRequestsException' },
  UNAUTHORIZED: { status: 401, message: 'Unauthorized', errorType: 'UnauthorizedException' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    message: 'Unsupported Media Type',
    errorType: 'BadRequestException',
    isSpaced: true,
  },
  WAF_FILTERED: { status: 403, message: 'Forbidden', errorType: 'ForbiddenException' },
} as const satisfies Record<string, GatewayResponseDefault>;

export type GatewayResponseType = keyof typeof gatewayResponseDefaults;

export interface GatewayErrorOptions {
  message?: string;
  status?: number;
  errorType?: string;
  /** $context.error.validationErrorString */
  validation?: string;
  /** for the execution log, never for the client */
  reason?: string;
  cause?: unknown;
}

export class GatewayError extends Refusal {
  readonly type: GatewayResponseType;
  readonly status: number;
  readonly errorType: string;
  /** The body when the API has no gateway response of its own for the type. */
  readonly body: string;
  readonly validation: string | undefined;
  readonly reason: string | undefined;

  constructor(type: GatewayResponseType, options: GatewayErrorOptions = {}) {
    const standard: GatewayResponseDefault = gatewayResponseDefaults[type];
    const message = options.message ?? standard.message;
    super(message, options.cause);
    this.type = type;
    this.status = options.status ?? standard.status;
    this.errorType = options.errorType ?? standard.errorType;
    this.validation = options.validation;
    this.reason = options.reason;
    const quoted = message === '' ? 'null' : JSON.stringify(message);
    // AWS spells the member with a capital where access is denied.
    const member = type === 'ACCESS_DENIED' ? 'Message' : 'message';
    this.body = `{"${member}":${standard.isSpaced ? ' ' : ''}${quoted}}`;
  }
}

export const missingAuthenticationToken = (): GatewayError => new GatewayError('MISSING_AUTHENTICATION_TOKEN');

export const headersTooLarge = (): GatewayError =>
  new GatewayError('REQUEST_TOO_LARGE', { message: 'HTTP header is larger than 10240 bytes.' });

/** The client learns nothing of a configuration error; the execution log does. */
export const configurationError = (reason: string, cause?: unknown): GatewayError =>
  new GatewayError('API_CONFIGURATION_ERROR', {
    reason: `Execution failed due to configuration error: ${reason}`,
    cause,
  });

/** AWS answers 502 when a Lambda proxy integration gives no proper answer. */
export const malformedProxyResponse = (reason = 'Malformed Lambda proxy response'): GatewayError =>
  new GatewayError('API_CONFIGURATION_ERROR', {
    status: 502,
    reason: `Execution failed due to configuration error: ${reason}`,
  });

export const integrationTimeout = (): GatewayError =>
  new GatewayError('INTEGRATION_TIMEOUT', { reason: 'Execution failed due to a timeout error' });

/** Who calls, as far as an API asks: signed requests and API keys. */
export interface CallerIdentity {
  accountId?: string;
  accessKey?: string;
  /** unique id: AIDA…, AROA…:session */
  caller?: string;
  user?: string;
  userArn?: string;
  principalOrgId?: string;
  apiKey?: string;
  apiKeyId?: string;
}

/** What an authorizer said. */
export interface AuthorizerOutcome {
  principalId?: string;
  /** context of a Lambda authorizer, all values as text */
  context?: Record<string, string>;
  /** claims of a token */
  claims?: Record<string, string>;
  /** the API key that the authorizer names, for APIs whose key source is AUTHORIZER */
  usageIdentifierKey?: string;
  latencyMs?: number;
  status?: number;
  requestId?: string;
}

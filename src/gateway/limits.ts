/** https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
export const GATEWAY_LIMITS = {
  payloadBytes: 10 * 1024 * 1024,
  restTimeoutMs: 29_000,
  /** of integrations whose answers are streamed: 15 minutes */
  streamTimeoutMs: 900_000,
  httpTimeoutMs: 30_000,
  /** AWS gives authorizers of HTTP APIs ten seconds */
  httpAuthorizerTimeoutMs: 10_000,
  /**
   * Requests of an account in a region, all its APIs together. AWS's quota (10,000 a second, burst 5,000, raised on request)
   * shares out a region; here the machine is the limit unless `--account-throttle` sets one.
   */
  accountRateLimit: 1e9,
  accountBurstLimit: 1e9,
  /** total of all header names and values */
  headerBytes: 10_240,
  /** compiled APIs held in memory */
  cachedApis: 1_000,
  authorizerTtlSecondsDefault: 300,
  /** cached authorizer answers per API */
  authorizerAnswers: 10_000,
} as const;
export type GatewayLimits = { -readonly [K in keyof typeof GATEWAY_LIMITS]: number };

import type { AccessLogSettings, RouteSettings } from '@aws-sdk/client-apigatewayv2';
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { badRequest, notOffered, routeSettingNotFound } from './errors.ts';
import { placeOf, routes, type ApiRecord } from './store.ts';

const STAGE_NAME = /^(\$default|[A-Za-z0-9_-]{1,128})$/;
const VARIABLE_NAME = /^[A-Za-z0-9_]+$/;
const VARIABLE_VALUE = /^[A-Za-z0-9\-._~:/?#&=,]*$/;
const LOGGING_LEVELS: readonly string[] = ['OFF', 'ERROR', 'INFO'];
const LOG_GROUP = /^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[^\s:*]+$/;

export function checkStageName(name: string): void {
  if (!STAGE_NAME.test(name)) throw badRequest('Stage name only allows a-zA-Z0-9_- or the name $default');
}

export function checkVariables(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (!VARIABLE_NAME.test(name)) throw badRequest(`Stage variable name must match [A-Za-z0-9_]+: ${name}`);
    if (!VARIABLE_VALUE.test(value)) {
      throw badRequest(`Stage variable value must match [A-Za-z0-9-._~:/?#&=,]*: ${value}`);
    }
  }
}

type Protocol = ApiRecord['ProtocolType'];

/** Settings of one route, or of all; what is not said stays away, but for the logs of WebSocket APIs. */
export function routeSettingsOf(given: RouteSettings, protocol: Protocol): RouteSettings {
  const { DataTraceEnabled, DetailedMetricsEnabled, LoggingLevel, ThrottlingBurstLimit, ThrottlingRateLimit } = given;
  const isWebSocket = protocol === 'WEBSOCKET';
  if (!isWebSocket && (DataTraceEnabled || (LoggingLevel !== undefined && LoggingLevel !== 'OFF'))) {
    throw badRequest('Execution logs are not supported on protocolType HTTP');
  }
  if (LoggingLevel !== undefined && !LOGGING_LEVELS.includes(LoggingLevel)) {
    throw badRequest(`Invalid logging level specified. Valid values are ${LOGGING_LEVELS.join(', ')}`);
  }
  if (ThrottlingBurstLimit !== undefined && ThrottlingBurstLimit < 0) {
    throw badRequest('Throttling burst limit must be greater than or equal to 0');
  }
  if (ThrottlingRateLimit !== undefined && ThrottlingRateLimit < 0) {
    throw badRequest('Throttling rate limit must be greater than or equal to 0');
  }
  return {
    ...(isWebSocket && { DataTraceEnabled: DataTraceEnabled ?? false }),
    DetailedMetricsEnabled: DetailedMetricsEnabled ?? false,
    ...(isWebSocket && { LoggingLevel: LoggingLevel ?? 'OFF' }),
    ...(ThrottlingBurstLimit !== undefined && { ThrottlingBurstLimit }),
    ...(ThrottlingRateLimit !== undefined && { ThrottlingRateLimit }),
  };
}

/** Settings by route key, each for a route that exists. */
export async function routeSettingsMapOf(
  tx: Transaction,
  context: Context,
  { ApiId, ProtocolType }: ApiRecord,
  given: Record<string, RouteSettings>,
): Promise<Record<string, RouteSettings>> {
  const known = new Set((await routes.list(tx, placeOf(context), ApiId)).map((route) => route.RouteKey));
  const settings: Record<string, RouteSettings> = {};
  for (const [routeKey, one] of Object.entries(given)) {
    if (!known.has(routeKey)) throw routeSettingNotFound(routeKey);
    settings[routeKey] = routeSettingsOf(one, ProtocolType);
  }
  return settings;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html */
export function accessLogsOf(given: AccessLogSettings): AccessLogSettings {
  const { Format = '' } = given;
  // Both spellings of the ARN are about; API Gateway keeps the one without the star.
  const DestinationArn = (given.DestinationArn ?? '').replace(/:\*$/, '');
  if (!DestinationArn || !Format)
    throw badRequest('Both the destination ARN and the format of access logs are required');
  if (/^arn:aws[a-z-]*:firehose:/.test(DestinationArn)) throw notOffered('access logs to Firehose');
  if (!LOG_GROUP.test(DestinationArn)) {
    throw badRequest(
      "Invalid ARN specified in the request. ARNs must start with 'arn:' and follow the format of a CloudWatch Logs log group",
    );
  }
  if (/[\r\n]./s.test(Format)) {
    throw badRequest('Access Log format must be single line, new line character is allowed only at end of the format');
  }
  if (!/\$context\.(requestId|extendedRequestId)\b/.test(Format)) {
    throw badRequest('Access Log format must contain at least $context.requestId');
  }
  return { DestinationArn, Format };
}

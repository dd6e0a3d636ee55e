// An API's own members: what a caller may say, what is kept, what is answered.
import type { Api } from '@aws-sdk/client-apigatewayv2';
import { publishApi } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { corsOf } from './cors.ts';
import { apiNotFound, badRequest, webSocketOnly } from './errors.ts';
import { checkSelections } from './websocket/rules.ts';
import { apis, placeOf, type ApiRecord } from './store.ts';
import { checkTags } from './tags.ts';

const NAME_MAX = 128;
const DESCRIPTION_MAX = 1024;
const VERSION_MAX = 64;
const ROUTE_SELECTION = '$request.method $request.path';
const API_KEY_SELECTION = '$request.header.x-api-key';

/** What a caller may say about an API, beside its protocol. */
type ApiInput = Partial<Omit<Api, 'ApiId' | 'ApiEndpoint' | 'CreatedDate' | 'ProtocolType'>>;

/** The record as the API answers it. */
export function describeApi({ createdMs, ...api }: ApiRecord, context: Context): Api {
  const { domain, port } = context.platform.config;
  return {
    ...api,
    ApiEndpoint: `${api.ProtocolType === 'WEBSOCKET' ? 'ws' : 'http'}://${api.ApiId}.execute-api.${context.region}.${domain}:${port}`,
    CreatedDate: new Date(Math.floor(createdMs / 1000) * 1000),
  };
}

export async function requireApi(context: Context, id: string, reader: Reader = context.store): Promise<ApiRecord> {
  const api = await apis.find(reader, placeOf(context), '', id);
  if (!api) throw apiNotFound(context.accountId, id);
  return api;
}

/** Checks and defaults of the API's own members. */
export function settingsOf(
  kept: Pick<ApiRecord, 'ApiId' | 'createdMs' | 'ProtocolType' | 'Tags'>,
  given: ApiInput,
): ApiRecord {
  const { Name, Description, Version, CorsConfiguration, IpAddressType } = given;
  if (!Name || Name.length > NAME_MAX)
    throw badRequest(`Invalid API name. The name must have 1 to ${NAME_MAX} characters`);
  if ((Description?.length ?? 0) > DESCRIPTION_MAX) {
    throw badRequest(`Description must have at most ${DESCRIPTION_MAX} characters`);
  }
  if ((Version?.length ?? 0) > VERSION_MAX) throw badRequest(`Version must have at most ${VERSION_MAX} characters`);
  const isWebSocket = kept.ProtocolType === 'WEBSOCKET';
  if (given.DisableSchemaValidation && !isWebSocket) throw webSocketOnly('DisableSchemaValidation');
  const { ApiKeySelectionExpression = API_KEY_SELECTION, RouteSelectionExpression } = given;
  if (isWebSocket) {
    checkSelections(RouteSelectionExpression, ApiKeySelectionExpression);
    if (CorsConfiguration) throw badRequest('CORS is not supported for APIs with a protocol type of WEBSOCKET');
  } else checkHttpSelections(RouteSelectionExpression, ApiKeySelectionExpression);
  if (IpAddressType !== undefined && IpAddressType !== 'ipv4' && IpAddressType !== 'dualstack') {
    throw badRequest('Invalid IP address type specified. Valid values are ipv4 and dualstack');
  }
  return {
    ApiId: kept.ApiId,
    ApiKeySelectionExpression,
    ...(CorsConfiguration && { CorsConfiguration: corsOf(CorsConfiguration) }),
    ...(Description && { Description }),
    DisableExecuteApiEndpoint: given.DisableExecuteApiEndpoint ?? false,
    ...(given.DisableSchemaValidation && { DisableSchemaValidation: true }),
    ...(given.ImportInfo?.length && { ImportInfo: given.ImportInfo }),
    IpAddressType: IpAddressType ?? 'ipv4',
    Name,
    ProtocolType: kept.ProtocolType,
    RouteSelectionExpression: (isWebSocket && RouteSelectionExpression) || ROUTE_SELECTION,
    Tags: kept.Tags,
    ...(Version && { Version }),
    ...(given.Warnings?.length && { Warnings: given.Warnings }),
    createdMs: kept.createdMs,
  };
}

function checkHttpSelections(routeSelection = ROUTE_SELECTION, apiKeySelection: string): void {
  if (apiKeySelection !== API_KEY_SELECTION) throw webSocketOnly('ApiKeySelectionExpression');
  if (routeSelection.replace(/[{}]/g, '') !== ROUTE_SELECTION) {
    throw badRequest(
      `The route selection expression of an API with a protocol type of HTTP must be ${ROUTE_SELECTION}`,
    );
  }
}

/** A new API, for CreateApi and ImportApi. */
export function putNewApi(
  tx: Transaction,
  context: Context,
  given: ApiInput,
  tags: Record<string, string> = {},
  ProtocolType: 'HTTP' | 'WEBSOCKET' = 'HTTP',
): ApiRecord {
  checkTags(tags);
  const api = settingsOf(
    { ApiId: context.ids.lower(10), createdMs: context.clock.now(), ProtocolType, Tags: tags },
    given,
  );
  apis.put(tx, placeOf(context), '', api);
  publishApi(tx, { kind: ProtocolType, ...placeOf(context), apiId: api.ApiId });
  return api;
}

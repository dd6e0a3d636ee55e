import type { Context } from '#kernel/context.ts';
import type { Reader } from '#store/contract.ts';
import { requireApi } from '../api-settings.ts';
import { webSocketOnly } from '../errors.ts';
import type { ApiRecord } from '../store.ts';

/** `what` HTTP APIs do not have. */
export async function requireWebSocketApi(
  context: Context,
  apiId: string,
  what: string,
  reader?: Reader,
): Promise<ApiRecord> {
  const api = await requireApi(context, apiId, reader);
  if (api.ProtocolType !== 'WEBSOCKET') throw webSocketOnly(what);
  return api;
}

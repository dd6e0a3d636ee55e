// @connections: what backends do to a connection. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
import { isUtf8 } from 'node:buffer';
import { BodyTooLarge, readBody, type HttpRequest, type HttpResponse } from '#core/http.ts';
import type { GatewayFacts } from '../facts.ts';
import { decideManage, signatureRefusal, signedPrincipal } from '../signed-caller.ts';
import { Gone, type Connection } from './connection.ts';
import { WEBSOCKET_LIMITS } from './connections.ts';

const PATH = /^(?:\/[^/]+)?\/@connections\/([^/?]+)$/;

/** The connection's id in `/{stage}/@connections/{id}`. */
export function connectionIdOf(path: string): string | undefined {
  const id = PATH.exec(path)?.[1];
  if (id === undefined) return undefined;
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

const failure = (status: number, code: string, message: string | null): HttpResponse => ({
  status,
  headers: [
    ['x-amzn-ErrorType', code],
    ['Content-Type', 'application/json'],
  ],
  body: JSON.stringify({ message }),
});

const gone = (): HttpResponse => failure(410, 'GoneException', null);

export async function manageConnection(facts: GatewayFacts, id: string, request: HttpRequest): Promise<HttpResponse> {
  let body: Buffer;
  try {
    body = await readBody(request.body, WEBSOCKET_LIMITS.messageBytes);
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    return failure(413, 'PayloadTooLargeException', 'Message too long');
  }
  const connection = facts.connections.find(id);
  const refusal = await refuse(facts, connection, id, request, body);
  if (refusal) return refusal;
  if (!connection) return gone();
  return act(connection, request.method, body);
}

async function refuse(
  facts: GatewayFacts,
  connection: Connection | undefined,
  id: string,
  request: HttpRequest,
  body: Buffer,
): Promise<HttpResponse | undefined> {
  let principal;
  try {
    principal = await signedPrincipal(facts.platform, request, body);
  } catch (error) {
    const refused = signatureRefusal(error);
    if (!refused) throw error;
    return failure(403, refused.code, refused.message);
  }
  if (!principal) return failure(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  if (!connection) return undefined;
  const { accountId, region, apiId } = connection.stage.published;
  const arn = `arn:aws:execute-api:${region}:${accountId}:${apiId}/${connection.stage.name}/${request.method}/@connections/${id}`;
  const decision = await decideManage(facts.platform, { principal, arn, accountId, region, request });
  return decision === 'allow' ? undefined : failure(403, 'ForbiddenException', 'Forbidden');
}

async function act(connection: Connection, method: string, body: Buffer): Promise<HttpResponse> {
  const { socket, request } = connection;
  switch (method) {
    case 'POST':
      try {
        await connection.send(isUtf8(body) ? body.toString() : body);
      } catch (error) {
        if (error instanceof Gone) return gone();
        throw error;
      }
      return { status: 200, headers: [] };
    case 'GET':
      return {
        status: 200,
        headers: [['Content-Type', 'application/json']],
        body: JSON.stringify({
          connectedAt: new Date(connection.connectedAt).toISOString(),
          identity: { sourceIp: request.remoteAddress, userAgent: request.headers['user-agent'] ?? null },
          lastActiveAt: new Date(connection.lastActiveAt).toISOString(),
        }),
      };
    case 'DELETE':
      socket?.close(1000, 'Connection Closed Normally');
      return { status: 204, headers: [] };
    default:
      return failure(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
}

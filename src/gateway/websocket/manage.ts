// @connections: what backends do to a connection. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
import { isUtf8 } from 'node:buffer';
import { BodyTooLarge, readBody, type HttpRequest, type HttpResponse } from '#core/http.ts';
import type { Principal } from '#core/principal.ts';
import type { GatewayFacts } from '../facts.ts';
import { decideManage, signatureRefusal, signedPrincipal } from '../signed-caller.ts';
import type { CompiledWebSocketStage } from './compile.ts';
import type { Connection } from './connection.ts';
import { CLOSE, WEBSOCKET_LIMITS } from './limits.ts';

const PATH = /^(?:\/[^/]+)?\/(?:@|%40)connections\/([^/?]+)$/;
/** As API Gateway makes them: what is no such id is refused before anybody looks for it. */
const CONNECTION_ID = /^[A-Za-z0-9_-]{15}=$/;

/** The connection's id in `/@connections/{id}` and `/{stage}/@connections/{id}`. */
export function connectionIdOf(path: string): string | undefined {
  const id = PATH.exec(path)?.[1];
  if (id === undefined) return undefined;
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

const failure = (status: number, code: string, message: string): HttpResponse => ({
  status,
  headers: [
    ['x-amzn-ErrorType', code],
    ['Content-Type', 'application/json'],
  ],
  body: JSON.stringify({ message }),
});

/** AWS sends no body: SDKs show the number as the message. */
const gone = (): HttpResponse => ({ status: 410, headers: [['x-amzn-ErrorType', 'GoneException']] });

/** `stage`: that of the address; without one, by our own endpoint, that of the connection. */
export async function manageConnection(
  facts: GatewayFacts,
  id: string,
  request: HttpRequest,
  stage?: CompiledWebSocketStage,
): Promise<HttpResponse> {
  const response = await answer(facts, id, request, stage);
  response.headers.unshift(['x-amzn-RequestId', facts.platform.ids.uuid()]);
  return response;
}

async function answer(
  facts: GatewayFacts,
  id: string,
  request: HttpRequest,
  stage: CompiledWebSocketStage | undefined,
): Promise<HttpResponse> {
  let body: Buffer;
  try {
    body = await readBody(request.body, WEBSOCKET_LIMITS.messageBytes);
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error;
    return failure(413, 'PayloadTooLargeException', 'Message too long');
  }
  const found = facts.connections.find(id);
  const connection = found && (!stage || isOf(found, stage)) ? found : undefined;
  const owner = stage ?? connection?.stage;
  const caller = await authenticate(facts, request, body);
  if ('status' in caller) return caller;
  const refusal = owner && (await refuse(owner, caller, request));
  if (refusal) return refusal;
  if (!CONNECTION_ID.test(id)) return failure(400, 'BadRequestException', `Invalid connectionId: ${id}`);
  return connection?.isOpen ? act(connection, request.method, body) : gone();
}

const isOf = ({ stage: own }: Connection, stage: CompiledWebSocketStage): boolean =>
  own.published.apiId === stage.published.apiId && own.name === stage.name;

async function authenticate(
  facts: GatewayFacts,
  request: HttpRequest,
  body: Buffer,
): Promise<Principal | HttpResponse> {
  try {
    const principal = await signedPrincipal(facts.platform, request, body);
    return principal ?? failure(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  } catch (error) {
    const refused = signatureRefusal(error);
    if (!refused) throw error;
    return failure(403, refused.code, refused.message);
  }
}

async function refuse(
  { published, name, facts }: CompiledWebSocketStage,
  principal: Principal,
  request: HttpRequest,
): Promise<HttpResponse | undefined> {
  const { accountId, region, apiId } = published;
  const path = `${apiId}/${name}/${request.method}/@connections`;
  const id = connectionIdOf(request.target.split('?', 1)[0]!);
  const arn = `arn:aws:execute-api:${region}:${accountId}:${path}/${id}`;
  const decision = await decideManage(facts.platform, { principal, arn, accountId, region, request });
  if (decision === 'allow') return undefined;
  // AWS shows four digits of the account, and the parameter's name in place of the id.
  const shown = `arn:aws:execute-api:${region}:********${accountId.slice(-4)}:${path}/{connectionId}`;
  const who = 'arn' in principal ? principal.arn : principal.type;
  const message = `User: ${who} is not authorized to perform: execute-api:ManageConnections on resource: ${shown}`;
  return failure(
    403,
    'AccessDeniedException',
    decision === 'explicit-deny' ? `${message} with an explicit deny` : message,
  );
}

function act(connection: Connection, method: string, body: Buffer): HttpResponse {
  switch (method) {
    case 'POST':
      return post(connection, body);
    case 'GET':
      return describe(connection);
    case 'DELETE':
      connection.close(CLOSE.normal, 'Connection Closed Normally');
      return { status: 204, headers: [] };
    default:
      return failure(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
}

function post(connection: Connection, body: Buffer): HttpResponse {
  switch (connection.send(isUtf8(body) ? body.toString() : body)) {
    case 'sent':
      return { status: 200, headers: [] };
    case 'full':
      return failure(429, 'LimitExceededException', 'The WebSocket client side buffer is full');
    case 'gone':
      return gone();
  }
}

function describe({ connectedAt, sourceIp, userAgent, lastActiveAt }: Connection): HttpResponse {
  return {
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: JSON.stringify({
      connectedAt: new Date(connectedAt).toISOString(),
      identity: { sourceIp, userAgent: userAgent ?? null },
      lastActiveAt: new Date(lastActiveAt).toISOString(),
    }),
  };
}

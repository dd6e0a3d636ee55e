// An HTTP request that is an AWS API call: route → authenticate → read → parse → validate → run → serialize.
import { ServiceError } from '#core/errors.ts';
import { BodyTooLarge, readBody, type HttpRequest, type HttpResponse } from '#core/http.ts';
import type { HttpFacts } from '#kernel/context.ts';
import { findOperation, notImplemented, runOperation } from '#kernel/create-call.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Service } from '#kernel/service.ts';
import { createRequestId, type AnswerFacts } from '#protocol/answer.ts';
import { needsDocument, parseInput, serializeOutput, streamedInput } from '#protocol/codec.ts';
import { malformedError, serializeError } from '#protocol/errors.ts';
import { Malformed } from '#protocol/malformed.ts';
import { loadModel, type OperationModel } from '#protocol/model.ts';
import { parsePairs } from '#protocol/query.ts';
import { findRoute, serviceOfScope, speaksQuery, UnknownService, type Route } from '#protocol/router.ts';
import { queueUrlOfPath } from '#protocol/queue-url.ts';
import { inputValidator, requiredValidator } from '#protocol/validate.ts';
import { missingBody, nameless, ownFailure, unknownOperation, unknownService } from './api-errors.ts';
import { authenticate } from './authenticate.ts';
import { bodyBytesMax, bodyTooLarge } from './body-limits.ts';
import { allowOrigin, answerPreflight, checkOrigin, preflightMethod } from './origins.ts';
import { gunzip, isGzip, openPayload, verifiedPayload, verifyBody, type Payload } from './payload.ts';

/** A form must be read before it is known whose it is. */
const FORM_BYTES_MAX = 10 * 1024 * 1024;

/** One request on its way. */
interface Call {
  platform: Platform;
  request: HttpRequest;
  /** path and query as sent */
  path: string;
  query: [string, string][];
  /** the body where it had to be read to find the operation */
  body?: Buffer;
  form?: [string, string][];
}

export function createApi(platform: Platform): (request: HttpRequest) => Promise<HttpResponse> {
  return async (request) => {
    const { call, route, failure } = await openCall(platform, request);
    if (!route) return failure;
    // the question of a browser must not run what it asks leave for
    if (request.method === 'OPTIONS') delete route.operation;
    const isS3 = route.service.id === 's3';
    // S3 answers browsers by the rules of the bucket
    const ofBucket = isS3 && (call.path !== '/' || route.bucketOfHost !== undefined);
    const preflight = ofBucket ? undefined : answerPreflight(request, platform.config);
    if (preflight) return preflight;
    const facts: AnswerFacts = {
      requestId: createRequestId(route.service, platform.ids),
      method: request.method,
      queryCompatible: request.headers['x-amzn-query-mode'] === 'true',
    };
    const answer: Answer = { headers: [] };
    let response: HttpResponse;
    try {
      response = await answerCall(call, route, facts, answer);
      if (answer.status !== undefined) response.status = answer.status;
    } catch (error) {
      response = serializeError(route.service, route.protocol, toServiceError(error, route), facts);
    }
    response.headers.push(...answer.headers);
    if (!isS3) allowOrigin(request, response);
    return response;
  };
}

type Opened = { call: Call; route: Route; failure?: never } | { call?: never; route?: never; failure: HttpResponse };

/** Finds out what the request means; a form is read for it. */
async function openCall(platform: Platform, request: HttpRequest): Promise<Opened> {
  const mark = request.target.indexOf('?');
  const call: Call = {
    platform,
    request,
    path: mark < 0 ? request.target : request.target.slice(0, mark),
    query: [],
  };
  try {
    if (mark >= 0) call.query = parsePairs(request.target.slice(mark + 1));
    if (isForm(call)) await readForm(call);
    const route = findRoute({
      method: preflightMethod(request) ?? request.method,
      path: call.path,
      query: call.query,
      headers: request.headers,
      ...(call.form && { form: call.form }),
      host: hostName(request.headers['host'] ?? ''),
      domains: [platform.config.domain, 'amazonaws.com'],
    });
    return { call, route };
  } catch (error) {
    return { failure: unrouted(platform, request, error) };
  }
}

function hostName(host: string): string {
  const colon = host.lastIndexOf(':');
  return (colon > host.lastIndexOf(']') ? host.slice(0, colon) : host).toLowerCase();
}

function isForm({ request, query }: Call): boolean {
  const { headers, method } = request;
  const isFormType = (headers['content-type'] ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded');
  return method === 'POST' && isFormType && headers['x-amz-target'] === undefined && speaksQuery(headers, query);
}

async function readForm(call: Call): Promise<void> {
  const { request } = call;
  call.body = await readBody(request.body, FORM_BYTES_MAX);
  const plain = isGzip(request.headers) ? await readBody(gunzip(onePiece(call.body)), FORM_BYTES_MAX) : call.body;
  call.form = parsePairs(plain.toString('utf8'));
}

async function* onePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** No service to ask: the answer takes the shape that the client most likely reads. */
function unrouted(platform: Platform, request: HttpRequest, error: unknown): HttpResponse {
  const facts = { requestId: platform.ids.uuid(), method: request.method };
  if (error instanceof UnknownService) {
    return serializeError(nameless(error), error.protocol, unknownService(error), facts);
  }
  if (error instanceof URIError) return invalidUri(request, facts);
  const sts = loadModel('sts'); // any service of the query protocol
  if (error instanceof BodyTooLarge)
    return serializeError(sts, 'awsQuery', bodyTooLarge(sts, '', FORM_BYTES_MAX), facts);
  if (error instanceof Malformed) return serializeError(sts, 'awsQuery', malformedError(sts, 'awsQuery', error), facts);
  if (isZlibError(error))
    return serializeError(sts, 'awsQuery', new ServiceError('MalformedInput', 'Invalid gzip body'), facts);
  return serializeError(sts, 'awsQuery', ownFailure(error, sts, 'route'), facts);
}

/** node's word for a client that left in the middle of its body. */
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ECONNRESET' && error.message === 'aborted';

function invalidUri(request: HttpRequest, facts: AnswerFacts): HttpResponse {
  const service = loadModel(serviceOfScope(request.headers) ?? 's3');
  const text = "Couldn't parse the specified URI.";
  const error =
    service.id === 's3'
      ? new ServiceError('InvalidURI', text, 400, { fields: { URI: request.target } })
      : new ServiceError('BadRequestException', text, 400);
  return serializeError(service, service.protocols[0], error, facts);
}

const isZlibError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^Z_|^ERR_(BUFFER|ZLIB)/.test(String(error.code));

function toServiceError(error: unknown, route: Route): ServiceError {
  if (error instanceof ServiceError) return error;
  const { service, protocol, operation } = route;
  const name = operation?.name ?? route.asked ?? '';
  if (error instanceof BodyTooLarge) return bodyTooLarge(service, name, bodyBytesMax(service, name));
  if (error instanceof Malformed) return malformedError(service, protocol, error);
  if (isZlibError(error)) return malformedError(service, protocol, new Malformed('syntax', 'Invalid gzip body'));
  if (isGone(error)) return new ServiceError('IncompleteBody', 'The request body terminated unexpectedly');
  return ownFailure(error, service, name);
}

async function answerCall(call: Call, route: Route, facts: AnswerFacts, answer: Answer): Promise<HttpResponse> {
  const { platform, request } = call;
  const { service: model, operation, protocol } = route;
  checkOrigin(request, model, platform.config);
  if (!operation) throw unknownOperation(route, request);
  const streamed = streamedInput(operation);
  const sent = streamed
    ? undefined
    : (call.body ?? (await readBody(request.body, bodyBytesMax(model, operation.name))));
  const { principal, accountId, region, chunks } = await authenticate(platform, request, route, sent);
  const service = platform.services.get(model.id as never);
  if (!service || !findOperation(service, operation.name)) throw notImplemented(model.id, operation.name);

  const payload = openPayload(request.headers, sent ? onePiece(sent) : request.body, chunks);
  const body = sent ? await wholePayload(request, payload, sent, operation) : verifiedPayload(request, payload);
  if (isMissingDocument(operation, body)) throw missingBody();
  // parameters of the query protocols may stand in the URL as well
  const form = call.form ? [...call.query, ...call.form] : call.query;
  const queueUrl =
    model.id === 'sqs' && protocol === 'awsQuery'
      ? queueUrlOfPath(form, { host: request.headers['host'] ?? '', target: request.target })
      : [];
  const input = parseInput(operation, protocol, {
    headers: payload.headers,
    query: call.query,
    labels: route.labels,
    ...(route.older && { older: route.older }),
    body,
    form: queueUrl.length ? [...form, ...queueUrl] : form,
  });
  validateInput(service, operation, input);
  const http = httpFacts(request, payload, answer);
  const output = await runOperation(platform, service.id, operation.name, input, {
    as: principal,
    accountId,
    region,
    requestId: facts.requestId,
    get signal() {
      return request.signal;
    },
    http,
  });
  return serializeOutput(operation, protocol, (output ?? {}) as Record<string, unknown>, facts);
}

const isMissingDocument = (operation: OperationModel, body: Uint8Array | AsyncIterable<Uint8Array>): boolean =>
  operation.service.id === 's3' && body instanceof Uint8Array && body.length === 0 && needsDocument(operation);

/** The body in memory, unwrapped and compared with its checksums. */
async function wholePayload(
  request: HttpRequest,
  payload: Payload,
  sent: Buffer,
  operation: OperationModel,
): Promise<Uint8Array> {
  const isPlain = payload.headers === request.headers;
  const bytesMax = bodyBytesMax(operation.service, operation.name);
  const body = isPlain ? sent : await readBody(payload.bytes, bytesMax);
  verifyBody(request, body, payload.trailers);
  // an RPC body has no encoding of its own; a REST payload may be stored compressed, as the client says
  if (operation.http || !isGzip(payload.headers)) return body;
  return readBody(gunzip(onePiece(body)), bytesMax);
}

function validateInput({ validate }: Service<any>, operation: OperationModel, input: unknown): void {
  const all = validate === 'all' || (validate as readonly string[] | undefined)?.includes(operation.name) === true;
  if (all) inputValidator(operation)(input);
  else requiredValidator(operation)(input);
}

/** What operations say beside their output; its headers go with errors too (CORS of a bucket). */
type Answer = NonNullable<HttpFacts['answer']>;

function httpFacts(request: HttpRequest, { headers, trailers }: Payload, answer: Answer): HttpFacts {
  return {
    method: request.method,
    host: request.headers['host'] ?? '',
    target: request.target,
    headers,
    sourceIp: request.remoteAddress,
    userAgent: request.headers['user-agent'] ?? '',
    secure: request.secure,
    trailers,
    answer,
  };
}

// One operation's input from a request, its output to an answer, in whichever protocol the client speaks.
import type { HttpResponse } from '#core/http.ts';
import { bodyHeaders, contentTypeOf, idHeaders, type AnswerFacts } from './answer.ts';
import { readCbor, writeCbor } from './cbor-shapes.ts';
import { EVENT_STREAM_TYPE, encodeEvents } from './eventstream.ts';
import { bindingsOf, isEventStream, readHttpMembers, readQueryMembers, writeHeaders, type Bindings } from './http.ts';
import { readJson, writeJson } from './json.ts';
import { wrongType } from './malformed.ts';
import type { Member, OperationModel, Protocol, ServiceModel, Shape, StructureShape } from './model.ts';
import { formTree, readForm } from './query.ts';
import { parseXml } from './xml-parser.ts';
import { xmlReader, xmlWriter } from './xml.ts';

type Values = Record<string, any>;

export interface WireRequest {
  headers: Readonly<Record<string, string>>;
  query: readonly [string, string][];
  labels: Readonly<Record<string, string>>;
  /** the whole body, or the stream of it where `streamsInput` says so */
  body: Uint8Array | AsyncIterable<Uint8Array>;
  /** the body's members are in the query (RestMatch) */
  older?: true;
  /** the form's pairs in the query protocols */
  form?: readonly [string, string][];
}

/** The member whose bytes go through to the operation unread (S3 PutObject's Body). */
export function streamedInput(operation: OperationModel): Member | undefined {
  const { input } = operation;
  if (!operation.http || input.kind !== 'structure') return undefined;
  const { payload } = bindingsOf(input, 'input');
  return payload?.shape.kind === 'stream' ? payload : undefined;
}

/** Whether the body is a document that must be there. */
export function needsDocument({ input }: OperationModel): boolean {
  if (input.kind !== 'structure') return false;
  const { payload } = bindingsOf(input, 'input');
  return payload?.required === true && payload.shape.kind === 'structure';
}

// ---- input

export function parseInput(operation: OperationModel, protocol: Protocol, request: WireRequest): Values {
  const { input } = operation;
  if (input.kind !== 'structure') return {};
  const bytes = request.body instanceof Uint8Array ? request.body : Buffer.alloc(0);
  switch (protocol) {
    case 'awsJson1_0':
    case 'awsJson1_1':
      return bytes.length === 0 ? {} : (readJson(input, bytes, 'member') as Values);
    case 'rpcv2Cbor':
    case 'awsCbor1_1':
      return bytes.length === 0 ? {} : (readCbor(input, bytes, { timesInMs: protocol === 'awsCbor1_1' }) as Values);
    case 'awsQuery':
    case 'ec2Query':
      return readForm(input, formTree(request.form ?? []), protocol === 'ec2Query') as Values;
    default:
      return parseRest(input, protocol, request, bytes);
  }
}

function parseRest(input: StructureShape, protocol: Protocol, request: WireRequest, bytes: Uint8Array): Values {
  const bindings = bindingsOf(input, 'input');
  const { payload } = bindings;
  let values: Values = {};
  if (payload?.shape.kind === 'stream') values[payload.name] = request.body;
  else if (payload) {
    if (bytes.length > 0) values[payload.name] = readPayload(payload, protocol, bytes);
  } else if (bindings.body.members.length > 0 && bytes.length > 0) {
    values = readDocument(bindings.body, rootName(undefined, bindings.body), protocol, bytes) as Values;
  }
  readHttpMembers(bindings, request, values);
  if (request.older) readQueryMembers(bindings.body.members, request.query, values);
  return values;
}

function readPayload(payload: Member, protocol: Protocol, bytes: Uint8Array): unknown {
  const { shape } = payload;
  if (shape.kind === 'blob') return bytes;
  if (shape.kind === 'string') return Buffer.from(bytes).toString('utf8');
  return readDocument(shape, rootName(payload, shape), protocol, bytes);
}

function readDocument(shape: Shape, root: string, protocol: Protocol, bytes: Uint8Array): unknown {
  if (protocol === 'restJson1') return readJson(shape, bytes, 'json');
  const element = parseXml(bytes);
  if (element.name !== root) wrongType(`cvc-elt.1.a: Cannot find the declaration of element '${element.name}'.`);
  return xmlReader(shape)(element);
}

/** The name of an XML document's root. */
function rootName(member: Member | undefined, shape: Shape): string {
  const named = member?.traits.xmlName;
  if (named) return named;
  if (shape.kind === 'structure') return shape.traits.xmlName ?? shape.name;
  return member?.name ?? '';
}

// ---- output

export function serializeOutput(
  operation: OperationModel,
  protocol: Protocol,
  output: Values,
  facts: AnswerFacts,
): HttpResponse {
  const response =
    operation.http && (protocol === 'restJson1' || protocol === 'restXml')
      ? serializeRest(operation, protocol, output, operation.http.status)
      : serializeRpc(operation, protocol, output, facts);
  response.headers.unshift(...idHeaders(operation.service, facts.requestId));
  if (facts.method === 'HEAD') delete response.body;
  return response;
}

function serializeRpc(operation: OperationModel, protocol: Protocol, output: Values, facts: AnswerFacts): HttpResponse {
  const { service, output: shape } = operation;
  const events = shape.kind === 'structure' && shape.members.find((member) => isEventStream(member.shape));
  if (events) return serializeRpcEvents(operation, protocol, output, events);
  const body = rpcBody(operation, shape, protocol, output, facts);
  const isDocument = body.length > 0;
  return {
    status: 200,
    headers: [
      ...(isDocument ? [['content-type', contentTypeOf(service, protocol)] as [string, string]] : []),
      ...bodyHeaders(service, protocol, body),
    ],
    ...(isDocument && { body }),
  };
}

function rpcBody(
  { name, service }: OperationModel,
  shape: Shape,
  protocol: Protocol,
  output: Values,
  { requestId }: AnswerFacts,
): string | Uint8Array {
  const hasMembers = shape.kind === 'structure';
  switch (protocol) {
    case 'awsQuery': {
      const result = hasMembers ? `<${name}Result>${xmlWriter(shape)(output)}</${name}Result>` : '';
      const xmlns = service.xmlNamespace ?? '';
      return (
        `<${name}Response xmlns="${xmlns}">${result}` +
        `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>\n`
      );
    }
    case 'ec2Query': {
      // operations without output say that it is done
      const members = hasMembers ? xmlWriter(shape)(output) : '<return>true</return>';
      return (
        `<?xml version="1.0" encoding="UTF-8"?>\n<${name}Response xmlns="${service.xmlNamespace ?? ''}/">` +
        `<requestId>${requestId}</requestId>${members}</${name}Response>`
      );
    }
    case 'rpcv2Cbor':
    case 'awsCbor1_1':
      return hasMembers ? writeCbor(shape, output, { timesInMs: protocol === 'awsCbor1_1' }) : '';
    default:
      return hasMembers ? writeJson(shape, output, 'member') : '';
  }
}

function serializeRpcEvents(
  operation: OperationModel,
  protocol: Protocol,
  output: Values,
  events: Member,
): HttpResponse {
  const shape = operation.output as StructureShape;
  const rest: StructureShape = { ...shape, members: shape.members.filter((member) => member !== events) };
  const initial = {
    body: Buffer.from(writeJson(rest, output, 'member')),
    contentType: contentTypeOf(operation.service, protocol),
  };
  return {
    status: 200,
    headers: [['content-type', EVENT_STREAM_TYPE]],
    body: encodeEvents(events.shape as StructureShape, output[events.name], protocol, initial),
  };
}

function serializeRest(operation: OperationModel, protocol: Protocol, output: Values, success: number): HttpResponse {
  const { service, output: shape } = operation;
  if (shape.kind !== 'structure') return { status: success, headers: [] };
  const bindings = bindingsOf(shape, 'output');
  const headers = writeHeaders(bindings, output);
  const status = (bindings.statusCode && output[bindings.statusCode.name]) || success;
  const document = restBody(operation, bindings, protocol, output, status);
  if (!document) return { status, headers };
  if (!headers.some(([name]) => name === 'content-type')) headers.push(['content-type', document.contentType]);
  if (typeof document.body === 'string') headers.push(...bodyHeaders(service, protocol, document.body));
  return { status, headers, body: document.body };
}

interface Document {
  contentType: string;
  body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

function restBody(
  operation: OperationModel,
  bindings: Bindings,
  protocol: Protocol,
  output: Values,
  status: number,
): Document | undefined {
  const { service } = operation;
  const { payload, body } = bindings;
  if (payload) {
    const value = output[payload.name];
    return value === undefined || value === null ? undefined : payloadDocument(operation, payload, protocol, value);
  }
  const contentType = contentTypeOf(service, protocol);
  const empty = body.members.length === 0;
  // an answer of headers alone has no body; one that models nothing at all is an empty document
  if (empty && (status === 204 || service.id === 's3' || (operation.output as StructureShape).members.length > 0))
    return undefined;
  if (protocol === 'restJson1') return { contentType, body: writeJson(body, output, 'json') };
  const name = rootName(undefined, body);
  const unwrapped = operation.name === 'GetBucketLocation' && service.id === 's3';
  const content = unwrapped ? (output['LocationConstraint'] ?? '') : xmlWriter(body)(output);
  return { contentType, body: xmlDocument(service, name, content) };
}

function payloadDocument(operation: OperationModel, payload: Member, protocol: Protocol, value: any): Document {
  const { service } = operation;
  const { shape } = payload;
  if (isEventStream(shape)) return { contentType: EVENT_STREAM_TYPE, body: encodeEvents(shape, value, protocol) };
  if (shape.kind === 'stream') {
    const body = typeof value === 'string' ? Buffer.from(value) : value;
    return { contentType: service.id === 's3' ? 'binary/octet-stream' : 'application/octet-stream', body };
  }
  if (shape.kind === 'blob') {
    // what a function answers is JSON
    const contentType = service.id === 'lambda' ? 'application/json' : 'application/octet-stream';
    return { contentType, body: typeof value === 'string' ? Buffer.from(value) : value };
  }
  if (shape.kind === 'string') return { contentType: 'text/plain', body: String(value) };
  const contentType = contentTypeOf(service, protocol);
  if (protocol === 'restJson1') return { contentType, body: writeJson(shape, value, 'json') };
  return { contentType, body: xmlDocument(service, rootName(payload, shape), xmlWriter(shape)(value)) };
}

function xmlDocument(service: ServiceModel, name: string, content: string): string {
  const xmlns = service.xmlNamespace ? ` xmlns="${service.xmlNamespace}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${xmlns}>${content}</${name}>`;
}

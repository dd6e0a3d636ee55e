// ServiceError → the error answer of each protocol.
import { ServiceError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import { bodyHeaders, contentTypeOf, hostIdOf, idHeaders, type AnswerFacts } from './answer.ts';
import { encodeCbor } from './cbor.ts';
import { toCborValue } from './cbor-shapes.ts';
import { errorName } from './error-names.ts';
import { bindingsOf, writeHeaders } from './http.ts';
import { toJson } from './json.ts';
import type { Protocol, ServiceModel, StructureShape } from './model.ts';
import { Malformed } from './malformed.ts';
import { escapeXml, xmlWriter } from './xml.ts';

interface ErrorParts {
  service: ServiceModel;
  protocol: Protocol;
  facts: AnswerFacts;
  /** as this protocol spells it */
  code: string;
  /** as the query protocol does */
  queryCode: string;
  status: number;
  message: string;
  shape: StructureShape | undefined;
  /** members beside the message */
  fields: Record<string, unknown>;
}

const isMessage = (name: string): boolean => name.toLowerCase() === 'message';

/** Coral, which most services are built on, capitalizes the message of its own errors. */
const CAPITAL_MESSAGE = new Set(['SerializationException', 'AccessDeniedException', 'RequestEntityTooLargeException']);

function messageMember({ shape, code }: ErrorParts): string {
  const modelled = shape?.members.find((member) => isMessage(member.name));
  if (modelled) return modelled.traits.jsonName ?? modelled.name;
  return CAPITAL_MESSAGE.has(code) ? 'Message' : 'message';
}

/** Modelled members in their wire form, others as they are: a service may answer more than its model says. */
function jsonBody(parts: ErrorParts, shape: StructureShape | undefined): Record<string, unknown> {
  const { fields, message, protocol } = parts;
  const names = protocol === 'restJson1' ? 'json' : 'member';
  const known = shape ? (toJson(shape, fields, names) as Record<string, unknown>) : {};
  const body: Record<string, unknown> = {};
  if (message !== '') body[messageMember(parts)] = message;
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && !parts.shape?.members.some((member) => member.name === name)) body[name] = value;
  }
  return { ...body, ...known };
}

/** Namespaces that clients see before the error's name. Others answer the bare name. */
const MODEL_NAMESPACES: Readonly<Record<string, string>> = {
  dynamodb: 'com.amazonaws.dynamodb.v20120810#',
  dynamodbstreams: 'com.amazonaws.dynamodb.v20120810#',
  sqs: 'com.amazonaws.sqs#',
};

function typeName({ service, protocol, code, shape }: ErrorParts): string {
  // rpcv2Cbor always gives the absolute name
  if (protocol === 'rpcv2Cbor') return shape ? `${service.namespace}#${code}` : code;
  const namespace = MODEL_NAMESPACES[service.id];
  if (namespace === undefined) return code;
  if (shape) return namespace + code;
  return (code === 'ValidationException' ? 'com.amazon.coral.validate#' : 'com.amazon.coral.service#') + code;
}

/** SQS spoke JSON before clients said that they understand the older codes (x-amzn-query-mode): it answers them to all. */
function queryErrorHeader({ facts, queryCode, service, status }: ErrorParts): [string, string][] {
  if (!facts.queryCompatible && service.id !== 'sqs') return [];
  return [['x-amzn-query-error', `${queryCode};${status < 500 ? 'Sender' : 'Receiver'}`]];
}

function document(parts: ErrorParts, body: string | Uint8Array, headers: [string, string][] = []): HttpResponse {
  const { service, protocol, facts, status } = parts;
  return {
    status,
    headers: [
      ...idHeaders(service, facts.requestId),
      ...headers,
      ['content-type', contentTypeOf(service, protocol)],
      ...bodyHeaders(service, protocol, body),
    ],
    body,
  };
}

function awsJsonError(parts: ErrorParts): HttpResponse {
  const body = JSON.stringify({ __type: typeName(parts), ...jsonBody(parts, parts.shape) });
  return document(parts, body, queryErrorHeader(parts));
}

function cborError(parts: ErrorParts): HttpResponse {
  const { shape, fields, message } = parts;
  const known = shape ? toCborValue(shape, fields) : fields;
  const body = encodeCbor(
    { __type: typeName(parts), ...(message !== '' && { [messageMember(parts)]: message }), ...known },
    { timesInMs: parts.protocol === 'awsCbor1_1' },
  );
  return document(parts, body, queryErrorHeader(parts));
}

function restJsonError(parts: ErrorParts): HttpResponse {
  const bindings = parts.shape && bindingsOf(parts.shape, 'output');
  const headers = bindings ? writeHeaders(bindings, parts.fields) : [];
  const body = JSON.stringify(jsonBody(parts, bindings?.body));
  return document(parts, body, [['x-amzn-errortype', parts.code], ...headers]);
}

/** Code, message and further members, as elements. */
function errorElements({ code, message, shape, fields }: ErrorParts): string {
  let extra = '';
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    const known = shape?.members.some((member) => member.name === name);
    if (!known) extra += `<${name}>${escapeXml(String(value))}</${name}>`;
  }
  const known = shape ? xmlWriter(shape)(fields) : '';
  const messageElement = message === '' ? '<Message/>' : `<Message>${escapeXml(message)}</Message>`;
  return `<Code>${escapeXml(code)}</Code>${messageElement}${known}${extra}`;
}

function s3Error(parts: ErrorParts): HttpResponse {
  const { requestId } = parts.facts;
  const ids = `<RequestId>${requestId}</RequestId><HostId>${hostIdOf(requestId)}</HostId>`;
  return document(parts, `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${errorElements(parts)}${ids}</Error>`);
}

function ec2Error(parts: ErrorParts): HttpResponse {
  const body =
    `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>${errorElements(parts)}</Error></Errors>` +
    `<RequestID>${parts.facts.requestId}</RequestID></Response>`;
  return document(parts, body);
}

function xmlError(parts: ErrorParts): HttpResponse {
  const { service, facts, status, protocol } = parts;
  const type = status < 500 ? 'Sender' : 'Receiver';
  const xmlns = service.xmlNamespace ? ` xmlns="${service.xmlNamespace}"` : '';
  const prologue = protocol === 'restXml' ? '<?xml version="1.0"?>\n' : '';
  const body =
    `${prologue}<ErrorResponse${xmlns}><Error><Type>${type}</Type>${errorElements(parts)}</Error>` +
    `<RequestId>${facts.requestId}</RequestId></ErrorResponse>\n`;
  return document(parts, body);
}

const serializers: Record<Protocol, (parts: ErrorParts) => HttpResponse> = {
  awsJson1_0: awsJsonError,
  awsJson1_1: awsJsonError,
  rpcv2Cbor: cborError,
  awsCbor1_1: cborError,
  restJson1: restJsonError,
  awsQuery: xmlError,
  ec2Query: ec2Error,
  restXml: (parts) => (parts.service.id === 's3' ? s3Error(parts) : xmlError(parts)),
};

const isQuery = (protocol: Protocol): boolean => protocol === 'awsQuery' || protocol === 'ec2Query';

/** A modelled error is also known by its query code (`AWS.SimpleQueueService.NonExistentQueue`). */
function findShape(service: ServiceModel, code: string): StructureShape | undefined {
  const direct = service.findError(code);
  if (direct) return direct;
  const name = service.errorNames.find((candidate) => service.findError(candidate)?.traits.awsQueryError?.[0] === code);
  return name === undefined ? undefined : service.findError(name);
}

export function serializeError(
  service: ServiceModel,
  protocol: Protocol,
  error: ServiceError,
  facts: AnswerFacts,
): HttpResponse {
  const shape = findShape(service, error.code);
  const queryError = isQuery(protocol) ? shape?.traits.awsQueryError : undefined;
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(error.fields)) if (!isMessage(name)) fields[name] = value;
  const response = serializers[protocol]({
    service,
    protocol,
    facts,
    code: queryError?.[0] ?? shape?.name ?? errorName(error.code, service, protocol),
    queryCode: shape?.traits.awsQueryError?.[0] ?? shape?.name ?? errorName(error.code, service, 'awsQuery'),
    status: statusOf(error, shape, queryError),
    message: error.message,
    shape,
    fields,
  });
  for (const [name, value] of error.headers) response.headers.push([name, value]);
  if (response.status === 304) {
    return { status: 304, headers: response.headers.filter(([name]) => name !== 'content-type') };
  }
  return facts.method === 'HEAD' ? { status: response.status, headers: response.headers } : response;
}

/** The model knows the status of its errors better than the place that threw, unless that said something of its own. */
function statusOf(
  error: ServiceError,
  shape: StructureShape | undefined,
  queryError: [string, number] | undefined,
): number {
  if (error.status !== 400) return error.status;
  return queryError?.[1] ?? shape?.traits.httpError ?? (shape?.traits.error === 'server' ? 500 : 400);
}

/** What a service answers to bytes that are not what its protocol or model asks for. */
export function malformedError(service: ServiceModel, protocol: Protocol, malformed: Malformed): ServiceError {
  const { what, message } = malformed;
  switch (protocol) {
    case 'awsQuery':
      return new ServiceError('MalformedInput', message);
    case 'ec2Query':
      return new ServiceError('InvalidParameterValue', message);
    case 'restXml':
      return malformedXml(service, malformed);
    case 'restJson1':
      if (service.id === 'lambda' && what === 'syntax') {
        return new ServiceError('InvalidRequestContentException', `Could not parse request body into json: ${message}`);
      }
      return new ServiceError('SerializationException', what === 'syntax' ? '' : message);
    default:
      // AWS says no more than the type when the body is no JSON at all
      return new ServiceError('SerializationException', what === 'syntax' ? '' : message);
  }
}

function malformedXml(service: ServiceModel, { what, message, parameter }: Malformed): ServiceError {
  if (service.id === 's3' && parameter) {
    const [name, value] = parameter;
    const text =
      name === 'partNumber'
        ? 'Part number must be an integer between 1 and 10000, inclusive'
        : `Provided ${name} not an integer or within integer range`;
    return new ServiceError('InvalidArgument', text, 400, { fields: { ArgumentName: name, ArgumentValue: value } });
  }
  if (service.id === 's3') {
    return new ServiceError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  }
  if (service.id === 'route53') {
    return new ServiceError('InvalidInput', `Invalid XML ; javax.xml.stream.XMLStreamException: ${message}`);
  }
  return what === 'syntax' ? new ServiceError('MalformedXML', message) : new ServiceError('MalformedInput', message);
}

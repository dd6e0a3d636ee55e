// What a function answers to an HTTP API. Format 2.0 infers: no statusCode means the whole result is the body of a 200.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response
import type { HttpResponse } from '#core/http.ts';
import { internalServerError } from './errors.ts';
import type { HttpExchange } from './exchange.ts';
import { passedName } from './response-headers.ts';

interface FunctionAnswer {
  statusCode?: unknown;
  headers?: unknown;
  multiValueHeaders?: unknown;
  cookies?: unknown;
  body?: unknown;
  isBase64Encoded?: unknown;
}

export function readResponseV2(exchange: HttpExchange, payload: Buffer): HttpResponse {
  const text = payload.toString();
  const value = parse(text);
  if (!isAnswer(value) || value.statusCode === undefined) {
    return {
      status: 200,
      headers: [
        ['Content-Type', 'application/json'],
        ['Apigw-Requestid', exchange.requestId],
      ],
      body: typeof value === 'string' ? value : text,
    };
  }
  return makeResponse(exchange, value);
}

export function readResponseV1(exchange: HttpExchange, payload: Buffer): HttpResponse {
  const value = parse(payload.toString());
  if (!isAnswer(value) || value.statusCode === undefined) throw malformed();
  return makeResponse(exchange, value);
}

const malformed = (): Error => internalServerError('the function gave no proper answer');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}

const isAnswer = (value: unknown): value is FunctionAnswer =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function makeResponse(exchange: HttpExchange, answer: FunctionAnswer): HttpResponse {
  const status = Number(answer.statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) throw malformed();
  const headers: [string, string][] = [];
  let hasType = false;
  const add = (name: string, value: unknown): void => {
    hasType ||= name.toLowerCase() === 'content-type';
    addHeader(headers, name, value);
  };
  for (const [name, value] of members(answer.headers)) add(name, value);
  for (const [name, values] of members(answer.multiValueHeaders)) {
    if (!Array.isArray(values)) throw malformed();
    for (const value of values) add(name, value);
  }
  if (Array.isArray(answer.cookies)) for (const cookie of answer.cookies) addHeader(headers, 'Set-Cookie', cookie);
  if (!hasType) headers.push(['Content-Type', 'text/plain; charset=utf-8']);
  headers.push(['Apigw-Requestid', exchange.requestId]);
  return { status, headers, body: readBody(answer) };
}

function members(value: unknown): [string, unknown][] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed();
  return Object.entries(value);
}

function addHeader(headers: [string, string][], name: string, value: unknown): void {
  if (value === null || value === undefined) return;
  if (typeof value === 'object') throw malformed();
  const text = String(value);
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(text)) throw malformed();
  const passed = passedName(name);
  if (passed) headers.push([passed, text]);
}

function readBody({ body, isBase64Encoded }: FunctionAnswer): Buffer | string {
  if (body === undefined || body === null) return '';
  if (typeof body !== 'string') throw malformed();
  return isBase64Encoded === true ? Buffer.from(body, 'base64') : body;
}

// What a documentation part may be about: https://docs.aws.amazon.com/apigateway/latest/api/API_DocumentationPartLocation.html
import { badRequest, notOneOf } from './errors.ts';
import type { DocumentationLocation } from './store.ts';

type Member = 'path' | 'method' | 'statusCode' | 'name';

/** The members that each type may have beside itself. */
const MEMBERS: Record<string, readonly Member[]> = {
  API: [],
  AUTHORIZER: ['name'],
  MODEL: ['name'],
  RESOURCE: ['path'],
  METHOD: ['path', 'method'],
  PATH_PARAMETER: ['path', 'method', 'name'],
  QUERY_PARAMETER: ['path', 'method', 'name'],
  REQUEST_HEADER: ['path', 'method', 'name'],
  REQUEST_BODY: ['path', 'method', 'name'],
  RESPONSE: ['path', 'method', 'statusCode'],
  RESPONSE_HEADER: ['path', 'method', 'statusCode', 'name'],
  RESPONSE_BODY: ['path', 'method', 'statusCode'],
};
/** In the order in which the front names them. */
const TYPES = [
  'RESPONSE_BODY',
  'RESPONSE',
  'METHOD',
  'MODEL',
  'AUTHORIZER',
  'RESPONSE_HEADER',
  'RESOURCE',
  'PATH_PARAMETER',
  'REQUEST_BODY',
  'QUERY_PARAMETER',
  'API',
  'REQUEST_HEADER',
];
const NAME_REQUIRED = new Set([
  'AUTHORIZER',
  'MODEL',
  'PATH_PARAMETER',
  'QUERY_PARAMETER',
  'REQUEST_HEADER',
  'RESPONSE_HEADER',
]);
const METHODS = new Set(['*', 'ANY', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);
const ALL_MEMBERS = ['path', 'method', 'statusCode', 'name'] as const;

export type GivenLocation = { [K in Member]?: string | undefined } & { type?: string | undefined };

export function locationOf(given: GivenLocation | undefined): DocumentationLocation {
  const { type = '' } = given ?? {};
  const allowed = MEMBERS[type];
  if (!allowed) {
    throw notOneOf(type, 'createDocumentationPartInput.location.type', TYPES);
  }
  const location: DocumentationLocation = { type };
  for (const member of ALL_MEMBERS) {
    const value = given?.[member];
    if (value === undefined || value === '') continue;
    if (!allowed.includes(member)) {
      throw badRequest(`Invalid documentation part location: '${member}' is not valid for the type ${type}`);
    }
    location[member] = value;
  }
  if (NAME_REQUIRED.has(type) && location.name === undefined) {
    throw badRequest(`Invalid documentation part location: 'name' is required for the type ${type}`);
  }
  if (location.path !== undefined && !location.path.startsWith('/')) {
    throw badRequest("Invalid documentation part location: 'path' must begin with a slash");
  }
  if (location.method !== undefined && !METHODS.has(location.method)) {
    throw badRequest(`Invalid documentation part location: 'method' must be one of: [${[...METHODS].join(', ')}]`);
  }
  if (location.statusCode !== undefined && !/^(\*|[1-5]\d\d)$/.test(location.statusCode)) {
    throw badRequest("Invalid documentation part location: 'statusCode' must be a status code or *");
  }
  return location;
}

/** Two parts with the same key are about the same thing: what is left out is `/`, `*` and `*`. */
export function locationKey({
  type,
  path = '/',
  method = '*',
  statusCode = '*',
  name = '',
}: DocumentationLocation): string {
  const members = MEMBERS[type] ?? [];
  const said: Record<Member, string> = { path, method, statusCode, name };
  return JSON.stringify([type, ...members.map((member) => said[member])]);
}

export const isLocationType = (type: string): boolean => Object.hasOwn(MEMBERS, type);

// Which of an API's parts have no documentation: GetDocumentationParts with locationStatus UNDOCUMENTED.
import type { PublishedMethod } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import { locationKey } from './documentation-location.ts';
import {
  authorizers,
  models,
  placeOf,
  resources,
  type DocumentationLocation,
  type DocumentationPartRecord,
} from './store.ts';

const PARAMETERS: Record<string, string> = {
  path: 'PATH_PARAMETER',
  querystring: 'QUERY_PARAMETER',
  header: 'REQUEST_HEADER',
};

function ofMethod(path: string, method: PublishedMethod): DocumentationLocation[] {
  const at = { path, method: method.httpMethod };
  const parameters = Object.keys(method.requestParameters ?? {}).flatMap((key): DocumentationLocation[] => {
    const [, , place = '', ...name] = key.split('.');
    const type = PARAMETERS[place];
    return type ? [{ type, ...at, name: name.join('.') }] : [];
  });
  const responses = Object.values(method.methodResponses ?? {}).flatMap((response): DocumentationLocation[] => {
    const { statusCode } = response;
    const headers = Object.keys(response.responseParameters ?? {}).map((key) => ({
      type: 'RESPONSE_HEADER',
      ...at,
      statusCode,
      name: key.replace('method.response.header.', ''),
    }));
    const hasModel = Object.keys(response.responseModels ?? {}).length > 0;
    return [
      { type: 'RESPONSE', ...at, statusCode },
      ...headers,
      ...(hasModel ? [{ type: 'RESPONSE_BODY', ...at, statusCode }] : []),
    ];
  });
  const hasBody = Object.keys(method.requestModels ?? {}).length > 0;
  return [
    { type: 'METHOD', ...at },
    ...parameters,
    ...(hasBody ? [{ type: 'REQUEST_BODY', ...at }] : []),
    ...responses,
  ];
}

export async function undocumentedLocations(
  context: Context,
  restApiId: string,
  parts: readonly DocumentationPartRecord[],
): Promise<DocumentationLocation[]> {
  const at = placeOf(context);
  const { store } = context;
  const all: DocumentationLocation[] = [{ type: 'API' }];
  for (const { name } of await authorizers.list(store, at, restApiId)) all.push({ type: 'AUTHORIZER', name });
  for (const { name } of await models.list(store, at, restApiId)) all.push({ type: 'MODEL', name });
  for (const { path, resourceMethods } of await resources.list(store, at, restApiId)) {
    all.push({ type: 'RESOURCE', path });
    for (const method of Object.values(resourceMethods)) all.push(...ofMethod(path, method));
  }
  const documented = new Set(parts.map(({ location }) => locationKey(location)));
  return all.filter((location) => !documented.has(locationKey(location)));
}

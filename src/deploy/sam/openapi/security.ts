import { InvalidTemplate } from '../errors.ts';
import { isBlank, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { pythonText } from '../python-text.ts';
import { integratedMethods, methodDefinitions, pathItems, pathsOf } from './paths.ts';

// The `security` of methods: which authorizer and whether an API key. Events write theirs first, the API its defaults
// after.

export const iamAuthorizer = 'AWS_IAM';
/** On a method: no authorizer, also not the default one. */
const noneAuthorizer = 'NONE';
const apiKeyName = 'api_key';
/** On a method: no API key, also not by default. Never written to the output. */
const apiKeyNotRequired = 'api_key_false';

export const iamSecurityDefinition: JsonMap = {
  type: 'apiKey',
  name: 'Authorization',
  in: 'header',
  'x-amazon-apigateway-authtype': 'awsSigv4',
};

const apiKeySecurityDefinition: JsonMap = { type: 'apiKey', name: 'x-api-key', in: 'header' };

/** Scopes by authorizer, for methods that name none themselves. */
export type DefaultScopes = (authorizer: string) => Json[] | undefined;

/** Sets the authorizer that an event asks for. */
export function setMethodAuthorizer(
  body: JsonMap,
  path: string,
  method: string,
  authorizer: string,
  scopes: Json | undefined,
): void {
  for (const definition of definitionsAt(body, path, method)) {
    const entry = { [authorizer]: authorizer !== noneAuthorizer && isList(scopes) ? scopes : [] };
    definition['security'] = [...listOf(definition['security']), entry];
  }
}

export function setMethodApiKey(body: JsonMap, path: string, method: string, isRequired: boolean): void {
  for (const definition of definitionsAt(body, path, method)) {
    const entry = { [isRequired ? apiKeyName : apiKeyNotRequired]: [] };
    definition['security'] = [...listOf(definition['security']), entry];
  }
  if (isRequired) addApiKeyDefinition(body);
}

export interface DefaultAuthorizer {
  readonly name: string;
  /** All authorizers of the API: a method that already names one keeps it. */
  readonly known: readonly string[];
  readonly onPreflight: boolean;
  readonly scopes: DefaultScopes;
}

/** Sets the authorizer on every method that has none; returns whether any method now uses IAM. */
export function setDefaultAuthorizer(body: JsonMap, authorizer: DefaultAuthorizer): boolean {
  const known = new Set([iamAuthorizer, ...authorizer.known]);
  let usesIam = false;
  for (const path of Object.keys(pathsOf(body))) {
    for (const [method, definition] of integratedMethods(body, path)) {
      if (method === 'options' && !authorizer.onPreflight) continue;
      const security = entriesOf(definition, path, method);
      const others = security.filter((entry) => !names(entry, known));
      const none = others.findIndex((entry) => noneAuthorizer in entry);
      const own = security.filter((entry) => names(entry, known));
      const fallback = { [authorizer.name]: authorizer.scopes(authorizer.name) ?? [] };
      const chosen = none >= 0 ? [] : own.length > 0 ? own : [fallback];
      const result = [...others.filter((_, index) => index !== none), ...chosen];
      if (result.length > 0) definition['security'] = result;
      usesIam ||= result[0] !== undefined && iamAuthorizer in result[0];
    }
  }
  return usesIam;
}

/** Requires an API key on every method that does not say otherwise. */
export function setDefaultApiKey(body: JsonMap, onPreflight: boolean): void {
  const keyNames = new Set([apiKeyName, apiKeyNotRequired]);
  for (const path of Object.keys(pathsOf(body))) {
    for (const [method, definition] of integratedMethods(body, path)) {
      if (method === 'options' && !onPreflight) continue;
      const security = entriesOf(definition, path, method);
      const own = security.filter((entry) => names(entry, keyNames));
      const others = security.filter((entry) => !names(entry, keyNames));
      const refused = own.some((entry) => apiKeyNotRequired in entry);
      const chosen = refused
        ? own.filter((entry) => apiKeyName in entry)
        : own.length > 0
          ? own
          : [{ [apiKeyName]: [] }];
      definition['security'] = [...others, ...chosen];
    }
  }
}

export function addApiKeyDefinition(body: JsonMap): void {
  addSecurityDefinitions(body, { [apiKeyName]: apiKeySecurityDefinition });
}

export function addIamDefinition(body: JsonMap): void {
  addSecurityDefinitions(body, { [iamAuthorizer]: iamSecurityDefinition });
}

/** Definitions that the document has already stay as they are, except that given ones win. */
export function addSecurityDefinitions(body: JsonMap, definitions: JsonMap): void {
  const present = body['securityDefinitions'];
  if (!isBlank(present) && !isMap(present)) throw new InvalidTemplate('securityDefinitions must be a dictionary.');
  body['securityDefinitions'] = { ...(isMap(present) ? present : {}), ...definitions };
}

function definitionsAt(body: JsonMap, path: string, method: string): JsonMap[] {
  return pathItems(body, path).flatMap((item) => methodDefinitions(item, method, path));
}

function entriesOf(definition: JsonMap, path: string, method: string): JsonMap[] {
  const security = definition['security'] ?? ('security' in definition ? null : []);
  if (!isList(security)) {
    throw new InvalidTemplate(`Type of security for path ${path} method ${method} must be a list`);
  }
  return security.map((entry) => {
    if (isMap(entry)) return entry;
    throw new InvalidTemplate(
      `${pythonText(entry)} in Security for path ${path} method ${method} is not a valid dictionary.`,
    );
  });
}

function names(entry: JsonMap, known: ReadonlySet<string>): boolean {
  return Object.keys(entry).some((name) => known.has(name));
}

function listOf(value: Json | undefined): Json[] {
  return isList(value) ? value : [];
}

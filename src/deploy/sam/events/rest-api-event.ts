import type { TransformContext } from '../context.ts';
import { findResource } from '../context.ts';
import { InvalidEvent } from '../errors.ts';
import { expectOf, expectOfEvent } from '../expect.ts';
import { isIntrinsic } from '../intrinsics.ts';
import { isBlank, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { contentSuffix, isAlphanumeric } from '../logical-id.ts';
import { addCustomStatements, addResourcePolicy } from '../openapi/resource-policy.ts';
import { addIamDefinition, iamAuthorizer, setMethodApiKey, setMethodAuthorizer } from '../openapi/security.ts';
import { resolveParameters } from '../parameter-values.ts';
import { pythonText } from '../python-text.ts';

// What Api events of functions and of state machines have in common.

/** The REST API of the template that an event belongs to. */
export interface LinkedApi {
  readonly apiId: string;
  readonly properties: JsonMap;
}

/** Where in which API an event is. */
export interface MethodPlace {
  readonly eventId: string;
  readonly path: string;
  readonly method: string;
  readonly api: LinkedApi;
}

export function linkedRestApi(restApiId: Json | undefined, context: TransformContext): LinkedApi | undefined {
  const apiId = isMap(restApiId) ? restApiId['Ref'] : restApiId;
  if (typeof apiId !== 'string') return undefined;
  const resource = findResource(context.resources, apiId);
  const properties = resource?.['Properties'];
  return isMap(properties) ? { apiId, properties } : undefined;
}

/** Part of the permission's logical id: the stage's name, or its hash when it cannot be part of one. */
export function stageSuffix(api: LinkedApi): string {
  const stage = api.properties['StageName'];
  if (typeof stage !== 'string') return 'Stage';
  return isAlphanumeric(stage) ? stage : contentSuffix(stage);
}

/** The document is the transform's to write: it made it, or was asked to merge into it. */
export function isManaged(api: LinkedApi): boolean {
  return api.properties['__MANAGE_SWAGGER'] === true || api.properties['MergeDefinitions'] === true;
}

/** Writes the event's `Auth` to its method. */
export function applyMethodAuth(body: JsonMap, auth: JsonMap, place: MethodPlace, context: TransformContext): void {
  const apiAuth = resolveParameters(place.api.properties['Auth'], context.parameters);
  const authorizer = auth['Authorizer'];
  if (!isBlank(authorizer) && authorizer !== undefined) {
    const name = checkAuthorizer(authorizer, auth, place, isMap(apiAuth) ? apiAuth : {});
    const scopes = auth['AuthorizationScopes'] ?? authorizerScopes(apiAuth, name);
    setMethodAuthorizer(body, place.path, place.method, name, scopes);
    if (name === iamAuthorizer) addIamDefinition(body);
  }
  const apiKey = auth['ApiKeyRequired'];
  if (typeof apiKey === 'boolean') setMethodApiKey(body, place.path, place.method, apiKey);
  if (!isBlank(auth['ResourcePolicy'])) applyResourcePolicy(body, auth['ResourcePolicy'], place);
}

export function authorizerScopes(apiAuth: Json | undefined, name: string): Json | undefined {
  const authorizers = isMap(apiAuth) && isMap(apiAuth['Authorizers']) ? apiAuth['Authorizers'] : {};
  const authorizer = authorizers[name];
  return isMap(authorizer) ? authorizer['AuthorizationScopes'] : undefined;
}

function checkAuthorizer(authorizer: Json, auth: JsonMap, place: MethodPlace, apiAuth: JsonMap): string {
  const where = `on API method [${place.method}] for path [${place.path}]`;
  const fail = (text: string): InvalidEvent => new InvalidEvent(place.eventId, text);
  if (authorizer === 'NONE') {
    if (isBlank(apiAuth['DefaultAuthorizer'])) {
      throw fail(
        `Unable to set Authorizer ${where} because 'NONE' is only a valid value when a DefaultAuthorizer on the API is specified.`,
      );
    }
  } else if (authorizer !== iamAuthorizer) {
    checkDefined(authorizer, where, fail, place, apiAuth);
  }
  const scopes = auth['AuthorizationScopes'];
  if (scopes !== undefined && !isList(scopes)) {
    throw fail(`Unable to set Authorizer ${where} because 'AuthorizationScopes' must be a list of strings.`);
  }
  return String(authorizer);
}

function checkDefined(
  authorizer: Json,
  where: string,
  fail: (text: string) => InvalidEvent,
  place: MethodPlace,
  apiAuth: JsonMap,
): void {
  const told = `Unable to set Authorizer [${pythonText(authorizer)}] ${where}`;
  const authorizers = apiAuth['Authorizers'];
  if (isBlank(authorizers)) throw fail(`${told} because the related API does not define any Authorizers.`);
  const defined = expectOf(place.api.apiId).map(authorizers, 'Auth.Authorizers');
  if (typeof authorizer !== 'string' || isIntrinsic(authorizer)) {
    throw fail(
      `${told}. The method authorizer must be a string with a corresponding dict entry in the api authorizer.`,
    );
  }
  if (isBlank(defined[authorizer])) throw fail(`${told} because it wasn't defined in the API's Authorizers.`);
}

function applyResourcePolicy(body: JsonMap, given: Json | undefined, place: MethodPlace): void {
  const policy = expectOfEvent(place.eventId).map(given, 'Auth.ResourcePolicy');
  addResourcePolicy(body, policy, place.path, place.api.properties['StageName'] ?? null);
  addCustomStatements(body, policy['CustomStatements']);
}

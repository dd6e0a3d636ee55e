import { emptySwagger } from '../api/definition.ts';
import { findResource } from '../context.ts';
import { InvalidEvent, Problems } from '../errors.ts';
import { defaultPath } from '../events/http-api.ts';
import { expectOfEvent } from '../expect.ts';
import { emptyHttpDefinition } from '../http-api/definition.ts';
import { isIntrinsic, ref, whenCondition } from '../intrinsics.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { addPath, anyMethod, methodKey } from '../openapi/paths.ts';
import { EventOwners, passTags } from './implicit-api.ts';

/** The two kinds of API that events can be in, and how each is named. */
interface ApiKind {
  readonly eventType: string;
  readonly apiType: string;
  /** AWS takes a REST API for an HTTP API in events, and writes routes of HTTP APIs into it. */
  readonly acceptedTypes: readonly string[];
  readonly idProperty: string;
  readonly implicitId: string;
  readonly emptyDefinition: () => JsonMap;
  readonly settings: JsonMap;
}

const restKind: ApiKind = {
  eventType: 'Api',
  apiType: 'AWS::Serverless::Api',
  acceptedTypes: ['AWS::Serverless::Api'],
  idProperty: 'RestApiId',
  implicitId: 'ServerlessRestApi',
  emptyDefinition: emptySwagger,
  settings: { StageName: 'Prod' },
};

const httpKind: ApiKind = {
  eventType: 'HttpApi',
  apiType: 'AWS::Serverless::HttpApi',
  acceptedTypes: ['AWS::Serverless::HttpApi', 'AWS::Serverless::Api'],
  idProperty: 'ApiId',
  implicitId: 'ServerlessHttpApi',
  emptyDefinition: emptyHttpDefinition,
  settings: {},
};

const kinds = [restKind, httpKind];
const ownerTypes = new Set(['AWS::Serverless::Function', 'AWS::Serverless::StateMachine']);

/** APIs without a definition get an empty one, which events fill in. */
export function addDefaultDefinitions(resources: JsonMap): void {
  for (const resource of Object.values(resources)) {
    const kind = kinds.find(({ apiType }) => isMap(resource) && resource['Type'] === apiType);
    if (kind === undefined || !isMap(resource)) continue;
    const properties = resource['Properties'] ?? {};
    if (!isMap(properties)) continue;
    if (properties['DefinitionBody'] !== undefined || properties['DefinitionUri'] !== undefined) continue;
    resource['Properties'] = { ...properties, DefinitionBody: kind.emptyDefinition(), __MANAGE_SWAGGER: true };
  }
}

/** An API whose document the transform makes gets it in the version that OpenApiVersion asks for. */
export function applyOpenApiVersions(resources: JsonMap): void {
  for (const resource of Object.values(resources)) {
    if (!isMap(resource) || resource['Type'] !== restKind.apiType) continue;
    const properties = isMap(resource['Properties']) ? resource['Properties'] : {};
    const { DefinitionBody: body, OpenApiVersion: version } = properties;
    if (version === undefined || !isMap(body) || properties['__MANAGE_SWAGGER'] !== true) continue;
    // YAML takes 3.0 for a number, which loses its decimals.
    const text = typeof version === 'number' && Number.isInteger(version) ? `${version}.0` : String(version);
    if (!/^3(\.\d)?(\.\d)?$/.test(text)) continue;
    delete body['swagger'];
    body['openapi'] = text;
  }
}

/** The resources that the implicit APIs replaced while they were in the template. */
export type Displaced = ReadonlyMap<string, Json | undefined>;

/** Puts the implicit APIs into the template, so that Globals reach them too. */
export function addImplicitApis(resources: JsonMap): Displaced {
  const displaced = new Map<string, Json | undefined>();
  for (const kind of kinds) {
    displaced.set(kind.implicitId, resources[kind.implicitId]);
    resources[kind.implicitId] = {
      Type: kind.apiType,
      Properties: { ...kind.settings, DefinitionBody: kind.emptyDefinition(), __MANAGE_SWAGGER: true },
    };
  }
  return displaced;
}

/**
 * Points events without an API to the implicit one, notes their paths, and takes implicit APIs without any out again.
 */
export function linkEventsToApis(resources: JsonMap, conditions: JsonMap, displaced: Displaced): void {
  for (const kind of kinds) new ApiLinker(kind, resources).link(conditions, displaced.get(kind.implicitId));
}

class ApiLinker {
  readonly #kind: ApiKind;
  readonly #resources: JsonMap;
  /** By API, because paths of every API that the transform writes follow the conditions of their events. */
  readonly #owners = new Map<string, EventOwners>();

  constructor(kind: ApiKind, resources: JsonMap) {
    this.#kind = kind;
    this.#resources = resources;
  }

  link(conditions: JsonMap, displaced: Json | undefined): void {
    const problems = new Problems();
    for (const [logicalId, resource] of Object.entries(this.#resources)) {
      if (!isMap(resource) || !ownerTypes.has(String(resource['Type']))) continue;
      problems.collect(() => this.#linkOwner(logicalId, resource));
    }
    problems.throwIfAny();
    const { implicitId } = this.#kind;
    if (!this.#owners.has(implicitId)) {
      if (displaced === undefined) delete this.#resources[implicitId];
      else this.#resources[implicitId] = displaced;
    }
    for (const [apiId, owners] of this.#owners) {
      const api = findResource(this.#resources, apiId);
      if (api === undefined) continue;
      if (apiId === implicitId) owners.applyToApi(apiId, api, conditions);
      const properties = isMap(api['Properties']) ? api['Properties'] : {};
      const body = properties['DefinitionBody'];
      if (isMap(body) && properties['__MANAGE_SWAGGER'] === true) owners.applyToPaths(apiId, body, conditions);
    }
  }

  #linkOwner(logicalId: string, resource: JsonMap): void {
    const properties = resource['Properties'];
    const events = isMap(properties) ? properties['Events'] : undefined;
    if (!isMap(properties) || !isMap(events)) return;
    try {
      for (const [eventId, event] of Object.entries(events)) {
        if (isMap(event) && event['Type'] === this.#kind.eventType)
          this.#linkEvent(eventId, event, resource, properties);
      }
    } catch (error) {
      throw error instanceof InvalidEvent ? error.ofResource(logicalId) : error;
    }
  }

  #linkEvent(eventId: string, event: JsonMap, owner: JsonMap, ownerProperties: JsonMap): void {
    const properties = event['Properties'] ?? {};
    if (!isMap(properties)) throw new InvalidEvent(eventId, 'Properties should be a map.');
    event['Properties'] = properties;
    const { idProperty, implicitId } = this.#kind;
    if (properties[idProperty] === undefined) properties[idProperty] = ref(implicitId);
    const { path, method } = this.#place(eventId, properties);
    const [apiId, api] = this.#apiOf(eventId, properties[idProperty] ?? null);
    const owners = this.#owners.get(apiId) ?? new EventOwners();
    this.#owners.set(apiId, owners);
    owners.add(path, {
      condition: owner['Condition'],
      deletionPolicy: owner['DeletionPolicy'],
      updateReplacePolicy: owner['UpdateReplacePolicy'],
    });
    if (apiId === implicitId) passTags(api, ownerProperties);
    const apiProperties = isMap(api['Properties']) ? api['Properties'] : {};
    const body = apiProperties['DefinitionBody'];
    if (isMap(body) && isMap(body['paths']) && apiProperties['__MANAGE_SWAGGER'] === true) addPath(body, path, method);
    if (this.#kind === httpKind) addRouteSettings(eventId, properties, apiProperties, path, method, owner['Condition']);
  }

  /** HTTP APIs have a default route, for events that say neither path nor method. */
  #place(eventId: string, properties: JsonMap): { path: string; method: string } {
    const expect = expectOfEvent(eventId);
    if (this.#kind === httpKind && properties['Path'] === undefined && properties['Method'] === undefined) {
      properties['Path'] = defaultPath;
      properties['Method'] = anyMethod;
    }
    const path = expect.string(properties['Path'], 'Path');
    const method = expect.string(properties['Method'], 'Method');
    return { path, method };
  }

  #apiOf(eventId: string, given: Json): [string, JsonMap] {
    const { idProperty, apiType, acceptedTypes } = this.#kind;
    const apiId = isMap(given) && 'Ref' in given ? given['Ref'] : given;
    const name = expectOfEvent(eventId).string(apiId, idProperty);
    const api = findResource(this.#resources, name);
    if (api !== undefined && acceptedTypes.includes(String(api['Type']))) return [name, api];
    throw new InvalidEvent(
      eventId,
      `${idProperty} must be a valid reference to an '${apiType}' resource in same template.`,
    );
  }
}

/** An event's RouteSettings become those of its route at the API's stage. */
function addRouteSettings(
  eventId: string,
  properties: JsonMap,
  api: JsonMap,
  path: string,
  method: string,
  condition: Json | undefined,
): void {
  if (!('RouteSettings' in properties)) return;
  const given = properties['RouteSettings'];
  if (!isMap(given)) throw new InvalidEvent(eventId, "Property 'RouteSettings' should be a map.");
  const route = methodKey(method) === anyMethod ? path : `${method.toUpperCase()} ${path}`;
  const all = isMap(api['RouteSettings']) ? api['RouteSettings'] : {};
  const present = all[route];
  const settings = whenCondition(condition, given);
  all[route] = isMap(present) && isMap(settings) && !isIntrinsic(settings) ? { ...present, ...settings } : settings;
  api['RouteSettings'] = all;
}

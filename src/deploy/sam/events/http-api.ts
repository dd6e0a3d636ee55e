import { findResource } from '../context.ts';
import { InvalidEvent } from '../errors.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { sub, whenCondition } from '../intrinsics.ts';
import { expectOf } from '../expect.ts';
import { isBlank, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { invocationUri, writeMethod } from '../openapi/integration.ts';
import {
  anyMethod,
  hasIntegration,
  integrationKey,
  methodDefinitions,
  methodKey,
  pathItems,
  pathPattern,
} from '../openapi/paths.ts';
import { iamAuthorizer, setMethodAuthorizer } from '../openapi/security.ts';
import { resolveParameters } from '../parameter-values.ts';
import { optional, passedOn, required } from '../properties.ts';
import { pythonText } from '../python-text.ts';
import { addHttpIamDefinition, isHttpApiDefinition } from '../openapi/http-security.ts';
import type { EventSource, FunctionEvent } from './event-source.ts';

export const defaultPath = '$default';

interface Place {
  readonly path: string;
  readonly method: string;
  readonly apiId: string;
  readonly api: JsonMap;
}

/** A route of an HTTP API that invokes the function. */
export const httpApi: EventSource = {
  properties: {
    ...passedOn('ApiId PayloadFormatVersion RouteSettings TimeoutInMillis Stage'),
    Path: required('string'),
    Method: required('string'),
    Auth: optional('map'),
  },
  build(event) {
    const place = placeOf(event);
    const body = place.api['DefinitionBody'];
    if (!isMap(body) || !isHttpApiDefinition(body)) return [permission(event, place)];
    writeRoute(event, place, body);
    return isCoveredByDefaultRoute(event, place, body) ? [] : [permission(event, place)];
  },
};

function placeOf(event: FunctionEvent): Place {
  const given = event.properties['ApiId'];
  const apiId = isMap(given) ? given['Ref'] : given;
  const api = typeof apiId === 'string' ? findResource(event.context.resources, apiId)?.['Properties'] : undefined;
  if (typeof apiId !== 'string' || !isMap(api)) {
    throw new InvalidEvent(
      event.eventId,
      "ApiId must be a valid reference to an 'AWS::Serverless::HttpApi' resource in same template.",
    );
  }
  return {
    path: String(event.properties['Path']),
    method: String(event.properties['Method']).toLowerCase(),
    apiId,
    api,
  };
}

function permission(event: FunctionEvent, place: Place): CfnResource {
  const verb = methodKey(place.method) === anyMethod ? '*' : place.method.toUpperCase();
  const route = place.path === defaultPath ? '*' : verb + pathPattern(place.path);
  return lambdaPermission(
    `${event.logicalId}Permission`,
    {
      functionName: event.target.name,
      principal: 'apigateway.amazonaws.com',
      sourceArn: sub(
        `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${__ApiId__}/\${__Stage__}/${route}`,
        { __ApiId__: event.properties['ApiId'] ?? null, __Stage__: '*' },
      ),
    },
    event.passedOn,
  );
}

/**
 * The permission of the function's default route covers all its routes. Events are handled in the order of their paths.
 */
function isCoveredByDefaultRoute(event: FunctionEvent, place: Place, body: JsonMap): boolean {
  if (place.path === defaultPath) return false;
  const definitions = pathItems(body, defaultPath).flatMap((item) => methodDefinitions(item, anyMethod, defaultPath));
  return definitions.some((definition) => JSON.stringify(definition).includes(`\${${event.target.subPath}}`));
}

function writeRoute(event: FunctionEvent, place: Place, body: JsonMap): void {
  const exists = hasIntegration(body, place.path, place.method);
  if (exists && place.api['__MANAGE_SWAGGER'] === true) {
    throw new InvalidEvent(
      event.eventId,
      `API method '${place.method}' defined multiple times for path '${place.path}'.`,
    );
  }
  if (!exists) writeIntegration(event, place, body);
  const auth = event.properties['Auth'];
  applyAuth(event, place, body, isMap(auth) ? auth : undefined);
}

function writeIntegration(event: FunctionEvent, place: Place, body: JsonMap): void {
  const condition = event.passedOn['Condition'];
  const uri = invocationUri('${AWS::Partition}', event.target);
  const integration: JsonMap = {
    type: 'aws_proxy',
    httpMethod: 'POST',
    payloadFormatVersion: event.properties['PayloadFormatVersion'] ?? '2.0',
    uri: whenCondition(condition, uri),
  };
  const timeout = event.properties['TimeoutInMillis'];
  if (timeout !== undefined) integration['timeoutInMillis'] = timeout;
  const definition: JsonMap = { [integrationKey]: integration, responses: {} };
  if (place.path === defaultPath && methodKey(place.method) === anyMethod) definition['isDefaultRoute'] = true;
  const parameters = pathParameters(place.path);
  if (parameters.length > 0) definition['parameters'] = parameters;
  writeMethod(body, place.path, place.method, definition, condition);
}

/** The parts of a path in braces. A greedy `{proxy+}` is named without its plus. */
function pathParameters(path: string): JsonMap[] {
  return [...path.matchAll(/\{([^}]+)\}/g)].map((match) => ({
    name: (match[1] ?? '').replace(/\+$/, ''),
    in: 'path',
    required: true,
  }));
}

function applyAuth(event: FunctionEvent, place: Place, body: JsonMap, auth: JsonMap | undefined): void {
  const resolved = resolveParameters(place.api['Auth'], event.context.parameters);
  const apiAuth = isMap(resolved) ? resolved : {};
  const authorizer = auth?.['Authorizer'] ?? (auth === undefined ? undefined : apiAuth['DefaultAuthorizer']);
  if (auth === undefined || isBlank(authorizer) || authorizer === undefined) return;
  const name = checkAuthorizer(event, place, auth, authorizer, apiAuth);
  setMethodAuthorizer(body, place.path, place.method, name, auth['AuthorizationScopes'] ?? scopesOf(apiAuth, name));
  if (name === iamAuthorizer && apiAuth['EnableIamAuthorizer'] === true) addHttpIamDefinition(body);
}

function scopesOf(apiAuth: JsonMap, name: string): Json | undefined {
  const authorizer = isMap(apiAuth['Authorizers']) ? apiAuth['Authorizers'][name] : undefined;
  return isMap(authorizer) ? authorizer['AuthorizationScopes'] : undefined;
}

function checkAuthorizer(
  event: FunctionEvent,
  place: Place,
  auth: JsonMap,
  authorizer: Json,
  apiAuth: JsonMap,
): string {
  const where = `on API method [${place.method}] for path [${place.path}]`;
  const fail = (text: string): InvalidEvent => new InvalidEvent(event.eventId, text);
  const told = `Unable to set Authorizer [${pythonText(authorizer)}] ${where}`;
  if (authorizer === 'NONE') {
    if (isBlank(apiAuth['DefaultAuthorizer'])) {
      throw fail(
        `Unable to set Authorizer ${where} because 'NONE' is only a valid value when a DefaultAuthorizer on the API is specified.`,
      );
    }
  } else if (!(authorizer === iamAuthorizer && apiAuth['EnableIamAuthorizer'] === true)) {
    const authorizers = apiAuth['Authorizers'];
    if (isBlank(authorizers)) throw fail(`${told} because the related API does not define any Authorizers.`);
    const defined = expectOf(place.apiId).map(authorizers, 'Auth.Authorizers');
    if (typeof authorizer !== 'string') {
      throw fail(
        `${told}. The method authorizer must be a string with a corresponding dict entry in the api authorizer.`,
      );
    }
    if (defined[authorizer] === undefined) {
      throw fail(`${told} because it wasn't defined in the API's Authorizers.`);
    }
  }
  const scopes = auth['AuthorizationScopes'];
  if (scopes !== undefined && !isList(scopes)) {
    throw fail(`Unable to set Authorizer ${where} because 'AuthorizationScopes' must be a list of strings.`);
  }
  return String(authorizer);
}

import { InvalidEvent } from '../errors.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { sub } from '../intrinsics.ts';
import { clone, isBlank, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { integrationOf, invocationUri, streamingUri, writeMethod } from '../openapi/integration.ts';
import {
  anyMethod,
  hasIntegration,
  integrationKey,
  methodDefinitions,
  methodKey,
  pathItems,
  pathPattern,
} from '../openapi/paths.ts';
import {
  addRequestModel,
  addRequestParameters,
  addRequestValidator,
  parseRequestParameter,
} from '../openapi/request.ts';
import type { RequestParameter } from '../openapi/request.ts';
import { iamAuthorizer } from '../openapi/security.ts';
import { resolveParameters } from '../parameter-values.ts';
import { optional, passedOn, required } from '../properties.ts';
import { pythonText } from '../python-text.ts';
import type { EventSource, FunctionEvent } from './event-source.ts';
import { applyMethodAuth, isManaged, linkedRestApi, stageSuffix } from './rest-api-event.ts';
import type { MethodPlace } from './rest-api-event.ts';

/** A method of a REST API that invokes the function. */
export const api: EventSource = {
  properties: {
    ...passedOn('RestApiId TimeoutInMillis ResponseTransferMode Stage'),
    Path: required('string'),
    Method: required('string'),
    Auth: optional('map'),
    RequestModel: optional('map'),
    RequestParameters: optional('list'),
  },
  build(event) {
    const linked = linkedRestApi(event.properties['RestApiId'], event.context);
    if (linked === undefined) {
      throw new InvalidEvent(
        event.eventId,
        "RestApiId must be a valid reference to an 'AWS::Serverless::Api' resource in same template.",
      );
    }
    const place = {
      eventId: event.eventId,
      path: String(event.properties['Path']),
      method: String(event.properties['Method']).toLowerCase(),
      api: linked,
    };
    const body = linked.properties['DefinitionBody'];
    if (isMap(body)) writeToDefinition(event, place, body);
    return [permission(event, place)];
  },
};

function permission(event: FunctionEvent, place: MethodPlace): CfnResource {
  const { partition } = event.context;
  const verb = methodKey(place.method) === anyMethod ? '*' : place.method.toUpperCase();
  const path = pathPattern(place.path);
  return lambdaPermission(
    `${event.logicalId}Permission${stageSuffix(place.api)}`,
    {
      functionName: event.target.name,
      principal: 'apigateway.amazonaws.com',
      sourceArn: sub(
        `arn:${partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${__ApiId__}/\${__Stage__}/${verb}${path}`,
        { __ApiId__: event.properties['RestApiId'] ?? null, __Stage__: '*' },
      ),
    },
    event.passedOn,
  );
}

function writeToDefinition(event: FunctionEvent, place: MethodPlace, body: JsonMap): void {
  const auth = event.properties['Auth'];
  if (isManaged(place.api)) {
    writeManaged(event, place, body);
  } else if (isMap(auth) && auth['OverrideApiAuth'] === true) {
    if (isBlank(auth['Authorizer']) && isBlank(auth['ResourcePolicy']) && auth['ApiKeyRequired'] === undefined) {
      throw new InvalidEvent(
        event.eventId,
        'Must define one of: Authorizer, ApiKeyRequired or ResourcePolicy when using the OverrideApiAuth property.',
      );
    }
    applyMethodAuth(body, auth, place, event.context);
  }
}

function writeManaged(event: FunctionEvent, place: MethodPlace, body: JsonMap): void {
  const merges = place.api.properties['MergeDefinitions'] === true;
  if (merges && !isMap(body['paths'])) return;
  if (!merges && hasIntegration(body, place.path, place.method)) {
    throw new InvalidEvent(
      event.eventId,
      `API method "${place.method}" defined multiple times for path "${place.path}".`,
    );
  }
  // A merged method is written on its own first: what the event defines replaces what the document has, key by key.
  const target = merges ? emptyCopy(body) : body;
  writeMethod(target, place.path, place.method, methodDefinition(event, place), event.passedOn['Condition']);
  applySettings(event, place, target);
  if (merges) mergeInto(body, target, place);
}

function emptyCopy(body: JsonMap): JsonMap {
  return { ...clone(body), paths: {} };
}

function mergeInto(body: JsonMap, written: JsonMap, place: MethodPlace): void {
  const { paths, ...rest } = written;
  Object.assign(body, rest);
  const key = methodKey(place.method);
  const item = isMap(paths) ? paths[place.path] : undefined;
  const definition = isMap(item) ? item[key] : undefined;
  if (isMap(definition)) writeMethod(body, place.path, place.method, definition, undefined);
}

function methodDefinition(event: FunctionEvent, place: MethodPlace): JsonMap {
  const { partition } = event.context;
  const streams = event.properties['ResponseTransferMode'] === 'STREAM';
  const uri = streams ? streamingUri(partition, event.target) : invocationUri(partition, event.target);
  const condition = event.passedOn['Condition'];
  const integration: JsonMap = {
    type: 'aws_proxy',
    httpMethod: 'POST',
    uri: condition === undefined ? uri : { 'Fn::If': [condition, uri, { Ref: 'AWS::NoValue' }] },
  };
  const credentials = invokeRole(event, place);
  if (credentials !== undefined) integration['credentials'] = credentials;
  return { [integrationKey]: integration, responses: {} };
}

/** With IAM authorization the function is called as the caller, or as the InvokeRole that is given. */
function invokeRole(event: FunctionEvent, place: MethodPlace): Json | undefined {
  const methodAuth = isMap(event.properties['Auth']) ? event.properties['Auth'] : {};
  const resolved = resolveParameters(place.api.properties['Auth'], event.context.parameters);
  const apiAuth = isMap(resolved) ? resolved : {};
  const isDefault = apiAuth['DefaultAuthorizer'] === iamAuthorizer && Object.keys(methodAuth).length === 0;
  if (methodAuth['Authorizer'] !== iamAuthorizer && !isDefault) return undefined;
  const role = methodAuth['InvokeRole'] ?? apiAuth['InvokeRole'] ?? 'CALLER_CREDENTIALS';
  if (role === 'NONE') return undefined;
  return role === 'CALLER_CREDENTIALS' ? `arn:${event.context.partition}:iam::*:user/*` : role;
}

function applySettings(event: FunctionEvent, place: MethodPlace, body: JsonMap): void {
  const { Auth: auth, RequestModel: model, RequestParameters: parameters } = event.properties;
  if (isMap(auth)) applyMethodAuth(body, auth, place, event.context);
  setIntegration(body, place, 'timeoutInMillis', event.properties['TimeoutInMillis']);
  setIntegration(body, place, 'responseTransferMode', event.properties['ResponseTransferMode']);
  if (isMap(model)) applyRequestModel(body, model, place);
  if (isList(parameters) && parameters.length > 0) {
    const parsed = parameters.map((parameter) => requestParameter(parameter, place.eventId));
    addRequestParameters(body, place.path, place.method, parsed);
  }
}

function setIntegration(body: JsonMap, place: MethodPlace, name: string, value: Json | undefined): void {
  if (value === undefined) return;
  for (const item of pathItems(body, place.path)) {
    for (const definition of methodDefinitions(item, place.method, place.path)) integrationOf(definition)[name] = value;
  }
}

function applyRequestModel(body: JsonMap, request: JsonMap, place: MethodPlace): void {
  const model = request['Model'];
  const where = `[${pythonText(model)}] on API method [${place.method}] for path [${place.path}]`;
  const fail = (detail: string): InvalidEvent => new InvalidEvent(place.eventId, detail);
  const models = place.api.properties['Models'];
  if (isBlank(models))
    throw fail(`Unable to set RequestModel ${where} because the related API does not define any Models.`);
  if (!isMap(models) || !isMap(models[String(model)])) {
    throw fail(`Unable to set RequestModel ${where} because it wasn't defined in the API's Models.`);
  }
  const { ValidateBody: validateBody, ValidateParameters: validateParameters } = request;
  if (![validateBody, validateParameters].every((value) => value === undefined || typeof value === 'boolean')) {
    throw fail(
      `Unable to set Validator to RequestModel ${where} ValidateBody and ValidateParameters must be a boolean type, strings or intrinsics are not supported.`,
    );
  }
  addRequestModel(body, place.path, place.method, String(model), request['Required']);
  if (validateBody !== undefined || validateParameters !== undefined) {
    addRequestValidator(body, place.path, place.method, validateBody === true, validateParameters === true);
  }
}

function requestParameter(given: Json, eventId: string): RequestParameter {
  const parsed = typeof given === 'string' ? parseRequestParameter(given, false, false) : fromMap(given, eventId);
  if (parsed !== undefined) return parsed;
  const subject = typeof given === 'string' ? 'Values' : 'Keys';
  throw new InvalidEvent(
    eventId,
    `Invalid value for 'RequestParameters' property. ${subject} must be in the format 'method.request.[querystring|path|header].{value}', e.g 'method.request.header.Authorization'.`,
  );
}

function fromMap(given: Json, eventId: string): RequestParameter | undefined {
  const [expression, settings] = isMap(given) ? (Object.entries(given)[0] ?? []) : [];
  if (!isMap(given) || Object.keys(given).length !== 1 || expression === undefined) {
    throw new InvalidEvent(
      eventId,
      "Invalid value for 'RequestParameters' property. Property must be either a string or an object",
    );
  }
  if (!isMap(settings) || !Object.keys(settings).every((key) => key === 'Required' || key === 'Caching')) {
    throw new InvalidEvent(
      eventId,
      "Invalid value for 'RequestParameters' property. Values must be an object, e.g { Required: true, Caching: false }",
    );
  }
  return parseRequestParameter(expression, settings['Required'] ?? false, settings['Caching'] ?? false);
}

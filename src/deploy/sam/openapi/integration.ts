import { sub, whenCondition } from '../intrinsics.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import type { InvocationTarget } from '../events/event-source.ts';
import { addPath, integrationKey, methodKey, pathItems } from './paths.ts';

/**
 * The URI by which API Gateway invokes the target. REST APIs carry the partition's name, HTTP APIs a reference to it.
 */
export function invocationUri(partition: string, target: InvocationTarget): Json {
  return sub(
    `arn:${partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${${target.subPath}}/invocations`,
  );
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/response-streaming-lambda-configure.html */
export function streamingUri(partition: string, target: InvocationTarget): Json {
  return sub(
    `arn:${partition}:apigateway:\${AWS::Region}:lambda:path/2021-11-15/functions/\${${target.subPath}}/response-streaming-invocations`,
  );
}

/** The URI of an authorizer, whose function is given by ARN or by reference. */
export function authorizerUri(partition: string, functionArn: Json): JsonMap {
  return sub(
    `arn:${partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${__FunctionArn__}/invocations`,
    { __FunctionArn__: functionArn },
  );
}

/** Writes a method with its integration into the document, wrapped in the function's condition if it has one. */
export function writeMethod(
  body: JsonMap,
  path: string,
  method: string,
  definition: JsonMap,
  condition: Json | undefined,
): void {
  addPath(body, path, method);
  const key = methodKey(method);
  for (const item of pathItems(body, path)) {
    const present = item[key];
    const merged = isMap(present) ? { ...present, ...definition } : definition;
    item[key] = whenCondition(condition, merged);
  }
}

export function integrationOf(definition: JsonMap): JsonMap {
  const integration = definition[integrationKey];
  return isMap(integration) ? integration : {};
}

import { cfnResource } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { InvalidResource } from '../errors.ts';
import { getAtt } from '../intrinsics.ts';
import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import type { SamResource } from '../sam-resource.ts';
import { codeProperties, renamed, runtimeProperty } from './code.ts';

/** Hands the request to the first function of the pipeline and returns what the last one returned. */
const passThroughCode = `export function request(ctx) {
  return {};
}

export function response(ctx) {
  return ctx.prev.result;
}
`;

/** Resolvers[type of operation][field]: AppSync makes them after the schema that has the field. */
export function resolvers(
  resource: SamResource,
  functionIds: ReadonlyMap<string, Json>,
  schema: CfnResource,
): CfnResource[] {
  const given = resource.properties['Resolvers'];
  return Object.entries(isMap(given) ? given : {}).flatMap(([operation, fields]) =>
    Object.entries(isMap(fields) ? fields : {}).map(([key, settings]) =>
      resolver(resource, operation, key, isMap(settings) ? settings : {}, functionIds, schema),
    ),
  );
}

function resolver(
  resource: SamResource,
  operation: string,
  key: string,
  given: JsonMap,
  functionIds: ReadonlyMap<string, Json>,
  schema: CfnResource,
): CfnResource {
  const pipeline = given['Pipeline'];
  if (!isList(pipeline) || pipeline.length === 0) {
    throw new InvalidResource(
      key,
      `Resolver '${key}' must have Pipeline defined. Unit resolvers are not supported. ` +
        'If you need a Unit resolver you can use AppSync resource.',
    );
  }
  return cfnResource(
    resource.logicalId + operation + key,
    'AWS::AppSync::Resolver',
    {
      ApiId: getAtt(resource.logicalId, 'ApiId'),
      FieldName: given['FieldName'] ?? key,
      TypeName: operation,
      Kind: 'PIPELINE',
      PipelineConfig: { Functions: pipeline.map((name) => functionId(key, name, functionIds)) },
      ...codeAndRuntime(key, given),
      ...renamed(given, { Caching: 'CachingConfig', MaxBatchSize: 'MaxBatchSize', Sync: 'SyncConfig' }),
    },
    { ...resource.passedOn, DependsOn: [schema.logicalId] },
  );
}

function functionId(key: string, name: Json, functionIds: ReadonlyMap<string, Json>): Json {
  const id = typeof name === 'string' ? functionIds.get(name) : undefined;
  if (id === undefined) throw new InvalidResource(key, `Function '${String(name)}' does not exist.`);
  return id;
}

function codeAndRuntime(key: string, given: JsonMap): JsonMap {
  if (given['InlineCode'] === undefined && given['CodeUri'] === undefined) {
    const known = { Name: 'APPSYNC_JS', RuntimeVersion: '1.0.0' };
    return { Code: passThroughCode, Runtime: given['Runtime'] === undefined ? known : runtimeProperty(key, given) };
  }
  return { ...codeProperties(key, given), Runtime: runtimeProperty(key, given) };
}

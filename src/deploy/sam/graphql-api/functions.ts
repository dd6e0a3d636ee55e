import { cfnResource } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { InvalidResource } from '../errors.ts';
import { getAtt, isIntrinsic } from '../intrinsics.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import type { SamResource } from '../sam-resource.ts';
import { codeProperties, renamed, runtimeProperty } from './code.ts';
import { noneDataSource } from './data-sources.ts';

export interface GraphQlFunctions {
  readonly made: CfnResource[];
  /** The function ids that pipelines list, by the function's key in the template. */
  readonly ids: ReadonlyMap<string, Json>;
}

export function graphQlFunctions(resource: SamResource, sourceNames: ReadonlyMap<string, Json>): GraphQlFunctions {
  const given = resource.properties['Functions'];
  const made: CfnResource[] = [];
  const ids = new Map<string, Json>();
  const none = noneDataSource(resource);
  for (const [key, item] of Object.entries(isMap(given) ? given : {})) {
    const settings = isMap(item) ? item : {};
    if (settings['Id'] !== undefined) {
      if (Object.keys(settings).length > 1) {
        throw new InvalidResource(key, "'Id' cannot be defined with other properties in Function.");
      }
      ids.set(key, settings['Id']);
      continue;
    }
    const isNone = ['NONE', 'None', 'none'].includes(String(settings['DataSource']));
    if (isNone && !made.includes(none)) made.push(none);
    const source = isNone ? getAtt(none.logicalId, 'Name') : sourceName(key, settings['DataSource'], sourceNames);
    const configuration = functionConfiguration(resource, key, settings, source);
    made.push(configuration);
    ids.set(key, getAtt(configuration.logicalId, 'FunctionId'));
  }
  return { made, ids };
}

function sourceName(key: string, given: Json | undefined, known: ReadonlyMap<string, Json>): Json {
  if (given === undefined) throw new InvalidResource(key, "'DataSource' must be set.");
  if (isIntrinsic(given)) return given;
  const name = typeof given === 'string' ? known.get(given) : undefined;
  if (name !== undefined) return name;
  throw new InvalidResource(
    key,
    `Either define DataSource '${String(given)}' in 'DataSources' or use intrinsic function like GetAtt, ImportValue, ` +
      'Sub or another one to reference a DataSource defined outside of this GraphQLApi resource.',
  );
}

function functionConfiguration(resource: SamResource, key: string, given: JsonMap, source: Json): CfnResource {
  return cfnResource(
    resource.logicalId + key,
    'AWS::AppSync::FunctionConfiguration',
    {
      ApiId: getAtt(resource.logicalId, 'ApiId'),
      DataSourceName: source,
      Name: given['Name'] ?? key,
      ...codeProperties(key, given),
      Runtime: runtimeProperty(key, given),
      ...renamed(given, { Description: 'Description', MaxBatchSize: 'MaxBatchSize', Sync: 'SyncConfig' }),
    },
    resource.passedOn,
  );
}

import { InvalidResource } from '../errors.ts';
import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { optional, passedOn, required } from '../properties.ts';
import type { PropertyTable } from '../properties.ts';

export const graphQlApiProperties: PropertyTable = {
  ...passedOn('Name OwnerContact Visibility XrayEnabled SchemaInline SchemaUri'),
  ...passedOn('EnvironmentVariables IntrospectionConfig QueryDepthLimit ResolverCountLimit'),
  ApiKeys: optional('map'),
  Auth: required('map'),
  Cache: optional('map'),
  DataSources: optional('map'),
  DomainName: optional('map'),
  Functions: optional('map'),
  Logging: optional('map', 'boolean'),
  Resolvers: optional('map'),
  Tags: optional('map'),
};

/**
 * What a nested setting may look like: a map of known fields, a map or a list of alike items, one of some words, or
 * anything.
 */
type Shape =
  | 'any'
  | { readonly fields: Readonly<Record<string, Shape>>; readonly needs?: readonly string[] }
  | { readonly eachOf: Shape }
  | { readonly listOf: Shape }
  | { readonly words: readonly string[] };

function fields(names: string, more: Record<string, Shape> = {}, needs: readonly string[] = []): Shape {
  const plain = Object.fromEntries(names.split(' ').map((name): [string, Shape] => [name, 'any']));
  return { fields: { ...plain, ...more }, needs };
}

const words = ['AWS_IAM', 'API_KEY', 'AWS_LAMBDA', 'OPENID_CONNECT', 'AMAZON_COGNITO_USER_POOLS'];
const authenticator = {
  Type: { words },
  LambdaAuthorizer: fields('AuthorizerUri AuthorizerResultTtlInSeconds IdentityValidationExpression', {}, [
    'AuthorizerUri',
  ]),
  OpenIDConnect: fields('AuthTTL ClientId IatTTL Issuer'),
  UserPool: fields('AppIdClientRegex AwsRegion DefaultAction UserPoolId'),
};
const runtime = fields('Name Version', {}, ['Name', 'Version']);

const shapes: Readonly<Record<string, Shape>> = {
  ApiKeys: { eachOf: fields('ApiKeyId Description ExpiresOn') },
  Auth: {
    fields: { ...authenticator, Additional: { listOf: { fields: authenticator, needs: ['Type'] } } },
    needs: ['Type'],
  },
  DataSources: {
    fields: {
      DynamoDb: {
        eachOf: fields(
          'DeltaSync Description Name Permissions Region ServiceRoleArn TableArn TableName UseCallerCredentials Versioned',
          {},
          ['TableName'],
        ),
      },
      Lambda: { eachOf: fields('Description FunctionArn Name ServiceRoleArn', {}, ['FunctionArn']) },
    },
  },
  DomainName: fields('CertificateArn Description DomainName Tags', {}, ['CertificateArn', 'DomainName']),
  Functions: {
    eachOf: fields('CodeUri DataSource Description Id InlineCode MaxBatchSize Name Sync', { Runtime: runtime }),
  },
  Logging: fields('CloudWatchLogsRoleArn ExcludeVerboseContent FieldLogLevel'),
  Resolvers: {
    eachOf: {
      eachOf: fields('Caching CodeUri FieldName InlineCode MaxBatchSize Sync', {
        Pipeline: { listOf: 'any' },
        Runtime: runtime,
      }),
    },
  },
};

/** Checks the nested settings. AWS says of all that is wrong only where it is. */
export function checkNestedSettings(logicalId: string, properties: JsonMap): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const value = properties[name];
    if (value === undefined || typeof value === 'boolean') continue;
    const wrong = wrongPath(value, shape, name);
    if (wrong !== undefined) throw new InvalidResource(logicalId, `Property '${wrong}' is invalid.`);
  }
}

/** The path of the first part that does not have its shape. */
function wrongPath(value: Json, shape: Shape, path: string): string | undefined {
  if (shape === 'any') return undefined;
  if ('words' in shape) return typeof value === 'string' && shape.words.includes(value) ? undefined : path;
  if ('listOf' in shape) {
    return isList(value) ? firstOf(value, (item, index) => wrongPath(item, shape.listOf, `${path}.${index}`)) : path;
  }
  if (!isMap(value)) return path;
  if ('eachOf' in shape) {
    return firstOf(Object.entries(value), ([name, item]) => wrongPath(item, shape.eachOf, `${path}.${name}`));
  }
  const missing = shape.needs?.find((name) => value[name] === undefined);
  if (missing !== undefined) return `${path}.${missing}`;
  return firstOf(Object.entries(value), ([name, item]) => {
    const known = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
    return known === undefined ? `${path}.${name}` : wrongPath(item, known, `${path}.${name}`);
  });
}

function firstOf<Item>(
  items: readonly Item[],
  find: (item: Item, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

// The one place that knows the schema format of the official client packages (@smithy/types "StaticSchema…").
import { createRequire } from 'node:module';
import { translateTraits } from '@smithy/core/schema';

const require = createRequire(import.meta.url);

/** Our model id (= AWS CLI service id) → client package. */
export const CLIENTS: Readonly<Record<string, string>> = {
  acm: 'acm',
  apigateway: 'api-gateway',
  apigatewaymanagementapi: 'apigatewaymanagementapi',
  apigatewayv2: 'apigatewayv2',
  appsync: 'appsync',
  batch: 'batch',
  cloudformation: 'cloudformation',
  cloudfront: 'cloudfront',
  cloudwatch: 'cloudwatch',
  'cognito-idp': 'cognito-identity-provider',
  dynamodb: 'dynamodb',
  dynamodbstreams: 'dynamodb-streams',
  ec2: 'ec2',
  ecs: 'ecs',
  efs: 'efs',
  elbv2: 'elastic-load-balancing-v2',
  events: 'eventbridge',
  iam: 'iam',
  kinesis: 'kinesis',
  kms: 'kms',
  lambda: 'lambda',
  logs: 'cloudwatch-logs',
  pinpoint: 'pinpoint',
  route53: 'route-53',
  s3: 's3',
  s3control: 's3-control',
  scheduler: 'scheduler',
  secretsmanager: 'secrets-manager',
  servicediscovery: 'servicediscovery',
  ses: 'ses',
  sesv2: 'sesv2',
  sns: 'sns',
  sqs: 'sqs',
  ssm: 'ssm',
  stepfunctions: 'sfn',
  sts: 'sts',
  wafv2: 'wafv2',
  xray: 'xray',
};

/** A schema as the packages write it: a number or 'unit' for plain types, else an array that starts with its kind. */
export type Schema = number | 'unit' | readonly any[];
export type Traits = Record<string, any>;

export const KIND = { simple: 0, list: 1, map: 2, structure: 3, union: 4, error: -3, operation: 9 } as const;

export interface SdkOperation {
  name: string;
  traits: Traits;
  input: Schema;
  output: Schema;
}

export interface SdkService {
  serviceId: string;
  /** `awsJson1_0` … */
  protocol: string;
  /** the client's own serializer, for tests */
  clientProtocol: any;
  settings: { defaultNamespace: string; xmlNamespace?: string; version: string; serviceTarget: string };
  signingName: string;
  operations: SdkOperation[];
  errors: { name: string; schema: readonly any[] }[];
  /** everything that the package exports, for tests */
  exports: Record<string, any>;
}

/** Follows lazy references and gathers the traits on the way; the outermost (the member's own) win. */
export function resolve(reference: unknown): { schema: Schema; traits: Traits } {
  let traits: Traits = {};
  let at: any = reference;
  for (;;) {
    if (typeof at === 'function') at = at();
    else if (Array.isArray(at) && at.length === 2) {
      traits = { ...traitsOf(at[1]), ...traits };
      at = at[0];
    } else return { schema: at, traits };
  }
}

export const traitsOf = (encoded: unknown): Traits => ({ ...translateTraits(encoded as any) });

export function loadClient(packageName: string): SdkService {
  const exports = require(`@aws-sdk/client-${packageName}`);
  const clientName = Object.keys(exports).find(
    (key) => key.endsWith('Client') && !key.startsWith('__') && typeof exports[key] === 'function',
  );
  const { config } = new exports[clientName!]({
    region: 'us-east-1',
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    disableHostPrefix: true,
  });
  const service: SdkService = {
    serviceId: config.serviceId,
    protocol: config.protocol.getShapeId().split('#')[1],
    clientProtocol: config.protocol,
    settings: config.protocolSettings,
    signingName: config.defaultSigningName,
    operations: [],
    errors: [],
    exports,
  };
  for (const [key, schema] of Object.entries<any>(exports)) {
    if (!key.endsWith('$') || !Array.isArray(schema)) continue;
    if (schema[0] === KIND.operation) {
      service.operations.push({
        name: schema[2],
        traits: traitsOf(schema[3]),
        input: resolve(schema[4]).schema,
        output: resolve(schema[5]).schema,
      });
    } else if (schema[0] === KIND.error && !schema[1].startsWith('smithy.ts.sdk')) {
      service.errors.push({ name: schema[2], schema });
    }
  }
  service.operations.sort((a, b) => (a.name < b.name ? -1 : 1));
  service.errors.sort((a, b) => (a.name < b.name ? -1 : 1));
  return service;
}

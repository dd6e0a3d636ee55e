import type { Call } from '#kernel/call.ts';
import type { Attributes, Properties, ResourceContext, ResourceType } from './contract.ts';
import { ignoreMissing, isSame, jsonText, refuse, type Tag } from './shared.ts';

const SERVICE = 'S3';

interface Setting {
  property: string;
  put: (call: Call, Bucket: string, value: any) => Promise<unknown>;
  /** what happens when the template no longer has it */
  clear: (call: Call, Bucket: string) => Promise<unknown>;
}

/** Bucket settings in the order in which they are put: ownership before ACLs, versioning before what needs it. */
const SETTINGS: readonly Setting[] = [
  {
    property: 'OwnershipControls',
    put: (call, Bucket, OwnershipControls) => call('s3', 'PutBucketOwnershipControls', { Bucket, OwnershipControls }),
    clear: (call, Bucket) => call('s3', 'DeleteBucketOwnershipControls', { Bucket }),
  },
  {
    property: 'PublicAccessBlockConfiguration',
    put: (call, Bucket, PublicAccessBlockConfiguration) =>
      call('s3', 'PutPublicAccessBlock', { Bucket, PublicAccessBlockConfiguration }),
    clear: (call, Bucket) => call('s3', 'DeletePublicAccessBlock', { Bucket }),
  },
  {
    property: 'AccessControl',
    put: (call, Bucket, value: string) => call('s3', 'PutBucketAcl', { Bucket, ACL: cannedAcl(value) as never }),
    clear: (call, Bucket) => call('s3', 'PutBucketAcl', { Bucket, ACL: 'private' }),
  },
  {
    property: 'VersioningConfiguration',
    put: (call, Bucket, VersioningConfiguration) =>
      call('s3', 'PutBucketVersioning', { Bucket, VersioningConfiguration }),
    clear: (call, Bucket) =>
      call('s3', 'PutBucketVersioning', { Bucket, VersioningConfiguration: { Status: 'Suspended' } }),
  },
  {
    property: 'BucketEncryption',
    put: (call, Bucket, value) =>
      call('s3', 'PutBucketEncryption', {
        Bucket,
        ServerSideEncryptionConfiguration: {
          Rules: value.ServerSideEncryptionConfiguration.map(
            ({ ServerSideEncryptionByDefault, ...rest }: Properties) => ({
              ...rest,
              ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault,
            }),
          ),
        },
      }),
    clear: (call, Bucket) => call('s3', 'DeleteBucketEncryption', { Bucket }),
  },
  {
    property: 'CorsConfiguration',
    put: (call, Bucket, value) =>
      call('s3', 'PutBucketCors', { Bucket, CORSConfiguration: { CORSRules: value.CorsRules.map(corsRule) } }),
    clear: (call, Bucket) => call('s3', 'DeleteBucketCors', { Bucket }),
  },
  {
    property: 'WebsiteConfiguration',
    put: (call, Bucket, value) => call('s3', 'PutBucketWebsite', { Bucket, WebsiteConfiguration: website(value) }),
    clear: (call, Bucket) => call('s3', 'DeleteBucketWebsite', { Bucket }),
  },
  {
    property: 'LifecycleConfiguration',
    put: (call, Bucket, value) =>
      call('s3', 'PutBucketLifecycleConfiguration', { Bucket, LifecycleConfiguration: lifecycle(value) }),
    clear: (call, Bucket) => call('s3', 'DeleteBucketLifecycle', { Bucket }),
  },
  {
    property: 'LoggingConfiguration',
    put: (call, Bucket, value) =>
      call('s3', 'PutBucketLogging', {
        Bucket,
        BucketLoggingStatus: {
          LoggingEnabled: {
            TargetBucket: value.DestinationBucketName ?? Bucket,
            TargetPrefix: value.LogFilePrefix ?? '',
            ...(value.TargetObjectKeyFormat && { TargetObjectKeyFormat: value.TargetObjectKeyFormat }),
          },
        },
      }),
    clear: (call, Bucket) => call('s3', 'PutBucketLogging', { Bucket, BucketLoggingStatus: {} }),
  },
  {
    property: 'AccelerateConfiguration',
    put: (call, Bucket, { AccelerationStatus: Status }) =>
      call('s3', 'PutBucketAccelerateConfiguration', { Bucket, AccelerateConfiguration: { Status } }),
    clear: (call, Bucket) =>
      call('s3', 'PutBucketAccelerateConfiguration', { Bucket, AccelerateConfiguration: { Status: 'Suspended' } }),
  },
  {
    property: 'ObjectLockConfiguration',
    put: (call, Bucket, ObjectLockConfiguration) =>
      call('s3', 'PutObjectLockConfiguration', { Bucket, ObjectLockConfiguration }),
    clear: (call, Bucket) =>
      call('s3', 'PutObjectLockConfiguration', { Bucket, ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled' } }),
  },
  {
    property: 'NotificationConfiguration',
    put: (call, Bucket, value) =>
      call('s3', 'PutBucketNotificationConfiguration', { Bucket, NotificationConfiguration: notifications(value) }),
    clear: (call, Bucket) =>
      call('s3', 'PutBucketNotificationConfiguration', { Bucket, NotificationConfiguration: {} }),
  },
  {
    property: 'Tags',
    put: (call, Bucket, TagSet: Tag[]) => call('s3', 'PutBucketTagging', { Bucket, Tagging: { TagSet } }),
    clear: (call, Bucket) => call('s3', 'DeleteBucketTagging', { Bucket }),
  },
];

const UNSUPPORTED = [
  'AbacStatus',
  'AnalyticsConfigurations',
  'BucketNamePrefix',
  'BucketNamespace',
  'IntelligentTieringConfigurations',
  'InventoryConfigurations',
  'MetadataConfiguration',
  'MetadataTableConfiguration',
  'MetricsConfigurations',
  'ReplicationConfiguration',
];

/** PublicRead → public-read */
const cannedAcl = (value: string): string => value.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

const corsRule = ({ Id, ExposedHeaders, MaxAge, ...rest }: Properties): any => ({
  ...rest,
  ...(Id !== undefined && { ID: Id }),
  ...(ExposedHeaders && { ExposeHeaders: ExposedHeaders }),
  ...(MaxAge !== undefined && { MaxAgeSeconds: MaxAge }),
});

function website({ IndexDocument, ErrorDocument, RedirectAllRequestsTo, RoutingRules }: Properties): any {
  return {
    ...(IndexDocument !== undefined && { IndexDocument: { Suffix: IndexDocument } }),
    ...(ErrorDocument !== undefined && { ErrorDocument: { Key: ErrorDocument } }),
    ...(RedirectAllRequestsTo && { RedirectAllRequestsTo }),
    ...(RoutingRules && {
      RoutingRules: RoutingRules.map(({ RedirectRule, RoutingRuleCondition }: Properties) => ({
        Redirect: RedirectRule,
        ...(RoutingRuleCondition && { Condition: RoutingRuleCondition }),
      })),
    }),
  };
}

const keyFilter = (filter: Properties | undefined): any =>
  filter?.S3Key ? { Filter: { Key: { FilterRules: filter.S3Key.Rules } } } : {};

function notifications(value: Properties): any {
  const target = (list: Properties[] | undefined, from: string, to: string): any[] =>
    (list ?? []).map((item) => ({ [to]: item[from], Events: [item.Event], ...keyFilter(item.Filter) }));
  return {
    LambdaFunctionConfigurations: target(value.LambdaConfigurations, 'Function', 'LambdaFunctionArn'),
    QueueConfigurations: target(value.QueueConfigurations, 'Queue', 'QueueArn'),
    TopicConfigurations: target(value.TopicConfigurations, 'Topic', 'TopicArn'),
    ...(value.EventBridgeConfiguration && { EventBridgeConfiguration: {} }),
  };
}

function lifecycle(value: Properties): any {
  const days = (from: Properties): any => ({
    ...(from.TransitionInDays !== undefined && { Days: from.TransitionInDays }),
    ...(from.TransitionDate !== undefined && { Date: new Date(from.TransitionDate) }),
    StorageClass: from.StorageClass,
  });
  const rule = (from: Properties): any => {
    const transitions = from.Transitions ?? (from.Transition ? [from.Transition] : []);
    const noncurrent =
      from.NoncurrentVersionTransitions ?? (from.NoncurrentVersionTransition ? [from.NoncurrentVersionTransition] : []);
    const tags = (from.TagFilters ?? []) as Tag[];
    const conditions = {
      ...(from.Prefix !== undefined && { Prefix: from.Prefix }),
      ...(from.ObjectSizeGreaterThan !== undefined && { ObjectSizeGreaterThan: Number(from.ObjectSizeGreaterThan) }),
      ...(from.ObjectSizeLessThan !== undefined && { ObjectSizeLessThan: Number(from.ObjectSizeLessThan) }),
    };
    const single = Object.keys(conditions).length + tags.length <= 1;
    const { NoncurrentVersionExpiration: expiration, NoncurrentVersionExpirationInDays: expirationDays } = from;
    return {
      ...(from.Id !== undefined && { ID: from.Id }),
      Status: from.Status,
      Filter: single
        ? { ...conditions, ...(tags[0] && { Tag: tags[0] }) }
        : { And: { ...conditions, ...(tags.length > 0 && { Tags: tags }) } },
      ...((from.ExpirationInDays !== undefined ||
        from.ExpirationDate !== undefined ||
        from.ExpiredObjectDeleteMarker) && {
        Expiration: {
          ...(from.ExpirationInDays !== undefined && { Days: from.ExpirationInDays }),
          ...(from.ExpirationDate !== undefined && { Date: new Date(from.ExpirationDate) }),
          ...(from.ExpiredObjectDeleteMarker !== undefined && {
            ExpiredObjectDeleteMarker: from.ExpiredObjectDeleteMarker,
          }),
        },
      }),
      ...(transitions.length > 0 && { Transitions: transitions.map(days) }),
      ...(noncurrent.length > 0 && {
        NoncurrentVersionTransitions: noncurrent.map((item: Properties) => ({
          NoncurrentDays: item.TransitionInDays,
          StorageClass: item.StorageClass,
          ...(item.NewerNoncurrentVersions !== undefined && { NewerNoncurrentVersions: item.NewerNoncurrentVersions }),
        })),
      }),
      ...((expiration ?? expirationDays) !== undefined && {
        NoncurrentVersionExpiration: expiration ?? { NoncurrentDays: expirationDays },
      }),
      ...(from.AbortIncompleteMultipartUpload && {
        AbortIncompleteMultipartUpload: from.AbortIncompleteMultipartUpload,
      }),
    };
  };
  return { Rules: value.Rules.map(rule) };
}

function attributesOf(bucket: string, { platform, region, partition }: ResourceContext): Attributes {
  const { domain, port } = platform.config;
  return {
    Arn: `arn:${partition}:s3:::${bucket}`,
    DomainName: `${bucket}.s3.amazonaws.com`,
    DualStackDomainName: `${bucket}.s3.dualstack.${region}.amazonaws.com`,
    RegionalDomainName: `${bucket}.s3.${region}.amazonaws.com`,
    // People open this one in a browser, so it is the name under which we serve the site.
    WebsiteURL: `http://${bucket}.s3-website-${region}.${domain}${port === 80 ? '' : `:${port}`}`,
  };
}

const bucket: ResourceType = {
  type: 'AWS::S3::Bucket',
  service: SERVICE,
  name: { property: 'BucketName', lengthMax: 63, lowerCase: true },
  async create(properties, context) {
    const { call, physicalName, region, initiated } = context;
    refuse('AWS::S3::Bucket', properties, UNSUPPORTED);
    const Bucket: string = properties.BucketName ?? physicalName;
    await call('s3', 'CreateBucket', {
      Bucket,
      ...(region !== 'us-east-1' && { CreateBucketConfiguration: { LocationConstraint: region as never } }),
      ...(properties.ObjectLockEnabled && { ObjectLockEnabledForBucket: true }),
    });
    if (SETTINGS.some(({ property }) => properties[property] !== undefined)) await initiated(Bucket);
    await exchangeSettings(call, Bucket, {}, properties);
    return { physicalId: Bucket, attributes: attributesOf(Bucket, context) };
  },
  async update({ physicalId, properties: before }, properties, context) {
    refuse('AWS::S3::Bucket', properties, UNSUPPORTED);
    await exchangeSettings(context.call, physicalId, before, properties);
    return { attributes: attributesOf(physicalId, context) };
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(() => call('s3', 'DeleteBucket', { Bucket: physicalId }));
  },
};

async function exchangeSettings(call: Call, Bucket: string, before: Properties, after: Properties): Promise<void> {
  for (const { property, put, clear } of SETTINGS) {
    const value = after[property];
    if (isSame(before[property], value)) continue;
    if (value === undefined || (Array.isArray(value) && value.length === 0)) await clear(call, Bucket);
    else await put(call, Bucket, value);
  }
}

const bucketPolicy: ResourceType = {
  type: 'AWS::S3::BucketPolicy',
  service: SERVICE,
  async create({ Bucket, PolicyDocument }, { call }) {
    await call('s3', 'PutBucketPolicy', { Bucket, Policy: jsonText(PolicyDocument) });
    return { physicalId: Bucket };
  },
  async update({ physicalId }, { PolicyDocument }, { call }) {
    await call('s3', 'PutBucketPolicy', { Bucket: physicalId, Policy: jsonText(PolicyDocument) });
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(() => call('s3', 'DeleteBucketPolicy', { Bucket: physicalId }));
  },
};

export const s3: readonly ResourceType[] = [bucket, bucketPolicy];

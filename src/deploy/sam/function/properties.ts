import { optional, passedOn, plain } from '../properties.ts';
import type { PropertyTable } from '../properties.ts';

export const functionProperties: PropertyTable = {
  ...passedOn(`FunctionName Handler Runtime Description MemorySize Timeout Environment VpcConfig KmsKeyArn Tracing
    ReservedConcurrentExecutions FileSystemConfigs CodeSigningConfigArn ImageConfig EphemeralStorage SnapStart
    RuntimeManagementConfig LoggingConfig RecursiveLoop SourceKMSKeyArn TenancyConfig DurableConfig
    PublishToLatestPublished FunctionScalingConfig VersionDescription VersionDeletionPolicy RolePath
    PermissionsBoundary Role AutoPublishCodeSha256 ProvisionedConcurrencyConfig`),
  CodeUri: optional('string', 'map'),
  ImageUri: optional('string'),
  InlineCode: optional('string'),
  PackageType: optional('string'),
  Architectures: optional('list'),
  AssumeRolePolicyDocument: optional('map'),
  Policies: optional('string', 'map', 'list'),
  DeadLetterQueue: optional('map'),
  Layers: optional('list'),
  Events: optional('map'),
  Tags: optional('map'),
  PropagateTags: optional('boolean'),
  AutoPublishAlias: optional('string'),
  AutoPublishAliasAllProperties: plain(optional('boolean')),
  DeploymentPreference: optional('map'),
  EventInvokeConfig: optional('map'),
  FunctionUrlConfig: optional('map'),
  CapacityProviderConfig: optional('map'),
};

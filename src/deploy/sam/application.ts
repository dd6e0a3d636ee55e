import { cfnResource } from './cfn-resource.ts';
import type { CfnResource } from './cfn-resource.ts';
import type { TransformContext } from './context.ts';
import { InvalidResource } from './errors.ts';
import { expectOf } from './expect.ts';
import { isDynamicReference } from './intrinsics.ts';
import { isBlank, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';
import { findInMap } from './mappings.ts';
import { resolveParameters } from './parameter-values.ts';
import { optional, passedOn } from './properties.ts';
import type { PropertyTable } from './properties.ts';
import type { SamResource } from './sam-resource.ts';
import { tagList } from './tags.ts';

export const applicationProperties: PropertyTable = {
  ...passedOn('Location TemplateUrl Parameters TimeoutInMinutes'),
  NotificationARNs: optional('list'),
  Tags: optional('map'),
};

interface RepositoryApplication {
  readonly id: string;
  readonly version: string;
}

/**
 * AWS::Serverless::Application: a nested stack.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-application.html
 */
export function transformApplication(resource: SamResource, context: TransformContext): CfnResource[] {
  const { properties, logicalId } = resource;
  const location = properties['Location'];
  if (location === undefined) throw missing(logicalId, 'Location');
  const application = isMap(location) ? repositoryApplication(logicalId, location, context) : undefined;
  const stack = cfnResource(
    logicalId,
    'AWS::CloudFormation::Stack',
    {
      TemplateURL: application === undefined ? location : templateUrl(logicalId, application, context),
      Parameters: properties['Parameters'],
      NotificationARNs: properties['NotificationARNs'],
      TimeoutInMinutes: properties['TimeoutInMinutes'],
      Tags: tags(application, properties['Tags']),
    },
    resource.attributes,
  );
  return [stack];
}

function tags(application: RepositoryApplication | undefined, given: Json | undefined): JsonMap[] {
  const own = { Key: 'lambda:createdBy', Value: 'SAM' };
  if (application === undefined) return [own, ...tagList(given)];
  return [
    own,
    { Key: 'serverlessrepo:applicationId', Value: application.id },
    { Key: 'serverlessrepo:semanticVersion', Value: application.version },
    ...tagList(given),
  ];
}

function templateUrl(logicalId: string, application: RepositoryApplication, context: TransformContext): string {
  if (context.applicationTemplateUrl === undefined) {
    throw new InvalidResource(
      logicalId,
      'Applications of the AWS Serverless Application Repository are not available here. Please use the URL of a template as Location.',
    );
  }
  return context.applicationTemplateUrl(application.id, application.version);
}

function repositoryApplication(logicalId: string, location: JsonMap, context: TransformContext): RepositoryApplication {
  for (const name of ['ApplicationId', 'SemanticVersion']) {
    if (!(name in location)) throw missing(logicalId, name);
  }
  return {
    id: resolved(logicalId, 'ApplicationId', location['ApplicationId'] ?? null, context),
    version: resolved(logicalId, 'SemanticVersion', location['SemanticVersion'] ?? null, context),
  };
}

function resolved(logicalId: string, name: string, given: Json, context: TransformContext): string {
  if (isDynamicReference(given)) {
    throw new InvalidResource(
      logicalId,
      `Serverless Application Repostiory does not support dynamic reference in '${name}' property.`,
    );
  }
  const plain = resolveParameters(given, context.parameters);
  const value = findInMap(plain, context.mappings) ?? plain;
  if (value === null) {
    const text = name === 'ApplicationId' ? 'is required.' : 'cannot be blank.';
    throw new InvalidResource(logicalId, `Property '${name}' ${text}`);
  }
  if (isBlank(value)) throw new InvalidResource(logicalId, `Property '${name}' cannot be blank.`);
  if (isMap(value)) {
    throw new InvalidResource(
      logicalId,
      `Property '${name}' cannot be resolved. Only FindInMap and Ref intrinsic functions are supported.`,
    );
  }
  return expectOf(logicalId).string(value, `Location.${name}`);
}

function missing(logicalId: string, name: string): InvalidResource {
  return new InvalidResource(logicalId, `Resource is missing the required [${name}] property.`);
}

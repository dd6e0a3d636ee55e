import type { CfnResource } from './cfn-resource.ts';
import { InvalidResource } from './errors.ts';
import { isIntrinsic } from './intrinsics.ts';
import { isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';

/** `{Name: value}` as CloudFormation's list of keys and values. */
export function tagList(tags: Json | undefined): JsonMap[] {
  if (!isMap(tags)) return [];
  return Object.entries(tags).map(([key, value]) => ({ Key: key, Value: value }));
}

/** The tags of a resource with the transform's own tag, which users may not set. */
export function tagsWithOwn(logicalId: string, own: readonly [string, string], tags: Json | undefined): JsonMap[] {
  if (isMap(tags) && own[0] in tags) {
    throw new InvalidResource(
      logicalId,
      `'${own[0]}' is a reserved Tag key name and cannot be set on your resource. Please change the tag key in the input.`,
    );
  }
  return [{ Key: own[0], Value: own[1] }, ...tagList(tags)];
}

/** Types whose generated resources take part in PropagateTags, and how each writes its tags. */
const taggable: Readonly<Record<string, 'list' | 'map'>> = {
  'AWS::ApiGateway::ApiKey': 'list',
  'AWS::ApiGateway::DomainName': 'list',
  'AWS::ApiGateway::DomainNameV2': 'list',
  'AWS::ApiGateway::RestApi': 'list',
  'AWS::ApiGateway::Stage': 'list',
  'AWS::ApiGateway::UsagePlan': 'list',
  'AWS::ApiGatewayV2::Api': 'map',
  'AWS::ApiGatewayV2::DomainName': 'map',
  'AWS::ApiGatewayV2::Stage': 'map',
  'AWS::CodeDeploy::Application': 'list',
  'AWS::IAM::Role': 'list',
  'AWS::Lambda::CapacityProvider': 'list',
  'AWS::Lambda::EventSourceMapping': 'list',
  'AWS::Lambda::Function': 'list',
  'AWS::SQS::Queue': 'list',
  'AWS::StepFunctions::StateMachine': 'list',
};

/** PropagateTags: everything made of a SAM resource that can have tags has exactly the resource's own. */
export function propagateTags(
  resources: readonly CfnResource[],
  tags: Json | undefined,
  wanted: Json | undefined,
): void {
  if (wanted !== true || !isMap(tags) || isIntrinsic(tags)) return;
  for (const resource of resources) {
    const form = taggable[resource.type];
    if (form === undefined) continue;
    resource.properties['Tags'] = form === 'map' ? { ...tags } : tagList(tags);
  }
}

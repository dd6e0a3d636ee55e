import { ServiceError } from '#core/errors.ts';
import { isObject, type JsonObject } from './document.ts';

/** IAM types that need an acknowledgement, and the property that makes it CAPABILITY_NAMED_IAM. */
const IAM_NAMES: Readonly<Record<string, string | undefined>> = {
  'AWS::IAM::AccessKey': undefined,
  'AWS::IAM::Group': 'GroupName',
  'AWS::IAM::GroupPolicy': undefined,
  'AWS::IAM::InstanceProfile': 'InstanceProfileName',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Policy': undefined,
  'AWS::IAM::Role': 'RoleName',
  'AWS::IAM::RolePolicy': undefined,
  'AWS::IAM::User': 'UserName',
  'AWS::IAM::UserPolicy': undefined,
  'AWS::IAM::UserToGroupAddition': undefined,
};

export interface RequiredCapabilities {
  capabilities: ('CAPABILITY_IAM' | 'CAPABILITY_NAMED_IAM')[];
  reason?: string;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-template.html#using-iam-capabilities */
export function requiredCapabilities(template: JsonObject): RequiredCapabilities {
  const types = new Set<string>();
  let named = false;
  for (const resource of Object.values((template.Resources ?? {}) as JsonObject)) {
    if (!isObject(resource) || typeof resource.Type !== 'string' || !Object.hasOwn(IAM_NAMES, resource.Type)) continue;
    types.add(resource.Type);
    const property = IAM_NAMES[resource.Type];
    if (property && isObject(resource.Properties) && resource.Properties[property] !== undefined) named = true;
  }
  if (types.size === 0) return { capabilities: [] };
  return {
    capabilities: [named ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM'],
    reason: `The following resource(s) require capabilities: [${[...types].join(', ')}]`,
  };
}

export function insufficientCapabilities(missing: readonly string[]): ServiceError {
  return new ServiceError('InsufficientCapabilitiesException', `Requires capabilities : [${missing.join(', ')}]`, 400);
}

/** CAPABILITY_NAMED_IAM covers CAPABILITY_IAM. */
export function missingCapabilities(required: readonly string[], given: readonly string[]): string[] {
  return required.filter(
    (capability) =>
      !given.includes(capability) && !(capability === 'CAPABILITY_IAM' && given.includes('CAPABILITY_NAMED_IAM')),
  );
}

// Roles that belong to an AWS service: it alone assumes and changes them.
import type { Operation } from '#kernel/service.ts';
import { checkQuota, requireEntity } from './entities.ts';
import { deletionTaskNotFound, invalidInput } from './errors.ts';
import type { Role } from './records.ts';
import { describeRole } from './roles.ts';
import { find, put, remove } from './store.ts';

/** Role names by service principal: AWS publishes no rule for them. */
const NAMES: Readonly<Record<string, string>> = {
  'apigateway.amazonaws.com': 'AWSServiceRoleForAPIGateway',
  'application-autoscaling.amazonaws.com': 'AWSServiceRoleForApplicationAutoScaling',
  'autoscaling.amazonaws.com': 'AWSServiceRoleForAutoScaling',
  'batch.amazonaws.com': 'AWSServiceRoleForBatch',
  'cloudfront.amazonaws.com': 'AWSServiceRoleForCloudFront',
  'dynamodb.application-autoscaling.amazonaws.com': 'AWSServiceRoleForApplicationAutoScaling_DynamoDBTable',
  'ecs.amazonaws.com': 'AWSServiceRoleForECS',
  'elasticloadbalancing.amazonaws.com': 'AWSServiceRoleForElasticLoadBalancing',
  'email.cognito-idp.amazonaws.com': 'AWSServiceRoleForAmazonCognitoIdpEmailService',
  'events.amazonaws.com': 'AWSServiceRoleForCloudWatchEvents',
  'lambda.amazonaws.com': 'AWSServiceRoleForLambda',
  'ops.apigateway.amazonaws.com': 'AWSServiceRoleForAPIGateway',
  'replicator.lambda.amazonaws.com': 'AWSServiceRoleForLambdaReplicator',
  'logger.cloudfront.amazonaws.com': 'AWSServiceRoleForCloudFrontLogger',
  'ssm.amazonaws.com': 'AWSServiceRoleForAmazonSSM',
  'wafv2.amazonaws.com': 'AWSServiceRoleForWAFV2Logging',
  'xray.amazonaws.com': 'AWSServiceRoleForXRay',
};
/** Services that make more than one, told apart by a suffix. */
const TAKES_SUFFIX = new Set(['autoscaling.amazonaws.com']);

export const createServiceLinkedRole: Operation<'iam', 'CreateServiceLinkedRole'> = async (input, context) => {
  const { accountId, clock, ids, store } = context;
  const { AWSServiceName: service, CustomSuffix: suffix, Description: description } = input;
  const base = Object.hasOwn(NAMES, service) ? NAMES[service] : undefined;
  if (base === undefined)
    throw invalidInput(`Service role for ${service} cannot be created: the service is not known here`);
  if (suffix !== undefined && !TAKES_SUFFIX.has(service))
    throw invalidInput(`Custom suffix is not allowed for ${service}`);
  const name = suffix === undefined ? base : `${base}_${suffix}`;
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Action: ['sts:AssumeRole'], Effect: 'Allow', Principal: { Service: [service] } }],
  };
  const role: Role = {
    name,
    id: ids.iam('AROA'),
    path: `/aws-service-role/${service}/`,
    createdAt: clock.now(),
    inline: {},
    attached: [],
    trust: JSON.stringify(trust),
    ...(description && { description }),
    maxSessionSeconds: 3600,
    tags: [],
    linkedService: service,
  };
  await store.transact(async (tx) => {
    if (await find(tx, accountId, 'role', name)) {
      throw invalidInput(`Service role name ${name} has been taken in this account, please try a different suffix.`);
    }
    await checkQuota(tx, accountId, 'role');
    put(tx, accountId, 'role', name, role);
  });
  const { Description: _unused, MaxSessionDuration: _unusedToo, ...described } = describeRole(accountId, role);
  return { Role: described };
};

const taskId = (role: Role): string => `task${role.path}${role.name}/${role.id}`;

/** No service here keeps resources that need the role, so that it goes at once. */
export const deleteServiceLinkedRole: Operation<'iam', 'DeleteServiceLinkedRole'> = async (
  input,
  { accountId, store },
) => {
  const id = await store.transact(async (tx) => {
    const role = await requireEntity(tx, accountId, 'role', input.RoleName);
    if (role.linkedService === undefined) {
      throw invalidInput(`Role ${role.name} is not a service-linked role`);
    }
    remove(tx, accountId, 'role', role.name);
    return taskId(role);
  });
  return { DeletionTaskId: id };
};

export const getServiceLinkedRoleDeletionStatus: Operation<'iam', 'GetServiceLinkedRoleDeletionStatus'> = (input) => {
  if (!/^task\/aws-service-role\/[^/]+\/[^/]+\/AROA[A-Z0-9]+$/.test(input.DeletionTaskId)) {
    throw deletionTaskNotFound(input.DeletionTaskId);
  }
  return { Status: 'SUCCEEDED' };
};

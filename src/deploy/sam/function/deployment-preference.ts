import { cfnResource } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { combineConditions } from '../conditions.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { getAtt, isConditional, isNoValue, ref, sub } from '../intrinsics.ts';
import { compact, isBlank, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { resolveParameters } from '../parameter-values.ts';
import { managedPolicyArn } from '../partition.ts';
import { assumeRolePolicy, iamRole } from '../policies/execution-role.ts';
import type { SamResource } from '../sam-resource.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-deploymentpreference.html

const applicationId = 'ServerlessDeploymentApplication';
const serviceRoleId = 'CodeDeployServiceRole';
const sharedConditionName = 'ServerlessCodeDeployCondition';

/** CodeDeploy's own configurations are named with a prefix; any other name is a configuration of the user. */
const builtInTypes = new Set([
  'Canary10Percent5Minutes',
  'Canary10Percent10Minutes',
  'Canary10Percent15Minutes',
  'Canary10Percent30Minutes',
  'Linear10PercentEvery1Minute',
  'Linear10PercentEvery2Minutes',
  'Linear10PercentEvery3Minutes',
  'Linear10PercentEvery10Minutes',
  'AllAtOnce',
]);

interface DeploymentPreference {
  readonly functionId: string;
  readonly settings: JsonMap;
  /** The function's condition, when PassthroughCondition asks to apply it to the deployment too. */
  readonly condition: Json | undefined;
}

/** The gradual deployments of all functions of a template: they share one CodeDeploy application and one role. */
export class DeploymentPreferences {
  readonly #preferences: DeploymentPreference[] = [];

  /** Notes the function's preference; the alias then carries the update policy. */
  add(resource: SamResource, alias: CfnResource | undefined, context: TransformContext): CfnResource | undefined {
    const settings = enabledSettings(resource, context);
    if (settings === undefined) return undefined;
    const fail = (detail: string): InvalidResource => new InvalidResource(resource.logicalId, detail);
    if (alias === undefined) {
      throw fail("'DeploymentPreference' requires AutoPublishAlias property to be specified.");
    }
    if (settings['Type'] === undefined) throw fail("'DeploymentPreference' is missing required Property 'Type'");
    const hooks = settings['Hooks'];
    if (hooks !== undefined && !isMap(hooks))
      throw fail("'Hooks' property of 'DeploymentPreference' must be a dictionary");
    const passesCondition = resolveParameters(settings['PassthroughCondition'], context.parameters) === true;
    const preference = {
      functionId: resource.logicalId,
      settings,
      condition: passesCondition ? resource.passedOn['Condition'] : undefined,
    };
    this.#preferences.push(preference);
    alias.attributes['UpdatePolicy'] = updatePolicy(resource.logicalId, isMap(hooks) ? hooks : {});
    return deploymentGroup(preference);
  }

  /** What the preferences share. */
  sharedResources(context: TransformContext): CfnResource[] {
    if (this.#preferences.length === 0) return [];
    const condition = this.#sharedCondition(context);
    const attributes = compact({ Condition: condition });
    const application = cfnResource(
      applicationId,
      'AWS::CodeDeploy::Application',
      { ComputePlatform: 'Lambda' },
      attributes,
    );
    const needsRole = this.#preferences.some((preference) => isBlank(preference.settings['Role']));
    return needsRole ? [application, serviceRole(context.partition, attributes)] : [application];
  }

  #sharedCondition(context: TransformContext): string | undefined {
    const names = new Set<string>();
    for (const { condition } of this.#preferences) {
      if (typeof condition !== 'string') return undefined;
      names.add(condition);
    }
    return combineConditions(context.conditions, sharedConditionName, [...names].sort());
  }
}

function enabledSettings(resource: SamResource, context: TransformContext): JsonMap | undefined {
  const given = resource.properties['DeploymentPreference'];
  if (!isMap(given) || isBlank(given)) return undefined;
  const enabled = resolveParameters(given['Enabled'], context.parameters) ?? true;
  if (isMap(enabled)) throw new InvalidResource(resource.logicalId, "'Enabled' must be a boolean value");
  return enabled === false || enabled === 'false' || enabled === 'False' ? undefined : given;
}

function deploymentGroupId(functionId: string): string {
  return `${functionId}DeploymentGroup`;
}

function deploymentGroup({ functionId, settings, condition }: DeploymentPreference): CfnResource {
  return cfnResource(
    deploymentGroupId(functionId),
    'AWS::CodeDeploy::DeploymentGroup',
    {
      ApplicationName: ref(applicationId),
      AlarmConfiguration: isBlank(settings['Alarms']) ? undefined : alarmConfiguration(functionId, settings['Alarms']),
      AutoRollbackConfiguration: {
        Enabled: true,
        Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
      DeploymentConfigName: configName(settings['Type'] ?? null),
      DeploymentStyle: { DeploymentType: 'BLUE_GREEN', DeploymentOption: 'WITH_TRAFFIC_CONTROL' },
      ServiceRoleArn: isBlank(settings['Role']) ? getAtt(serviceRoleId, 'Arn') : settings['Role'],
      TriggerConfigurations: isBlank(settings['TriggerConfigurations']) ? undefined : settings['TriggerConfigurations'],
    },
    compact({ Condition: condition }),
  );
}

function alarmConfiguration(functionId: string, alarms: Json | undefined): Json {
  if (isConditional(alarms) && isList(alarms['Fn::If']) && alarms['Fn::If'].length === 3) {
    const [condition = null, then = null, otherwise = null] = alarms['Fn::If'];
    return { 'Fn::If': [condition, alarmConfiguration(functionId, then), alarmConfiguration(functionId, otherwise)] };
  }
  if (isNoValue(alarms) && alarms !== undefined) return alarms;
  if (!isList(alarms)) throw new InvalidResource(functionId, 'Alarms must be a list');
  const named = alarms.filter((alarm) => !isNoValue(alarm)).map((alarm) => ({ Name: alarm }));
  return { Enabled: true, Alarms: named };
}

function configName(type: Json): Json {
  if (isConditional(type) && isList(type['Fn::If'])) {
    const [condition = null, ...branches] = type['Fn::If'];
    return { 'Fn::If': [condition, ...branches.map((branch) => configName(branch))] };
  }
  const isBuiltIn = typeof type === 'string' && builtInTypes.has(type);
  return isBuiltIn ? sub('CodeDeployDefault.Lambda${ConfigName}', { ConfigName: type }) : type;
}

function updatePolicy(functionId: string, hooks: JsonMap): JsonMap {
  return {
    CodeDeployLambdaAliasUpdate: compact({
      ApplicationName: ref(applicationId),
      DeploymentGroupName: ref(deploymentGroupId(functionId)),
      BeforeAllowTrafficHook: hooks['PreTraffic'],
      AfterAllowTrafficHook: hooks['PostTraffic'],
    }),
  };
}

function serviceRole(partition: string, attributes: JsonMap): CfnResource {
  // Outside the commercial partition AWS attaches the limited variant.
  const policy = partition === 'aws' ? 'AWSCodeDeployRoleForLambda' : 'AWSCodeDeployRoleForLambdaLimited';
  return iamRole(
    serviceRoleId,
    {
      assumeRolePolicyDocument: assumeRolePolicy('codedeploy.amazonaws.com'),
      managedPolicyArns: [managedPolicyArn(partition, `service-role/${policy}`)],
    },
    attributes,
  );
}

import { cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { combineConditions } from '../conditions.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { isBlank, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { resolveParameters } from '../parameter-values.ts';
import type { SamResource } from '../sam-resource.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiusageplan.html

const settingNames = ['Description', 'Quota', 'Tags', 'Throttle', 'UsagePlanName'] as const;
const allowedNames = new Set<string>(['CreateUsagePlan', ...settingNames]);
const sharedPrefix = 'Serverless';
const sharedConditionName = 'SharedUsagePlanCondition';

interface PlannedStage {
  readonly api: CfnResource;
  readonly stage: CfnResource;
}

/** The usage plan that all APIs with `CreateUsagePlan: SHARED` are in. */
export class SharedUsagePlan {
  readonly #stages: PlannedStage[] = [];
  readonly #attributes: JsonMap[] = [];
  #settings: JsonMap = {};

  add(stage: PlannedStage, settings: JsonMap, attributes: JsonMap): void {
    this.#stages.push(stage);
    this.#attributes.push(attributes);
    this.#settings = { ...this.#settings, ...settings };
  }

  resources(context: TransformContext): CfnResource[] {
    if (this.#stages.length === 0) return [];
    return planResources(sharedPrefix, this.#stages, this.#settings, this.#sharedAttributes(context));
  }

  /** Kept when any API is kept, made when any API is made. */
  #sharedAttributes(context: TransformContext): JsonMap {
    const attributes: JsonMap = {};
    for (const name of ['DeletionPolicy', 'UpdateReplacePolicy']) {
      const values = this.#attributes.flatMap((item) => item[name] ?? []);
      const value = values.includes('Retain') ? 'Retain' : values.at(-1);
      if (value !== undefined) attributes[name] = value;
    }
    const conditions = this.#attributes.map((item) => item['Condition']);
    const names = conditions.filter((condition) => typeof condition === 'string');
    if (names.length === conditions.length) {
      const unique = [...new Set(names)].toReversed();
      attributes['Condition'] = combineConditions(context.conditions, sharedConditionName, unique);
    }
    return attributes;
  }
}

/** What the API's `Auth.UsagePlan` asks for; a shared plan is made once, at the end. */
export function usagePlan(
  resource: SamResource,
  api: CfnResource,
  stage: CfnResource,
  context: TransformContext,
): CfnResource[] {
  const auth = resource.properties['Auth'];
  const given = isMap(auth) ? auth['UsagePlan'] : undefined;
  if (given === undefined || isBlank(given)) return [];
  const settings = checkSettings(resource.logicalId, given);
  const kind = resolveParameters(settings['CreateUsagePlan'], context.parameters);
  if (kind === 'NONE') return [];
  if (kind !== 'PER_API' && kind !== 'SHARED') {
    throw new InvalidResource(
      resource.logicalId,
      "'CreateUsagePlan' accepts one of the following values: PER_API, SHARED, NONE",
    );
  }
  const own: JsonMap = {};
  for (const name of settingNames) {
    const value = settings[name];
    if (value !== undefined) own[name] = value;
  }
  const prefix = kind === 'SHARED' ? sharedPrefix : resource.logicalId;
  for (const part of ['UsagePlan', 'UsagePlanKey', 'ApiKey']) {
    context.references.add(resource.logicalId, part, prefix + part);
  }
  if (kind === 'PER_API') return planResources(prefix, [{ api, stage }], own, resource.passedOn);
  context.usagePlan.add({ api, stage }, own, resource.passedOn);
  return [];
}

function checkSettings(logicalId: string, given: Json): JsonMap {
  const fail = (detail: string): InvalidResource => new InvalidResource(logicalId, detail);
  if (!isMap(given)) throw fail("'UsagePlan' must be a dictionary");
  if (!Object.keys(given).every((name) => allowedNames.has(name))) throw fail("Invalid property for 'UsagePlan'");
  if (given['CreateUsagePlan'] === undefined) {
    throw fail("'CreateUsagePlan' is a required field inside 'UsagePlan' properties");
  }
  return given;
}

function planResources(
  prefix: string,
  stages: readonly PlannedStage[],
  settings: JsonMap,
  attributes: JsonMap,
): CfnResource[] {
  const plan = cfnResource(
    `${prefix}UsagePlan`,
    'AWS::ApiGateway::UsagePlan',
    { ApiStages: stages.map(({ api, stage }) => ({ ApiId: refTo(api), Stage: refTo(stage) })), ...settings },
    { DependsOn: stages.map(({ api }) => api.logicalId), ...attributes },
  );
  const apiKey = cfnResource(
    `${prefix}ApiKey`,
    'AWS::ApiGateway::ApiKey',
    {
      Enabled: true,
      StageKeys: stages.map(({ api, stage }) => ({ RestApiId: refTo(api), StageName: refTo(stage) })),
    },
    { DependsOn: [plan.logicalId], ...attributes },
  );
  const planKey = cfnResource(
    `${prefix}UsagePlanKey`,
    'AWS::ApiGateway::UsagePlanKey',
    { KeyId: refTo(apiKey), KeyType: 'API_KEY', UsagePlanId: refTo(plan) },
    { DependsOn: [apiKey.logicalId], ...attributes },
  );
  return [plan, apiKey, planKey];
}

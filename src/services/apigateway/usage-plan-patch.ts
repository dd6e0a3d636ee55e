// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateUsagePlan-Patch
import { badRequest } from './errors.ts';
import { textRule, toNumber, type PatchRule } from './patch.ts';
import type { UsagePlanRecord } from './store.ts';

type ApiStage = UsagePlanRecord['apiStages'][number];

function splitStage(text: string): { apiId: string; stage: string } {
  const [apiId, stage, ...rest] = text.split(':');
  if (!apiId || !stage || rest.length > 0) throw badRequest(`Invalid API Stage specified: ${text}`);
  return { apiId, stage };
}

function requireStage(plan: UsagePlanRecord, text: string): ApiStage {
  const { apiId, stage } = splitStage(text);
  const found = plan.apiStages.find((each) => each.apiId === apiId && each.stage === stage);
  if (!found) throw badRequest(`API Stage ${text} is not associated with this Usage Plan`);
  return found;
}

const throttleRule = (member: 'rateLimit' | 'burstLimit'): PatchRule<UsagePlanRecord> => ({
  path: `/throttle/${member}`,
  ops: ['replace', 'add'],
  apply: (plan, value) => void (plan.throttle = { ...plan.throttle, [member]: toNumber(value) }),
});

const methodThrottleRule = (member: 'rateLimit' | 'burstLimit'): PatchRule<UsagePlanRecord> => ({
  path: `/apiStages/*/throttle/*/*/${member}`,
  ops: ['replace', 'add'],
  apply(plan, value, [stage = '', path = '', method = '']) {
    const found = requireStage(plan, stage);
    const name = `${path}/${method}`;
    found.throttle = { ...found.throttle, [name]: { ...found.throttle?.[name], [member]: toNumber(value) } };
  },
});

const quotaRule = (
  member: 'limit' | 'offset' | 'period',
  read: (text: string) => unknown,
): PatchRule<UsagePlanRecord> => ({
  path: `/quota/${member}`,
  ops: ['replace', 'add'],
  apply: (plan, value) =>
    void (plan.quota = { ...plan.quota, [member]: read(value) } as UsagePlanRecord['quota'] & object),
});

export const USAGE_PLAN_RULES: readonly PatchRule<UsagePlanRecord>[] = [
  textRule('name'),
  textRule('description'),
  throttleRule('burstLimit'),
  throttleRule('rateLimit'),
  { path: '/throttle', ops: ['remove'], apply: (plan) => void delete plan.throttle },
  quotaRule('limit', toNumber),
  quotaRule('offset', toNumber),
  quotaRule('period', (text) => text),
  { path: '/quota', ops: ['remove'], apply: (plan) => void delete plan.quota },
  {
    path: '/apiStages',
    ops: ['add', 'remove'],
    apply(plan, value, _captured, op) {
      if (op === 'add') plan.apiStages.push(splitStage(value));
      else {
        const removed = requireStage(plan, value);
        plan.apiStages = plan.apiStages.filter((stage) => stage !== removed);
      }
    },
  },
  methodThrottleRule('burstLimit'),
  methodThrottleRule('rateLimit'),
  {
    path: '/apiStages/*/throttle/*/*',
    ops: ['remove'],
    apply: (plan, _value, [stage = '', path = '', method = '']) =>
      void delete requireStage(plan, stage).throttle?.[`${path}/${method}`],
  },
  {
    path: '/apiStages/*/throttle',
    ops: ['remove'],
    apply: (plan, _value, [stage = '']) => void delete requireStage(plan, stage).throttle,
  },
];

// What UpdateStage may change: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
import type { PublishedMethodSetting } from '#gateway/index.ts';
import { badRequest } from './errors.ts';
import {
  applyPatch,
  textRule,
  toBoolean,
  toNumber,
  unescapePointer,
  type PatchOperation,
  type PatchRule,
} from './patch.ts';
import { enableCache } from './stage-rules.ts';
import type { StageRecord } from './store.ts';

type Canary = NonNullable<StageRecord['canarySettings']>;

/** `throttling/rateLimit`: the member of a method setting, and how its text is read. */
const SETTINGS: Record<string, [member: keyof PublishedMethodSetting, read: (text: string) => unknown]> = {
  'metrics/enabled': ['metricsEnabled', toBoolean],
  'logging/dataTrace': ['dataTraceEnabled', toBoolean],
  'logging/loglevel': ['loggingLevel', loggingLevel],
  'throttling/burstLimit': ['throttlingBurstLimit', throttle],
  'throttling/rateLimit': ['throttlingRateLimit', throttle],
  'caching/ttlInSeconds': ['cacheTtlInSeconds', cacheTtl],
  'caching/enabled': ['cachingEnabled', toBoolean],
  'caching/dataEncrypted': ['cacheDataEncrypted', toBoolean],
  'caching/requireAuthorizationForCacheControl': ['requireAuthorizationForCacheControl', toBoolean],
  'caching/unauthorizedCacheControlHeaderStrategy': ['unauthorizedCacheControlHeaderStrategy', cacheStrategy],
};

/** What GetStage shows beside the settings that were made; -1 = as the stage, or the account, has it. */
const DEFAULT_SETTING = {
  metricsEnabled: false,
  loggingLevel: 'OFF',
  dataTraceEnabled: false,
  throttlingBurstLimit: -1,
  throttlingRateLimit: -1,
  cachingEnabled: false,
  cacheTtlInSeconds: 300,
  cacheDataEncrypted: false,
  requireAuthorizationForCacheControl: true,
  unauthorizedCacheControlHeaderStrategy: 'SUCCEED_WITH_RESPONSE_HEADER',
} as const satisfies PublishedMethodSetting;

const CACHE_TTL_SECONDS_MAX = 3600;
const LEVELS = ['OFF', 'ERROR', 'INFO'];
const STRATEGIES = ['FAIL_WITH_403', 'SUCCEED_WITH_RESPONSE_HEADER', 'SUCCEED_WITHOUT_RESPONSE_HEADER'];

function loggingLevel(text: string): string {
  if (!LEVELS.includes(text))
    throw badRequest(`Invalid logging level specified. Valid values are ${LEVELS.join(', ')}`);
  return text;
}

function throttle(text: string): number {
  const value = toNumber(text);
  if (value < 0 && value !== -1) throw badRequest('Throttling limits must be greater than or equal to 0');
  return value;
}

function cacheTtl(text: string): number {
  const value = toNumber(text);
  if (!Number.isInteger(value) || value < 0 || value > CACHE_TTL_SECONDS_MAX) {
    throw badRequest(`Invalid cache TTL specified. It must be between 0 and ${CACHE_TTL_SECONDS_MAX} seconds`);
  }
  return value;
}

function cacheStrategy(text: string): string {
  if (!STRATEGIES.includes(text)) {
    throw badRequest(
      `Invalid unauthorizedCacheControlHeaderStrategy specified. Valid values are ${STRATEGIES.join(', ')}`,
    );
  }
  return text;
}

/** The resource may come as one escaped step (`~1pets~1{id}`) or, as Terraform sends it, with its slashes. */
const METHOD_PATH = /^\/(.+)\/(ANY|DELETE|GET|HEAD|OPTIONS|PATCH|POST|PUT|\*)$/;
const SETTING_PATH = new RegExp(`${METHOD_PATH.source.slice(0, -1)}/(${Object.keys(SETTINGS).join('|')})$`);

/** As GetStage names it: `pets/{id}/GET`, `~1/GET` for the root resource, `*\/*` for all. */
function settingKey(resource: string, method: string): string {
  const path = unescapePointer(resource).replace(/^\//, '');
  return `${path === '' ? '~1' : path}/${method}`;
}

/** True when the operation was about a method's settings. */
function patchMethodSetting(stage: StageRecord, { op, path = '', value }: PatchOperation): boolean {
  const setting = SETTING_PATH.exec(path);
  if (setting && (op === 'replace' || op === 'add')) {
    const [, resource = '', method = '', name = ''] = setting;
    const [member, read] = SETTINGS[name]!;
    if (value === undefined) throw badRequest(`Invalid null or empty value for patch path '${path}'`);
    const key = settingKey(resource, method);
    const changed = { ...DEFAULT_SETTING, ...stage.methodSettings[key], [member]: read(value) };
    stage.methodSettings[key] = changed;
    return true;
  }
  const removed = METHOD_PATH.exec(path);
  if (!removed || op !== 'remove') return false;
  delete stage.methodSettings[settingKey(removed[1] ?? '', removed[2] ?? '')];
  return true;
}

const changeCanary = (stage: StageRecord, change: Partial<Canary>): void => {
  stage.canarySettings = { ...stage.canarySettings, ...change };
};

function changeMap(
  map: Record<string, string> | undefined,
  name: string,
  value: string,
  op: string,
): Record<string, string> {
  const changed = { ...map };
  if (op === 'remove') delete changed[name];
  else changed[name] = value;
  return changed;
}

const RULES: readonly PatchRule<StageRecord>[] = [
  textRule('deploymentId'),
  textRule('description'),
  {
    path: '/cacheClusterEnabled',
    ops: ['replace'],
    apply: (stage, value) => enableCache(stage, toBoolean(value)),
  },
  textRule('cacheClusterSize'),
  {
    path: '/clientCertificateId',
    ops: ['replace'],
    apply(stage, value) {
      if (value === '') delete stage.clientCertificateId;
      else stage.clientCertificateId = value;
    },
  },
  {
    path: '/documentationVersion',
    ops: ['replace'],
    apply(stage, value) {
      if (value === '') delete stage.documentationVersion;
      else stage.documentationVersion = value;
    },
  },
  {
    path: '/tracingEnabled',
    ops: ['replace'],
    apply: (stage, value) => void (stage.tracingEnabled = toBoolean(value)),
  },
  {
    path: '/variables/*',
    ops: ['add', 'replace', 'remove'],
    apply: (stage, value, [name = ''], op) => void (stage.variables = changeMap(stage.variables, name, value, op)),
  },
  {
    path: '/accessLogSettings/format',
    ops: ['replace', 'add'],
    apply: (stage, format) => void (stage.accessLogSettings = { ...stage.accessLogSettings, format }),
  },
  {
    path: '/accessLogSettings/destinationArn',
    ops: ['replace', 'add'],
    apply: (stage, value) =>
      void (stage.accessLogSettings = { ...stage.accessLogSettings, destinationArn: value.replace(/:\*$/, '') }),
  },
  { path: '/accessLogSettings', ops: ['remove'], apply: (stage) => void delete stage.accessLogSettings },
  { path: '/canarySettings', ops: ['remove'], apply: (stage) => void delete stage.canarySettings },
  {
    path: '/canarySettings/percentTraffic',
    ops: ['replace', 'add'],
    apply: (stage, value) => changeCanary(stage, { percentTraffic: toNumber(value) }),
  },
  {
    path: '/canarySettings/deploymentId',
    ops: ['replace', 'add'],
    apply: (stage, deploymentId) => changeCanary(stage, { deploymentId }),
  },
  {
    path: '/canarySettings/useStageCache',
    ops: ['replace', 'add'],
    apply: (stage, value) => changeCanary(stage, { useStageCache: toBoolean(value) }),
  },
  {
    path: '/canarySettings/stageVariableOverrides/*',
    ops: ['replace', 'add', 'remove'],
    apply: (stage, value, [name = ''], op) =>
      changeCanary(stage, {
        stageVariableOverrides: changeMap(stage.canarySettings?.stageVariableOverrides, name, value, op),
      }),
  },
];

/** Promoting a canary copies what it has to the stage. */
function copy(stage: StageRecord, { from, path }: PatchOperation): void {
  const canary = stage.canarySettings;
  if (from === '/canarySettings/stageVariableOverrides' && path === '/variables') {
    stage.variables = { ...stage.variables, ...canary?.stageVariableOverrides };
  } else if (from === '/canarySettings/deploymentId' && path === '/deploymentId') {
    if (canary?.deploymentId === undefined) throw badRequest('The stage has no canary to copy from');
    stage.deploymentId = canary.deploymentId;
  } else
    throw badRequest(
      `Invalid patch path  '${path}' specified for op 'copy'. Must be one of: [/deploymentId, /variables]`,
    );
}

const PLAIN_PATHS = RULES.map((rule) => rule.path.replace('/*', '/{name}'));
const KNOWN_PATHS = [...PLAIN_PATHS, ...Object.keys(SETTINGS).map((name) => `/{resourcePath}/{httpMethod}/${name}`)];
const FIRST_STEPS = new Set(RULES.map((rule) => rule.path.split('/')[1]));

export function patchStage(stage: StageRecord, operations: readonly PatchOperation[]): void {
  for (const operation of operations) {
    const { op, path = '' } = operation;
    if (op === 'copy') copy(stage, operation);
    else if (patchMethodSetting(stage, operation)) continue;
    else if (FIRST_STEPS.has(path.split('/')[1])) applyPatch(stage, [operation], RULES);
    // Every path that is no member of a stage is taken for a method's.
    else throw badRequest(`Invalid method setting path: ${path}. Must be one of: [${KNOWN_PATHS.join(', ')}]`);
  }
}

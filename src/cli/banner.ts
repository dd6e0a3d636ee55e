// What start says once it serves: every door of the application, on one screen.
import { ServiceError } from '#core/errors.ts';
import type { Platform } from '#kernel/platform.ts';
import { findPublishedStage, publishedPrefix, type PublishedStage } from '#gateway/published.ts';
import { localUrls } from './local-urls.ts';

const LINES_PER_SECTION_MAX = 14;
const METHOD_WIDTH = 8;

interface Facts {
  endpoint: string;
  stackName?: string;
  dataDir?: string;
  isolation: string;
  warnings: readonly string[];
  outputs: Record<string, string>;
}

export async function publishedStages(platform: Platform): Promise<PublishedStage[]> {
  const stages: PublishedStage[] = [];
  for (const { key } of await platform.store.list({ prefix: publishedPrefix })) {
    const [, , apiId, kind, name] = key;
    if (kind !== 'stage' || key.length !== 5) continue;
    const found = await findPublishedStage(platform.store, apiId as string, name as string);
    if (found) stages.push(found.stage);
  }
  return stages;
}

function throttleOf(settings: Record<string, any> | undefined, keys: readonly string[]): string {
  for (const key of keys) {
    const each = settings?.[key];
    if (each?.throttlingRateLimit !== undefined)
      return `, ${each.throttlingRateLimit}/s burst ${each.throttlingBurstLimit}`;
  }
  return '';
}

function routesOf(stage: PublishedStage, platform: Platform): string[] {
  const { domain, port } = platform.config;
  const name = stage.stage.stageName;
  const base = `http://${stage.apiId}.execute-api.${stage.region}.${domain}:${port}${name === '$default' ? '' : `/${name}`}`;
  if (stage.kind !== 'REST') {
    return stage.deployment.routes.map((route) => {
      const [method = 'ANY', path = '/'] =
        route.routeKey === '$default' ? ['ANY', '/{anything}'] : route.routeKey.split(' ');
      const auth =
        route.authorizationType === undefined || route.authorizationType === 'NONE' ? 'open' : route.authorizationType;
      return `${method.padEnd(METHOD_WIDTH)} ${base}${path}  (${auth})`;
    });
  }
  return stage.deployment.resources.flatMap(({ path, resourceMethods }) =>
    Object.values(resourceMethods ?? {}).map((method) => {
      const escaped = path.replaceAll('/', '~1');
      const keys = [
        `${path}/${method.httpMethod}`,
        `${path.slice(1)}/${method.httpMethod}`,
        `${escaped}/${method.httpMethod}`,
        '*/*',
      ];
      const auth =
        method.authorizationType === 'NONE' ? (method.apiKeyRequired ? 'API key' : 'open') : method.authorizationType;
      return `${method.httpMethod.padEnd(METHOD_WIDTH)} ${base}${path}  (${auth}${throttleOf(stage.stage.methodSettings, keys)})`;
    }),
  );
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(0, LINES_PER_SECTION_MAX).map((line) => `  ${line}`);
  const rest = lines.length - LINES_PER_SECTION_MAX;
  return ['', title, ...shown, ...(rest > 0 ? [`  … and ${rest} more`] : [])];
}

/** Asks a service for what it has; a service that is not there has nothing. */
async function ask<T>(question: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return otherwise;
  }
}

export async function banner(platform: Platform, facts: Facts): Promise<string> {
  const { defaultAccountId: accountId, defaultRegion: region, iam, inspect, smtpRelay, tlsPort } = platform.config;
  const as = { type: 'root' as const, accountId, arn: `arn:aws:iam::${accountId}:root`, userId: accountId };
  const options = { as, accountId, region, trusted: true };
  const routes = (await publishedStages(platform)).flatMap((stage) => routesOf(stage, platform));
  const functions = await ask(
    async () => (await platform.call('lambda', 'ListFunctions', {}, options)).Functions ?? [],
    [],
  );
  const buckets = await ask(async () => (await platform.call('s3', 'ListBuckets', {}, options)).Buckets ?? [], []);
  const lines = [
    `Gatehouse serves ${facts.stackName ?? 'an empty account'} on ${facts.endpoint}`,
    ...section(
      'Outputs',
      Object.entries(facts.outputs).map(([name, value]) => `${name.padEnd(20)} ${localUrls(value, platform)}`),
    ),
    ...section('Routes', routes),
    ...section(
      'Functions',
      functions.map(
        (each) =>
          `${each.FunctionName}  (${each.Runtime ?? each.PackageType}, ${each.MemorySize} MB, ${each.Timeout} s)`,
      ),
    ),
    ...section(
      'Buckets',
      buckets.map((each) => each.Name ?? '').filter((name) => !name.startsWith('gatehouse-assets-')),
    ),
    '',
    `Inbox      ${facts.endpoint}/_gatehouse/inbox${smtpRelay ? `, relayed to ${smtpRelay.replace(/\/\/.*@/, '//…@')}` : ''}`,
    ...(inspect ? [`Inspector  127.0.0.1:${inspect.port} for ${inspect.name}; its files lie in /var/task`] : []),
    ...(tlsPort === undefined
      ? []
      : [`HTTPS      port ${tlsPort}${facts.dataDir ? `, certified by ${facts.dataDir}/ca.pem` : ''}`]),
    `Data       ${facts.dataDir ?? 'in memory: gone when this ends'}`,
    `Isolation  ${facts.isolation}`,
    `IAM        ${iam === 'enforce' ? 'enforced' : 'violations are reported, not denied (--iam enforce)'}`,
    ...section('Warnings', facts.warnings),
    '',
    'Saved files are served at once. Ctrl-C ends everything.',
    '',
  ];
  return lines.join('\n');
}

import type { Operation } from '#kernel/service.ts';
import { describeDocument, documentationExtension } from './documentation-openapi.ts';
import { badRequest, deploymentNotFound, stageNotFound } from './errors.ts';
import { jacksonJson } from './jackson-json.ts';
import { exportDocument } from './openapi-export.ts';
import { requireApi } from './rest-apis.ts';
import { documentationSnapshots, documentationVersions, frozen, placeOf, stages } from './store.ts';

const VERSIONS: Record<string, 2 | 3> = { swagger: 2, oas30: 3 };
/** As Jackson prints it: every text in quotes, lists as far left as their names. */
const YAML = { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', indentSeq: false } as const;
const EXTENSIONS = ['apigateway', 'authorizers', 'documentation', 'integrations'];

export const getExport: Operation<'apigateway', 'GetExport'> = async (input, context) => {
  const { restApiId, stageName, exportType, accepts = 'application/json' } = input;
  const version = VERSIONS[exportType];
  if (version === undefined) throw badRequest('Invalid exportType specified. Valid values are swagger and oas30');
  if (accepts !== 'application/json' && accepts !== 'application/yaml') {
    throw badRequest('Invalid accepts specified. Valid values are application/json and application/yaml');
  }
  const extensions = (input.parameters?.['extensions'] ?? '').split(',').filter(Boolean);
  for (const name of extensions) {
    if (!EXTENSIONS.includes(name)) throw badRequest(`Invalid extensions specified: ${name}`);
  }
  const all = extensions.includes('apigateway');
  const at = placeOf(context);
  const api = await requireApi(context, restApiId);
  const stage = await stages.find(context.store, at, restApiId, stageName);
  if (!stage) throw stageNotFound();
  const deployment = await frozen.find(context.store, at, restApiId, stage.deploymentId);
  if (!deployment) throw deploymentNotFound();
  const { domain, port } = context.platform.config;
  const document = exportDocument(deployment, {
    version,
    title: api.name,
    description: api.description,
    apiVersion: api.version ?? `${new Date(api.createdDate).toISOString().slice(0, 19)}Z`,
    host: `${api.id}.execute-api.${at.region}.${domain}:${port}`,
    stageName,
    withIntegrations: all || extensions.includes('integrations'),
    withAuthorizers: all || extensions.includes('authorizers'),
    withExtensions: all,
  });
  const { documentationVersion } = stage;
  const published = documentationVersion
    ? await documentationSnapshots.find(context.store, at, restApiId, documentationVersion)
    : undefined;
  if (published) describeDocument(document, published.parts);
  if (published && (all || extensions.includes('documentation'))) {
    const record = await documentationVersions.find(context.store, at, restApiId, published.version);
    Object.assign(document, documentationExtension(published, record?.createdDate ?? 0));
  }
  const isJson = accepts === 'application/json';
  const text = isJson ? jacksonJson(document) : `---\n${(await import('yaml')).stringify(document, YAML)}`;
  return {
    contentType: accepts,
    contentDisposition: `attachment; filename="${exportType}_${restApiId}_${stageName}.${isJson ? 'json' : 'yaml'}"`,
    // The client dresses the bytes; here they are bytes.
    body: Buffer.from(text) as never,
  };
};

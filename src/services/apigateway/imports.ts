import type { Operation } from '#kernel/service.ts';
import { badRequest, notOneOf } from './errors.ts';
import { importDocumentation } from './documentation-parts.ts';
import { importDocument } from './openapi.ts';
import { parseDocument, settingsOf } from './openapi-document.ts';
import { republishStages } from './publish.ts';
import { checkCompression, checkPolicy, checkSecurity } from './rest-api-rules.ts';
import { describeApi, putNewApi, requireApi } from './rest-apis.ts';
import { deleteBelow, placeOf, resources, restApis, type RestApiRecord } from './store.ts';

/** What a document says anew when it overwrites; stages and deployments stay. */
const DOCUMENT_KINDS = ['model', 'validator', 'authorizer', 'gateway-response'] as const;

function endpointTypes(parameters: Record<string, string>): { types: string[] } | undefined {
  const types = parameters['endpointConfigurationTypes'];
  return types === undefined ? undefined : { types: types.split(',') };
}

function refuseWarnings(failOnWarnings: boolean | undefined, warnings: string[]): void {
  if (failOnWarnings && warnings.length > 0)
    throw badRequest(`Warnings found during import:\n\t${warnings.join('\n\t')}`);
}

export const importRestApi: Operation<'apigateway', 'ImportRestApi'> = async (input, context) => {
  const document = await parseDocument(input.body);
  const parameters = (input.parameters ?? {}) as Record<string, string>;
  return context.store.transact(async (tx) => {
    const api = putNewApi(tx, context, {
      ...settingsOf(document),
      name: String(document.info?.title ?? 'Imported on Amazon API Gateway'),
      endpointConfiguration: endpointTypes(parameters),
    });
    const warnings = await importDocument(tx, context, api, document, parameters);
    warnings.push(...(await importDocumentation(tx, context, api, document, 'overwrite')).warnings);
    refuseWarnings(input.failOnWarnings, warnings);
    return describeApi(api);
  });
};

export const putRestApi: Operation<'apigateway', 'PutRestApi'> = async (input, context) => {
  const mode = input.mode ?? 'merge';
  if (mode !== 'merge' && mode !== 'overwrite') throw notOneOf(mode, 'mode', ['merge', 'overwrite']);
  const document = await parseDocument(input.body);
  return context.store.transact(async (tx) => {
    const at = placeOf(context);
    const before = await requireApi(context, input.restApiId, tx);
    const api: RestApiRecord = { ...before, ...settingsOf(document) };
    checkCompression(api.minimumCompressionSize);
    checkPolicy(api.policy);
    checkSecurity(api);
    if (document.info?.title !== undefined) api.name = String(document.info.title);
    if (mode === 'overwrite') {
      await deleteBelow(tx, tx, at, api.id, DOCUMENT_KINDS);
      for (const resource of await resources.list(tx, at, api.id)) {
        if (resource.id === api.rootResourceId) resources.put(tx, at, api.id, { ...resource, resourceMethods: {} });
        else resources.remove(tx, at, api.id, resource.id);
      }
    }
    restApis.put(tx, at, '', api);
    const parameters = (input.parameters ?? {}) as Record<string, string>;
    const warnings = await importDocument(tx, context, api, document, parameters);
    warnings.push(...(await importDocumentation(tx, context, api, document, mode)).warnings);
    refuseWarnings(input.failOnWarnings, warnings);
    await republishStages(tx, context, api);
    return describeApi(api);
  });
};

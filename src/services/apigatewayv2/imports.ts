// ImportApi, ReimportApi and ExportApi.
import type { PublishedHttpDeployment } from '#gateway/index.ts';
import type { Operation } from '#kernel/service.ts';
import { describeApi, putNewApi, requireApi, settingsOf } from './api-settings.ts';
import { badRequest, deploymentNotFound, stageNotFound } from './errors.ts';
import { parseDocument } from './openapi/document.ts';
import { exportDocument } from './openapi/export.ts';
import { importDocument, settingsOf as settingsOfDocument, tagsOf } from './openapi/import.ts';
import { deployChanges, freezeHttp, republishStages } from './publish.ts';
import { apis, frozen, placeOf, stages, type ApiRecord } from './store.ts';
import { checkTags } from './tags.ts';

/** The record with the warnings of its import; all is undone when the caller wants none. */
function withWarnings(api: ApiRecord, warnings: string[], failOnWarnings: boolean | undefined): ApiRecord {
  if (failOnWarnings && warnings.length > 0) {
    throw badRequest(`Warnings found during import:\n\t${warnings.join('\n\t')}`);
  }
  const { Warnings: _before, ...rest } = api;
  return { ...rest, ...(warnings.length > 0 && { Warnings: warnings }) };
}

function refuseWebSocket({ ProtocolType }: ApiRecord): void {
  if (ProtocolType !== 'HTTP') throw badRequest('Import and export are supported only for HTTP APIs');
}

export const importApi: Operation<'apigatewayv2', 'ImportApi'> = async (input, context) => {
  const document = await parseDocument(input.Body);
  const api = await context.store.transact(async (tx) => {
    const created = putNewApi(tx, context, settingsOfDocument(document), tagsOf(document));
    const warnings = await importDocument(tx, context, created.ApiId, document, input.Basepath);
    const imported = withWarnings(created, warnings, input.FailOnWarnings);
    apis.put(tx, placeOf(context), '', imported);
    return imported;
  });
  return describeApi(api, context);
};

export const reimportApi: Operation<'apigatewayv2', 'ReimportApi'> = async (input, context) => {
  const document = await parseDocument(input.Body);
  const api = await context.store.transact(async (tx) => {
    const before = await requireApi(context, input.ApiId, tx);
    refuseWebSocket(before);
    const tags = { ...before.Tags, ...tagsOf(document) };
    checkTags(tags);
    const overwritten = settingsOf({ ...before, Tags: tags }, settingsOfDocument(document));
    const warnings = await importDocument(tx, context, before.ApiId, document, input.Basepath);
    const imported = withWarnings(overwritten, warnings, input.FailOnWarnings);
    apis.put(tx, placeOf(context), '', imported);
    await republishStages(tx, context, imported);
    await deployChanges(tx, context, imported);
    return imported;
  });
  return describeApi(api, context);
};

export const exportApi: Operation<'apigatewayv2', 'ExportApi'> = async (input, context) => {
  const { ApiId, StageName, Specification, OutputType, ExportVersion, IncludeExtensions } = input;
  if (Specification !== 'OAS30') throw badRequest('Invalid specification specified. Valid values are OAS30');
  if (OutputType !== 'JSON' && OutputType !== 'YAML') {
    throw badRequest('Invalid output type specified. Valid values are YAML and JSON');
  }
  if (ExportVersion !== undefined && ExportVersion !== '1.0') {
    throw badRequest('Invalid export version specified. Valid values are 1.0');
  }
  const document = await context.store.transact(async (tx) => {
    const at = placeOf(context);
    const api = await requireApi(context, ApiId, tx);
    refuseWebSocket(api);
    const stage = StageName === undefined ? undefined : await stages.find(tx, at, ApiId, StageName);
    if (StageName !== undefined && !stage) throw stageNotFound();
    const deployed = stage?.DeploymentId ? await frozen.find(tx, at, ApiId, stage.DeploymentId) : undefined;
    if (stage && !deployed) throw deploymentNotFound();
    return exportDocument(api, (deployed ?? (await freezeHttp(tx, context, api, ''))) as PublishedHttpDeployment, {
      endpoint: describeApi(api, context).ApiEndpoint ?? '',
      stageName: StageName,
      withExtensions: IncludeExtensions ?? true,
      createdMs: api.createdMs,
    });
  });
  const text = OutputType === 'JSON' ? JSON.stringify(document, null, 2) : (await import('yaml')).stringify(document);
  // The client dresses the bytes; here they are bytes.
  return { body: Buffer.from(text) as never };
};

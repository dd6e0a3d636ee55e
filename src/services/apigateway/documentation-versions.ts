// Snapshots of an API's documentation, which stages publish.
import type { DocumentationVersion } from '@aws-sdk/client-api-gateway';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { badRequest, conflict, documentationVersionNotFound, stageNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, textRule } from './patch.ts';
import { requireApi } from './rest-apis.ts';
import { putStage, seconds } from './stage-rules.ts';
import {
  documentationParts,
  documentationSnapshots,
  documentationVersions,
  placeOf,
  stages,
  type DocumentationVersionRecord,
} from './store.ts';

const VERSION_LENGTH_MAX = 64;

const describe = ({ version, createdDate, description }: DocumentationVersionRecord): DocumentationVersion => ({
  version,
  createdDate: seconds(createdDate),
  ...(description !== undefined && { description }),
});

async function requireVersion(
  reader: Reader,
  context: Context,
  restApiId: string,
  version: string,
): Promise<DocumentationVersionRecord> {
  const found = await documentationVersions.find(reader, placeOf(context), restApiId, version);
  if (!found) throw documentationVersionNotFound();
  return found;
}

export const createDocumentationVersion: Operation<'apigateway', 'CreateDocumentationVersion'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    const { documentationVersion: version, description, stageName } = input;
    const api = await requireApi(context, input.restApiId, tx);
    if (version === '' || version.length > VERSION_LENGTH_MAX) {
      throw badRequest(`Documentation version must have 1 to ${VERSION_LENGTH_MAX} characters`);
    }
    if (await documentationVersions.find(tx, at, api.id, version)) {
      throw conflict('Documentation version already exists');
    }
    const made: DocumentationVersionRecord = {
      version,
      createdDate: context.clock.now(),
      ...(description !== undefined && { description }),
    };
    documentationVersions.put(tx, at, api.id, made);
    documentationSnapshots.put(tx, at, api.id, { version, parts: await documentationParts.list(tx, at, api.id) });
    if (stageName !== undefined) {
      const stage = await stages.find(tx, at, api.id, stageName);
      if (!stage) throw stageNotFound();
      const lastUpdatedDate = context.clock.now();
      await putStage(tx, context, api, { ...stage, documentationVersion: version, lastUpdatedDate });
    }
    return describe(made);
  });

export const getDocumentationVersion: Operation<'apigateway', 'GetDocumentationVersion'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  return describe(await requireVersion(context.store, context, input.restApiId, input.documentationVersion));
};

export const getDocumentationVersions: Operation<'apigateway', 'GetDocumentationVersions'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const all = await documentationVersions.list(context.store, placeOf(context), input.restApiId);
  const { items, position } = pageOf(all, (each) => each.version, input);
  return { items: items.map(describe), ...(position !== undefined && { position }) };
};

export const updateDocumentationVersion: Operation<'apigateway', 'UpdateDocumentationVersion'> = (input, context) =>
  context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    const found = await requireVersion(tx, context, input.restApiId, input.documentationVersion);
    applyPatch(found, input.patchOperations, [textRule<DocumentationVersionRecord>('description')]);
    documentationVersions.put(tx, placeOf(context), input.restApiId, found);
    return describe(found);
  });

export const deleteDocumentationVersion: Operation<'apigateway', 'DeleteDocumentationVersion'> = async (
  input,
  context,
) => {
  await context.store.transact(async (tx) => {
    const at = placeOf(context);
    await requireApi(context, input.restApiId, tx);
    const { version } = await requireVersion(tx, context, input.restApiId, input.documentationVersion);
    const using = await stages.list(tx, at, input.restApiId);
    if (using.some((stage) => stage.documentationVersion === version)) {
      throw badRequest('Active stages pointing to this documentation version must be moved or deleted');
    }
    documentationVersions.remove(tx, at, input.restApiId, version);
    documentationSnapshots.remove(tx, at, input.restApiId, version);
  });
  return {};
};

// Documentation of an API's parts. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-documenting-api.html
import type { DocumentationPart } from '@aws-sdk/client-api-gateway';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { undocumentedLocations } from './documentation-gaps.ts';
import { isLocationType, locationKey, locationOf } from './documentation-location.ts';
import { documentationOf, type FoundPart } from './documentation-openapi.ts';
import { badRequest, conflict, documentationPartNotFound, limitExceeded } from './errors.ts';
import { parseDocument, type Json } from './openapi-document.ts';
import { pageOf } from './page.ts';
import { applyPatch, textRule } from './patch.ts';
import { requireApi } from './rest-apis.ts';
import { documentationParts, placeOf, type DocumentationPartRecord, type RestApiRecord } from './store.ts';

/** Quota "Documentation parts per API" */
const PARTS_MAX = 2000;

function checkProperties(properties: string): void {
  if (properties === '') throw badRequest('Documentation part properties must be non-empty');
  let value: unknown;
  try {
    value = JSON.parse(properties);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badRequest('Invalid documentation properties: they must be a JSON object');
  }
}

async function requirePart(
  reader: Reader,
  context: Context,
  restApiId: string,
  id: string,
): Promise<DocumentationPartRecord> {
  const part = await documentationParts.find(reader, placeOf(context), restApiId, id);
  if (!part) throw documentationPartNotFound();
  return part;
}

export const createDocumentationPart: Operation<'apigateway', 'CreateDocumentationPart'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    await requireApi(context, input.restApiId, tx);
    const location = locationOf(input.location);
    checkProperties(input.properties);
    const all = await documentationParts.list(tx, at, input.restApiId);
    const key = locationKey(location);
    if (all.some((part) => locationKey(part.location) === key)) {
      throw conflict('Documentation part already exists for the specified location');
    }
    if (all.length >= PARTS_MAX) throw limitExceeded('Maximum number of documentation parts has been reached.');
    const part: DocumentationPartRecord = { id: context.ids.lower(6), location, properties: input.properties };
    documentationParts.put(tx, at, input.restApiId, part);
    return part as DocumentationPart;
  });

export const getDocumentationPart: Operation<'apigateway', 'GetDocumentationPart'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  return (await requirePart(context.store, context, input.restApiId, input.documentationPartId)) as DocumentationPart;
};

export const getDocumentationParts: Operation<'apigateway', 'GetDocumentationParts'> = async (input, context) => {
  const { restApiId, type, nameQuery, path, locationStatus = 'DOCUMENTED' } = input;
  await requireApi(context, restApiId);
  if (type !== undefined && !isLocationType(type))
    throw badRequest(`Invalid documentation part type specified: ${type}`);
  if (locationStatus !== 'DOCUMENTED' && locationStatus !== 'UNDOCUMENTED') {
    throw badRequest('Invalid locationStatus specified. Valid values are DOCUMENTED and UNDOCUMENTED');
  }
  const parts = await documentationParts.list(context.store, placeOf(context), restApiId);
  const all: { id?: string; location: DocumentationPartRecord['location'] }[] =
    locationStatus === 'DOCUMENTED'
      ? parts
      : (await undocumentedLocations(context, restApiId, parts)).map((location) => ({ location }));
  const wanted = all.filter(
    ({ location }) =>
      (type === undefined || location.type === type) &&
      (nameQuery === undefined || (location.name ?? '').includes(nameQuery)) &&
      (path === undefined || (location.path ?? '/').startsWith(path)),
  );
  const { items, position } = pageOf(wanted, (each) => each.id ?? locationKey(each.location), input);
  return { items: items as DocumentationPart[], ...(position !== undefined && { position }) };
};

export const updateDocumentationPart: Operation<'apigateway', 'UpdateDocumentationPart'> = (input, context) =>
  context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    const part = await requirePart(tx, context, input.restApiId, input.documentationPartId);
    applyPatch(part, input.patchOperations, [textRule<DocumentationPartRecord>('properties')]);
    checkProperties(part.properties);
    documentationParts.put(tx, placeOf(context), input.restApiId, part);
    return part as DocumentationPart;
  });

export const deleteDocumentationPart: Operation<'apigateway', 'DeleteDocumentationPart'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    const { id } = await requirePart(tx, context, input.restApiId, input.documentationPartId);
    documentationParts.remove(tx, placeOf(context), input.restApiId, id);
  });
  return {};
};

/** Brings a document's documentation into an API: a part for a place that has one replaces it. */
export async function importDocumentation(
  tx: Transaction,
  context: Context,
  api: RestApiRecord,
  document: Json,
  mode: 'merge' | 'overwrite',
): Promise<{ ids: string[]; warnings: string[] }> {
  const at = placeOf(context);
  const { parts, warnings } = documentationOf(document);
  const before = await documentationParts.list(tx, at, api.id);
  if (mode === 'overwrite') for (const { id } of before) documentationParts.remove(tx, at, api.id, id);
  const idOfPlace = new Map(mode === 'merge' ? before.map((part) => [locationKey(part.location), part.id]) : []);
  if (idOfPlace.size + parts.length > PARTS_MAX) {
    throw limitExceeded('Maximum number of documentation parts has been reached.');
  }
  const ids = parts.map(({ location, properties }: FoundPart) => {
    const id = idOfPlace.get(locationKey(location)) ?? context.ids.lower(6);
    documentationParts.put(tx, at, api.id, { id, location, properties: JSON.stringify(properties) });
    return id;
  });
  return { ids, warnings };
}

export const importDocumentationParts: Operation<'apigateway', 'ImportDocumentationParts'> = async (input, context) => {
  const document = await parseDocument(input.body);
  const { mode = 'merge' } = input;
  if (mode !== 'merge' && mode !== 'overwrite')
    throw badRequest('Invalid mode specified. Valid values are merge and overwrite');
  return context.store.transact(async (tx) => {
    const api = await requireApi(context, input.restApiId, tx);
    const { ids, warnings } = await importDocumentation(tx, context, api, document, mode);
    if (input.failOnWarnings && warnings.length > 0) {
      throw badRequest(`Warnings found during import:\n\t${warnings.join('\n\t')}`);
    }
    return { ids, warnings };
  });
};

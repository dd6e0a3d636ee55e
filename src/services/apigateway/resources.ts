import type { Resource } from '@aws-sdk/client-api-gateway';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { describeMethod } from './method-words.ts';
import { badRequest, conflict, limitExceeded, resourceNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, type PatchRule } from './patch.ts';
import { requireApi } from './rest-apis.ts';
import { placeOf, resources, type Place, type ResourceRecord } from './store.ts';

/** Quota "Resources per API" */
const RESOURCES_MAX = 300;
const PART = /^[A-Za-z0-9._\-:$~!&'()*+,;=@%]+$|^\{[A-Za-z0-9._\-$]+\+?\}$/;

/** Lists leave methods out unless they are asked for; a single resource names them. */
export function describeResource(resource: ResourceRecord, embed: boolean): Resource {
  const { id, parentId, pathPart, path, resourceMethods } = resource;
  const names = Object.keys(resourceMethods);
  return {
    id,
    ...(parentId !== undefined && { parentId }),
    ...(pathPart !== undefined && { pathPart }),
    path,
    ...(names.length > 0 && {
      resourceMethods: embed
        ? Object.fromEntries(names.map((name) => [name, describeMethod(resourceMethods[name]!)]))
        : Object.fromEntries(names.map((name) => [name, {}])),
    }),
  };
}

export async function requireResource(reader: Reader, at: Place, apiId: string, id: string): Promise<ResourceRecord> {
  const resource = await resources.find(reader, at, apiId, id);
  if (!resource) throw resourceNotFound();
  return resource;
}

function checkPart(part: string, parent: ResourceRecord, siblings: readonly ResourceRecord[]): void {
  if (!PART.test(part)) {
    throw badRequest(
      "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
    );
  }
  if (parent.path.endsWith('+}'))
    throw badRequest(`Cannot create a child of a resource with a greedy path variable: ${parent.pathPart}`);
  for (const sibling of siblings) {
    if (sibling.pathPart === part)
      throw conflict('Another resource with the same parent already has this name: ' + part);
    const bothVariable = part.startsWith('{') && sibling.pathPart?.startsWith('{');
    if (bothVariable && part.endsWith('+}') === sibling.pathPart?.endsWith('+}')) {
      throw badRequest(
        `A sibling (${sibling.pathPart}) of this resource already has a variable path part -- only one is allowed`,
      );
    }
  }
}

export const joinPath = (parent: string, part: string): string => (parent === '/' ? `/${part}` : `${parent}/${part}`);

/** Adds a child, with API Gateway's checks; for CreateResource and for imports. `all` has the API's other resources. */
export function putResource(
  tx: Transaction,
  context: Context,
  apiId: string,
  { parent, pathPart, all }: { parent: ResourceRecord; pathPart: string; all: readonly ResourceRecord[] },
): ResourceRecord {
  const at = placeOf(context);
  const parentId = parent.id;
  if (all.length >= RESOURCES_MAX)
    throw limitExceeded(
      'Maximum number of Resources for this API has been reached. Please contact AWS if you need additional Resources.',
    );
  checkPart(
    pathPart,
    parent,
    all.filter((each) => each.parentId === parentId),
  );
  const resource: ResourceRecord = {
    id: context.ids.lower(6),
    parentId,
    pathPart,
    path: joinPath(parent.path, pathPart),
    resourceMethods: {},
  };
  resources.put(tx, at, apiId, resource);
  return resource;
}

export const createResource: Operation<'apigateway', 'CreateResource'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { restApiId, parentId, pathPart } = input;
    await requireApi(context, restApiId, tx);
    const parent = await requireResource(tx, placeOf(context), restApiId, parentId);
    const all = await resources.list(tx, placeOf(context), restApiId);
    return describeResource(putResource(tx, context, restApiId, { parent, pathPart, all }), false);
  });

export const getResource: Operation<'apigateway', 'GetResource'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const resource = await requireResource(context.store, placeOf(context), input.restApiId, input.resourceId);
  return describeResource(resource, input.embed?.includes('methods') ?? false);
};

export const getResources: Operation<'apigateway', 'GetResources'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const all = await resources.list(context.store, placeOf(context), input.restApiId);
  const { items, position } = pageOf(all, (each) => each.id, input);
  const embed = input.embed?.includes('methods') ?? false;
  return { items: items.map((each) => describeResource(each, embed)), ...(position !== undefined && { position }) };
};

export const deleteResource: Operation<'apigateway', 'DeleteResource'> = async (input, context) => {
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    await requireApi(context, input.restApiId, tx);
    const resource = await requireResource(tx, at, input.restApiId, input.resourceId);
    if (resource.parentId === undefined) throw badRequest('Root resource cannot be deleted.');
    const below = resource.path + '/';
    for (const each of await resources.list(tx, at, input.restApiId)) {
      if (each.id === resource.id || each.path.startsWith(below)) resources.remove(tx, at, input.restApiId, each.id);
    }
  });
  return {};
};

const RULES: readonly PatchRule<{ pathPart: string; parentId: string }>[] = [
  { path: '/parentId', ops: ['replace'], apply: (target, value) => void (target.parentId = value) },
  { path: '/pathPart', ops: ['replace'], apply: (target, value) => void (target.pathPart = value) },
];

export const updateResource: Operation<'apigateway', 'UpdateResource'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    await requireApi(context, input.restApiId, tx);
    const resource = await requireResource(tx, at, input.restApiId, input.resourceId);
    const target = { pathPart: resource.pathPart ?? '', parentId: resource.parentId ?? '' };
    applyPatch(target, input.patchOperations, RULES);
    if (resource.parentId === undefined) {
      if (target.parentId !== '') throw badRequest('Root resource cannot update its parent.');
      if (target.pathPart !== '') throw badRequest('Root resource cannot have a path part.');
      return describeResource(resource, false);
    }
    const all = await resources.list(tx, at, input.restApiId);
    const parent = await requireResource(tx, at, input.restApiId, target.parentId);
    if (`${parent.path}/`.startsWith(`${resource.path}/`)) throw badRequest('Resources cannot be cyclical.');
    checkPart(
      target.pathPart,
      parent,
      all.filter((each) => each.parentId === target.parentId && each.id !== resource.id),
    );
    const path = joinPath(parent.path, target.pathPart);
    for (const each of all) {
      if (each.path.startsWith(`${resource.path}/`)) {
        resources.put(tx, at, input.restApiId, { ...each, path: path + each.path.slice(resource.path.length) });
      }
    }
    const moved = { ...resource, ...target, path };
    resources.put(tx, at, input.restApiId, moved);
    return describeResource(moved, false);
  });

// CreateRestApi with cloneFrom: everything of another API but its deployments and stages, under ids of its own.
import type { PublishedMethod } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import {
  authorizers,
  documentationParts,
  gatewayResponses,
  models,
  placeOf,
  resources,
  validators,
  type RestApiRecord,
} from './store.ts';

/** New ids by old ones. */
class Ids {
  readonly #made = new Map<string, string>();
  readonly #make: () => string;

  constructor(make: () => string) {
    this.#make = make;
  }

  of(id: string): string {
    let made = this.#made.get(id);
    if (made === undefined) this.#made.set(id, (made = this.#make()));
    return made;
  }
}

export async function cloneInto(
  tx: Transaction,
  context: Context,
  source: RestApiRecord,
  api: RestApiRecord,
): Promise<void> {
  const at = placeOf(context);
  const ids = new Ids(() => context.ids.lower(6));
  const idOf = (id: string): string => (id === source.rootResourceId ? api.rootResourceId : ids.of(id));
  for (const each of await authorizers.list(tx, at, source.id)) {
    authorizers.put(tx, at, api.id, { ...each, id: ids.of(each.id) });
  }
  for (const each of await validators.list(tx, at, source.id)) {
    validators.put(tx, at, api.id, { ...each, id: ids.of(each.id) });
  }
  for (const each of await models.list(tx, at, source.id)) {
    // References between models name the API that they belong to.
    const schema = each.schema.replaceAll(`/restapis/${source.id}/models/`, `/restapis/${api.id}/models/`);
    models.put(tx, at, api.id, { ...each, id: ids.of(each.id), schema });
  }
  for (const each of await gatewayResponses.list(tx, at, source.id)) gatewayResponses.put(tx, at, api.id, each);
  for (const each of await documentationParts.list(tx, at, source.id)) {
    documentationParts.put(tx, at, api.id, { ...each, id: ids.of(each.id) });
  }
  for (const { parentId, resourceMethods, ...each } of await resources.list(tx, at, source.id)) {
    const methods = Object.entries(resourceMethods).map(([verb, method]) => [verb, clonedMethod(method, ids, idOf)]);
    resources.put(tx, at, api.id, {
      ...each,
      id: idOf(each.id),
      ...(parentId !== undefined && { parentId: idOf(parentId) }),
      resourceMethods: Object.fromEntries(methods) as Record<string, PublishedMethod>,
    });
  }
}

function clonedMethod(method: PublishedMethod, ids: Ids, idOf: (id: string) => string): PublishedMethod {
  const { authorizerId, requestValidatorId, methodIntegration: integration } = method;
  const namespace = integration?.cacheNamespace;
  return {
    ...method,
    ...(authorizerId !== undefined && { authorizerId: ids.of(authorizerId) }),
    ...(requestValidatorId !== undefined && { requestValidatorId: ids.of(requestValidatorId) }),
    ...(integration && {
      methodIntegration: { ...integration, ...(namespace !== undefined && { cacheNamespace: idOf(namespace) }) },
    }),
  };
}

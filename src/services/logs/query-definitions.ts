// Saved queries. They are kept for people and consoles: nothing here runs them by itself.
import type { Operation } from '#kernel/service.ts';
import { limitExceeded, notOffered, queryDefinitionNotFound } from './errors.ts';
import {
  deleteQueryDefinitionEntry,
  findQueryDefinition,
  listQueryDefinitions,
  placeOf,
  putQueryDefinitionEntry,
  QUERY_DEFINITIONS_MAX,
} from './store.ts';

const PAGE_MAX = 1000;

function refuseOtherLanguage(language: string | undefined): void {
  if (language !== undefined && language !== 'CWLI') throw notOffered(`the query language ${language}`);
}

/** Without an id a new one is made, even of a name that there is; with one, all of it is replaced. */
export const putQueryDefinition: Operation<'logs', 'PutQueryDefinition'> = async (input, context) => {
  refuseOtherLanguage(input.queryLanguage);
  if (input.parameters !== undefined) throw notOffered('parameters of query definitions');
  const at = placeOf(context);
  const { queryDefinitionId: given, name, queryString, logGroupNames = [] } = input;
  const id = given ?? context.ids.uuid();
  await context.store.transact(async (tx) => {
    if (given === undefined && (await listQueryDefinitions(tx, at)).length >= QUERY_DEFINITIONS_MAX)
      throw limitExceeded();
    if (given !== undefined && !(await findQueryDefinition(tx, at, given))) throw queryDefinitionNotFound();
    putQueryDefinitionEntry(tx, at, { id, name, queryString, logGroupNames, modifiedAt: context.clock.now() });
  });
  return { queryDefinitionId: id };
};

export const describeQueryDefinitions: Operation<'logs', 'DescribeQueryDefinitions'> = async (input, context) => {
  refuseOtherLanguage(input.queryLanguage);
  const { queryDefinitionNamePrefix: prefix = '', maxResults: limit = PAGE_MAX, nextToken } = input;
  const found = (await listQueryDefinitions(context.store, placeOf(context)))
    .filter(({ name, id }) => name.startsWith(prefix) && (nextToken === undefined || id > nextToken))
    .slice(0, limit + 1);
  const page = found.slice(0, limit);
  return {
    queryDefinitions: page.map(({ id, name, queryString, logGroupNames, modifiedAt }) => ({
      queryLanguage: 'CWLI' as const,
      queryDefinitionId: id,
      name,
      queryString,
      lastModified: modifiedAt,
      logGroupNames,
    })),
    ...(found.length > limit && { nextToken: page.at(-1)?.id }),
  };
};

export const deleteQueryDefinition: Operation<'logs', 'DeleteQueryDefinition'> = async (input, context) => {
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    if (!(await findQueryDefinition(tx, at, input.queryDefinitionId))) throw queryDefinitionNotFound();
    deleteQueryDefinitionEntry(tx, at, input.queryDefinitionId);
  });
  return { success: true };
};

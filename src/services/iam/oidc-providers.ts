// OpenID Connect identity providers. They are kept for AssumeRoleWithWebIdentity and for templates that name them.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { checkQuota } from './entities.ts';
import { invalidInput, oidcProviderExists, oidcProviderNotFound, quotaExceeded } from './errors.ts';
import { pageOf } from './paging.ts';
import type { OidcProvider } from './records.ts';
import { find, list, put, remove } from './store.ts';
import { mergeTags, withoutTags } from './tags.ts';

const CLIENT_IDS_MAX = 100;
const arnOfUrl = (accountId: string, url: string): string => `arn:aws:iam::${accountId}:oidc-provider/${url}`;

async function requireProvider(reader: Reader, accountId: string, arn: string): Promise<OidcProvider> {
  const prefix = arnOfUrl(accountId, '');
  const provider = arn.startsWith(prefix)
    ? await find(reader, accountId, 'oidc-provider', arn.slice(prefix.length))
    : undefined;
  if (!provider) throw oidcProviderNotFound(arn);
  return provider;
}

function changeProvider(
  { accountId, store }: Context,
  arn: string,
  change: (provider: OidcProvider) => OidcProvider,
): Promise<void> {
  return store.transact(async (tx) => {
    const provider = change(await requireProvider(tx, accountId, arn));
    put(tx, accountId, 'oidc-provider', provider.url, provider);
  });
}

export const createOpenIDConnectProvider: Operation<'iam', 'CreateOpenIDConnectProvider'> = async (input, context) => {
  const { accountId, clock, store } = context;
  if (!/^https:\/\/[^\s?#]+$/i.test(input.Url)) throw invalidInput('Invalid Open ID Connect Provider URL');
  const url = input.Url.slice('https://'.length).replace(/\/$/, '');
  const provider: OidcProvider = {
    url,
    clientIds: input.ClientIDList ?? [],
    thumbprints: (input.ThumbprintList ?? []).map((print) => print.toLowerCase()),
    createdAt: clock.now(),
    tags: mergeTags([], input.Tags, 'OpenIDConnectProvider'),
  };
  await store.transact(async (tx) => {
    if (await find(tx, accountId, 'oidc-provider', url)) throw oidcProviderExists(input.Url);
    await checkQuota(tx, accountId, 'oidc-provider');
    put(tx, accountId, 'oidc-provider', url, provider);
  });
  return {
    OpenIDConnectProviderArn: arnOfUrl(accountId, url),
    ...(provider.tags.length > 0 && { Tags: provider.tags }),
  };
};

export const getOpenIDConnectProvider: Operation<'iam', 'GetOpenIDConnectProvider'> = async (input, context) => {
  const { accountId, store } = context;
  const provider = await requireProvider(store, accountId, input.OpenIDConnectProviderArn);
  return {
    Url: provider.url,
    ClientIDList: provider.clientIds,
    ThumbprintList: provider.thumbprints,
    CreateDate: new Date(provider.createdAt),
    Tags: provider.tags,
  };
};

export const listOpenIDConnectProviders: Operation<'iam', 'ListOpenIDConnectProviders'> = async (
  _input,
  { accountId, store },
) => {
  const providers = await list(store, accountId, 'oidc-provider');
  return { OpenIDConnectProviderList: providers.map(({ url }) => ({ Arn: arnOfUrl(accountId, url) })) };
};

export const deleteOpenIDConnectProvider: Operation<'iam', 'DeleteOpenIDConnectProvider'> = async (input, context) => {
  const { accountId, store } = context;
  await store.transact(async (tx) => {
    const provider = await requireProvider(tx, accountId, input.OpenIDConnectProviderArn);
    remove(tx, accountId, 'oidc-provider', provider.url);
  });
  return {};
};

export const addClientIDToOpenIDConnectProvider: Operation<'iam', 'AddClientIDToOpenIDConnectProvider'> = async (
  input,
  context,
) => {
  await changeProvider(context, input.OpenIDConnectProviderArn, (provider) => {
    const clientIds = [...new Set([...provider.clientIds, input.ClientID])];
    if (clientIds.length > CLIENT_IDS_MAX) throw quotaExceeded('ClientIdsPerOpenIdConnectProvider', CLIENT_IDS_MAX);
    return { ...provider, clientIds };
  });
  return {};
};

export const removeClientIDFromOpenIDConnectProvider: Operation<
  'iam',
  'RemoveClientIDFromOpenIDConnectProvider'
> = async (input, context) => {
  await changeProvider(context, input.OpenIDConnectProviderArn, (provider) => ({
    ...provider,
    clientIds: provider.clientIds.filter((id) => id !== input.ClientID),
  }));
  return {};
};

export const updateOpenIDConnectProviderThumbprint: Operation<'iam', 'UpdateOpenIDConnectProviderThumbprint'> = async (
  input,
  context,
) => {
  await changeProvider(context, input.OpenIDConnectProviderArn, (provider) => ({
    ...provider,
    thumbprints: input.ThumbprintList.map((print) => print.toLowerCase()),
  }));
  return {};
};

export const tagOpenIDConnectProvider: Operation<'iam', 'TagOpenIDConnectProvider'> = async (input, context) => {
  await changeProvider(context, input.OpenIDConnectProviderArn, (provider) => ({
    ...provider,
    tags: mergeTags(provider.tags, input.Tags, 'OpenIDConnectProvider'),
  }));
  return {};
};

export const untagOpenIDConnectProvider: Operation<'iam', 'UntagOpenIDConnectProvider'> = async (input, context) => {
  await changeProvider(context, input.OpenIDConnectProviderArn, (provider) => ({
    ...provider,
    tags: withoutTags(provider.tags, input.TagKeys),
  }));
  return {};
};

export const listOpenIDConnectProviderTags: Operation<'iam', 'ListOpenIDConnectProviderTags'> = async (
  input,
  { accountId, store },
) => {
  const provider = await requireProvider(store, accountId, input.OpenIDConnectProviderArn);
  const { items, ...page } = pageOf(provider.tags, input, (tag) => tag.Key ?? '');
  return { Tags: items, ...page };
};

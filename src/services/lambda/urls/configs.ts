// Function URL configurations. https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
import type { FunctionUrlConfig } from '@aws-sdk/client-lambda';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { conflict, notFound } from '../errors.ts';
import { functionArn, parseFunctionName, type FunctionRef } from '../names.ts';
import {
  deleteUrlEntry,
  findAlias,
  findFunction,
  findUrl,
  listUrls,
  placeOf,
  putUrl,
  type Place,
  type UrlRecord,
} from '../store.ts';

const PAGE_MAX = 50;
const ID_LENGTH = 32;

export const urlHost = (id: string, region: string, domain: string): string => `${id}.lambda-url.${region}.${domain}`;

const arnOf = (at: Place, url: UrlRecord): string => functionArn(at, url.name, url.qualifier || undefined);

const doesNotExist = (): Error => notFound('The resource you requested does not exist.');

function describe(context: Context, at: Place, url: UrlRecord): FunctionUrlConfig {
  const { domain, port } = context.platform.config;
  return {
    FunctionUrl: `http://${urlHost(url.id, at.region, domain)}:${port}/`,
    FunctionArn: arnOf(at, url),
    AuthType: url.authType,
    ...(url.cors && { Cors: url.cors }),
    CreationTime: new Date(url.createdAt).toISOString(),
    LastModifiedTime: new Date(url.lastModified).toISOString(),
    InvokeMode: url.invokeMode,
  };
}

/** `Cors: {}` takes the configuration away. */
const corsOf = (cors: UrlRecord['cors']): { cors?: NonNullable<UrlRecord['cors']> } =>
  cors && Object.keys(cors).length > 0 ? { cors } : {};

function refOf(context: Context, input: { FunctionName?: string; Qualifier?: string }): FunctionRef {
  return parseFunctionName(input.FunctionName ?? '', placeOf(context), input.Qualifier);
}

const noFunction = (): Error => notFound('Function does not exist');

async function requireNamed(reader: Reader, ref: FunctionRef): Promise<void> {
  if (!(await findFunction(reader, ref, ref.name))) throw noFunction();
}

async function requireAlias(tx: Transaction, ref: FunctionRef): Promise<void> {
  await requireNamed(tx, ref);
  const { qualifier } = ref;
  if (qualifier !== undefined && !(await findAlias(tx, ref, ref.name, qualifier))) throw noFunction();
}

export const createFunctionUrlConfig: Operation<'lambda', 'CreateFunctionUrlConfig'> = async (input, context) => {
  const ref = refOf(context, input as { FunctionName: string });
  const now = context.clock.now();
  const url: UrlRecord = {
    id: context.ids.lower(ID_LENGTH),
    name: ref.name,
    qualifier: ref.qualifier ?? '',
    authType: input.AuthType as UrlRecord['authType'],
    invokeMode: (input.InvokeMode ?? 'BUFFERED') as UrlRecord['invokeMode'],
    ...corsOf(input.Cors as UrlRecord['cors']),
    createdAt: now,
    lastModified: now,
  };
  await context.store.transact(async (tx) => {
    await requireAlias(tx, ref);
    if (await findUrl(tx, ref, ref.name, url.qualifier)) {
      throw conflict(
        `Failed to create function url config for [functionArn = ${arnOf(ref, url)}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
      );
    }
    putUrl(tx, ref, url);
  });
  const { LastModifiedTime: _notYet, ...created } = describe(context, ref, url);
  return created;
};

export const getFunctionUrlConfig: Operation<'lambda', 'GetFunctionUrlConfig'> = async (input, context) => {
  const ref = refOf(context, input as { FunctionName: string });
  const url = await findUrl(context.store, ref, ref.name, ref.qualifier ?? '');
  if (!url) throw doesNotExist();
  return describe(context, ref, url);
};

export const updateFunctionUrlConfig: Operation<'lambda', 'UpdateFunctionUrlConfig'> = async (input, context) => {
  const ref = refOf(context, input as { FunctionName: string });
  return context.store.transact(async (tx) => {
    const before = await findUrl(tx, ref, ref.name, ref.qualifier ?? '');
    if (!before) throw doesNotExist();
    const { cors, ...kept } = before;
    const url: UrlRecord = {
      ...kept,
      ...(input.AuthType !== undefined && { authType: input.AuthType as UrlRecord['authType'] }),
      ...(input.InvokeMode !== undefined && { invokeMode: input.InvokeMode as UrlRecord['invokeMode'] }),
      ...corsOf(input.Cors === undefined ? cors : (input.Cors as UrlRecord['cors'])),
      lastModified: context.clock.now(),
    };
    putUrl(tx, ref, url);
    return describe(context, ref, url);
  });
};

export const deleteFunctionUrlConfig: Operation<'lambda', 'DeleteFunctionUrlConfig'> = async (input, context) => {
  const ref = refOf(context, input as { FunctionName: string });
  await context.store.transact(async (tx) => {
    const url = await findUrl(tx, ref, ref.name, ref.qualifier ?? '');
    if (!url) throw doesNotExist();
    deleteUrlEntry(tx, ref, url);
  });
  return {};
};

export const listFunctionUrlConfigs: Operation<'lambda', 'ListFunctionUrlConfigs'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName ?? '', placeOf(context));
  await requireNamed(context.store, ref);
  const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
  const all = await listUrls(context.store, ref, ref.name);
  const { Marker } = input;
  const rest = Marker === undefined ? all : all.filter((url) => url.qualifier > decodeMarker(Marker));
  const shown = rest.slice(0, limit);
  return {
    FunctionUrlConfigs: shown.map((url) => describe(context, ref, url)),
    ...(rest.length > limit && { NextMarker: Buffer.from(shown.at(-1)?.qualifier ?? '').toString('base64') }),
  };
};

const decodeMarker = (marker: string): string => Buffer.from(marker, 'base64').toString();

// Code signing configurations (developer guide, "Using code signing to verify code integrity", 2026-11). There is no AWS
// Signer here, so no package bears the signature of an allowed publisher: Enforce blocks every deployment, and Warn lets
// each pass and says so.
import type { CodeSigningConfig } from '@aws-sdk/client-lambda';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Authorization, Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { allFunctions } from './concurrency.ts';
import { formatModified } from './configuration.ts';
import { conflict } from './errors.ts';
import { functionArn, parseFunctionName } from './names.ts';
import { requireFunction, updateFunction } from './record.ts';
import {
  deleteSigningEntry,
  findSigning,
  listSigning,
  placeOf,
  putSigning,
  type Place,
  type SigningRecord,
} from './store.ts';

const PAGE_MAX = 50;
const ID_LENGTH = 17;

const signingArn = (at: Place, id: string): string =>
  `arn:aws:lambda:${at.region}:${at.accountId}:code-signing-config:${id}`;
const idOf = (arn: string): string => arn.slice(arn.lastIndexOf(':') + 1);

const notFoundAs = (message: string): ServiceError =>
  new ServiceError('CodeSigningConfigNotFoundException', message, 404, { fields: { Type: 'User' } });
const missing = (arn: string): ServiceError =>
  notFoundAs(`The Lambda code signing configuration ${arn} can not be found.`);
const cannotAttach = (arn: string): ServiceError =>
  notFoundAs(
    `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${arn}.`,
  );

function describe(at: Place, record: SigningRecord): CodeSigningConfig {
  return {
    CodeSigningConfigId: record.id,
    CodeSigningConfigArn: signingArn(at, record.id),
    Description: record.description,
    AllowedPublishers: { SigningProfileVersionArns: record.publishers },
    CodeSigningPolicies: { UntrustedArtifactOnDeployment: record.untrusted },
    LastModified: formatModified(record.lastModified),
  };
}

/** An ARN of another region or account names nothing here. */
async function findByArn(reader: Reader, at: Place, arn: string): Promise<SigningRecord | undefined> {
  const record = await findSigning(reader, at, idOf(arn));
  return record && signingArn(at, record.id) === arn ? record : undefined;
}

export async function requireSigning(
  context: Context,
  arn: string,
  reader: Reader = context.store,
  absent: (arn: string) => ServiceError = missing,
): Promise<SigningRecord> {
  const record = await findByArn(reader, placeOf(context), arn);
  if (!record) throw absent(arn);
  return record;
}

export const createCodeSigningConfig: Operation<'lambda', 'CreateCodeSigningConfig'> = async (input, context) => {
  const at = placeOf(context);
  const record: SigningRecord = {
    id: `csc-${context.ids.lower(ID_LENGTH)}`,
    description: input.Description ?? '',
    publishers: input.AllowedPublishers.SigningProfileVersionArns ?? [],
    untrusted: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? 'Warn',
    lastModified: context.clock.now(),
    tags: { ...input.Tags },
  };
  await context.store.transact(async (tx) => putSigning(tx, at, record));
  return { CodeSigningConfig: describe(at, record) };
};

export const getCodeSigningConfig: Operation<'lambda', 'GetCodeSigningConfig'> = async (input, context) => ({
  CodeSigningConfig: describe(placeOf(context), await requireSigning(context, input.CodeSigningConfigArn)),
});

export const updateCodeSigningConfig: Operation<'lambda', 'UpdateCodeSigningConfig'> = async (input, context) => {
  const at = placeOf(context);
  const changed = await context.store.transact(async (tx) => {
    const before = await requireSigning(context, input.CodeSigningConfigArn, tx);
    const record: SigningRecord = {
      ...before,
      description: input.Description ?? before.description,
      publishers: input.AllowedPublishers?.SigningProfileVersionArns ?? before.publishers,
      untrusted: input.CodeSigningPolicies?.UntrustedArtifactOnDeployment ?? before.untrusted,
      lastModified: context.clock.now(),
    };
    putSigning(tx, at, record);
    return record;
  });
  return { CodeSigningConfig: describe(at, changed) };
};

export const deleteCodeSigningConfig: Operation<'lambda', 'DeleteCodeSigningConfig'> = async (input, context) => {
  const at = placeOf(context);
  const arn = input.CodeSigningConfigArn;
  await context.store.transact(async (tx) => {
    const { id } = await requireSigning(context, arn, tx);
    const users = (await allFunctions(tx, at)).filter((each) => each.codeSigningConfigArn === arn);
    if (users.length > 0)
      throw conflict(`The code signing configuration ${arn} is used by ${users.length} function(s).`);
    deleteSigningEntry(tx, at, id);
  });
  return {};
};

export const listCodeSigningConfigs: Operation<'lambda', 'ListCodeSigningConfigs'> = async (input, context) => {
  const at = placeOf(context);
  const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
  const page = await listSigning(context.store, at, input.Marker, limit + 1);
  const shown = page.slice(0, limit);
  return {
    CodeSigningConfigs: shown.map((record) => describe(at, record)),
    ...(page.length > limit && { NextMarker: shown.at(-1)?.id }),
  };
};

export const listFunctionsByCodeSigningConfig: Operation<'lambda', 'ListFunctionsByCodeSigningConfig'> = async (
  input,
  context,
) => {
  const at = placeOf(context);
  const arn = input.CodeSigningConfigArn;
  await requireSigning(context, arn);
  const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
  const names = (await allFunctions(context.store, at))
    .filter((each) => each.codeSigningConfigArn === arn && each.name > (input.Marker ?? ''))
    .map(({ name }) => name);
  const shown = names.slice(0, limit);
  return {
    FunctionArns: shown.map((name) => functionArn(at, name)),
    ...(names.length > limit && { NextMarker: shown.at(-1) }),
  };
};

export const putFunctionCodeSigningConfig: Operation<'lambda', 'PutFunctionCodeSigningConfig'> = (input, context) =>
  updateFunction(context, input.FunctionName, async (record, tx) => {
    const { CodeSigningConfigArn } = input;
    await requireSigning(context, CodeSigningConfigArn, tx, cannotAttach);
    record.codeSigningConfigArn = CodeSigningConfigArn;
    return { CodeSigningConfigArn, FunctionName: record.name };
  });

export const getFunctionCodeSigningConfig: Operation<'lambda', 'GetFunctionCodeSigningConfig'> = async (
  input,
  context,
) => {
  const record = await requireFunction(context, parseFunctionName(input.FunctionName, placeOf(context)));
  return {
    // the SDK calls it always there; AWS leaves it out
    CodeSigningConfigArn: record.codeSigningConfigArn as string,
    FunctionName: record.name,
  };
};

export const deleteFunctionCodeSigningConfig: Operation<'lambda', 'DeleteFunctionCodeSigningConfig'> = (
  input,
  context,
) =>
  updateFunction(context, input.FunctionName, (record) => {
    delete record.codeSigningConfigArn;
    return {};
  });

/** Before code or layers are deployed to a function that has, or is to have, a code signing configuration. */
export async function checkSignature(
  context: Context,
  name: string,
  codeSigningConfigArn: string | undefined,
): Promise<void> {
  if (codeSigningConfigArn === undefined) return;
  const { untrusted } = await requireSigning(context, codeSigningConfigArn, context.store, cannotAttach);
  if (untrusted === 'Enforce') {
    throw new ServiceError(
      'CodeVerificationFailedException',
      `Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${name}.`,
      400,
      { fields: { Type: 'User' } },
    );
  }
  context.platform.warn(`The code of function ${name} is not signed; its code signing configuration only warns.`);
}

/** IAM: the action on the configuration's ARN (service authorization reference, "AWS Lambda"). */
export const onSigning =
  (action: string) =>
  async (input: { CodeSigningConfigArn?: string }, context: Context): Promise<Authorization[]> => [
    {
      action: `lambda:${action}`,
      resource: input.CodeSigningConfigArn ?? '*',
      resourceAccountId: context.accountId,
    },
  ];

// From the records of the control plane to what the request path reads.
import {
  publishStage,
  type PublishedMethodSetting,
  type PublishedResource,
  type PublishedRestDeployment,
} from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { clientCertificateNotFound, deploymentNotFound } from './errors.ts';
import {
  authorizers,
  clientCertificates,
  frozen,
  gatewayResponses,
  models,
  placeOf,
  resources,
  stages,
  validators,
  type RestApiRecord,
  type StageRecord,
} from './store.ts';

/** The API as it is now, frozen. */
export async function freeze(
  tx: Transaction,
  context: Context,
  api: RestApiRecord,
  id: string,
): Promise<PublishedRestDeployment> {
  const at = placeOf(context);
  return {
    id,
    resources: (await resources.list(tx, at, api.id)).map(
      ({ id: resourceId, parentId, path, resourceMethods }): PublishedResource => ({
        id: resourceId,
        ...(parentId !== undefined && { parentId }),
        path,
        resourceMethods,
      }),
    ),
    authorizers: await authorizers.list(tx, at, api.id),
    models: await models.list(tx, at, api.id),
    requestValidators: await validators.list(tx, at, api.id),
    gatewayResponses: await gatewayResponses.list(tx, at, api.id),
    ...(api.binaryMediaTypes && { binaryMediaTypes: api.binaryMediaTypes }),
    ...(api.minimumCompressionSize !== undefined && { minimumCompressionSize: api.minimumCompressionSize }),
    apiKeySource: api.apiKeySource,
    ...(api.policy !== undefined && { policy: api.policy }),
  };
}

/** Without the -1 that says that a method has no limit of its own. */
function effectiveSettings({ methodSettings }: StageRecord): Record<string, PublishedMethodSetting> {
  return Object.fromEntries(
    Object.entries(methodSettings).map(([key, setting]) => [
      key,
      Object.fromEntries(Object.entries(setting).filter(([, value]) => value !== -1)),
    ]),
  );
}

/** Makes a stage live as it stands. */
export async function publish(
  tx: Transaction,
  context: Context,
  api: RestApiRecord,
  stage: StageRecord,
): Promise<void> {
  const at = placeOf(context);
  const deployment = await frozen.find(tx, at, api.id, stage.deploymentId);
  if (!deployment) throw deploymentNotFound();
  const canaryId = stage.canarySettings?.deploymentId;
  const canary = canaryId === undefined ? undefined : await frozen.find(tx, at, api.id, canaryId);
  const certificateId = stage.clientCertificateId;
  const certificate = certificateId ? await clientCertificates.find(tx, at, '', certificateId) : undefined;
  if (certificateId && !certificate) throw clientCertificateNotFound();
  await publishStage(tx, {
    kind: 'REST',
    ...at,
    apiId: api.id,
    api: {
      name: api.name,
      disableExecuteApiEndpoint: api.disableExecuteApiEndpoint,
      endpointConfiguration: api.endpointConfiguration,
      ...(api.securityPolicy !== undefined && { securityPolicy: api.securityPolicy }),
      ...(api.endpointAccessMode !== undefined && { endpointAccessMode: api.endpointAccessMode }),
    },
    stage: { ...stage, methodSettings: effectiveSettings(stage) },
    deployment,
    ...(canary && { canaryDeployment: canary }),
    ...(certificate && {
      clientCertificate: { certificate: certificate.certificate, privateKey: certificate.privateKey },
    }),
  });
}

/** After a change of the API's own settings, which no deployment freezes. */
export async function republishStages(tx: Transaction, context: Context, api: RestApiRecord): Promise<void> {
  for (const stage of await stages.list(tx, placeOf(context), api.id)) await publish(tx, context, api, stage);
}

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createSandboxPool } from '#functions/index.ts';
import type { Platform } from '#kernel/platform.ts';
import { defineService } from '#kernel/service.ts';
import { createOnInvocation, onFunction, onLayer, passingRole } from './access.ts';
import * as aliases from './aliases.ts';
import { asyncWork, removeBlobWork } from './async.ts';
import { createCodeDownloads } from './code-location.ts';
import * as codeSigning from './code-signing.ts';
import * as signingTags from './code-signing-tags.ts';
import * as concurrency from './concurrency.ts';
import { roleCredentials } from './credentials.ts';
import { destinationWork } from './destinations.ts';
import { durableAuthorize, durableOperations, durableWork } from './durable/index.ts';
import * as eventInvoke from './event-invoke.ts';
import * as eventSources from './event-sources/index.ts';
import * as functions from './functions.ts';
import { createInvokeWithResponseStream } from './invoke-stream.ts';
import { createFunctions, createInvoke, createInvokeAsync } from './invoke.ts';
import { findInspected } from './inspected.ts';
import * as layers from './layers.ts';
import { LogWriter } from './log-writer.ts';
import * as policy from './policy.ts';
import * as provisioned from './provisioned.ts';
import { ProvisionedPlane } from './provisioned-plane.ts';
import * as recursion from './recursion.ts';
import { setPool } from './pools.ts';
import { Snapshots } from './snapshots.ts';
import * as runtimeManagement from './runtime-management.ts';
import * as urls from './urls/configs.ts';
import { createUrlPlane } from './urls/plane.ts';
import * as versions from './versions.ts';

const snapshotsByPlatform = new WeakMap<Platform, Snapshots>();
const snapshotsOf = (platform: Platform): Snapshots => {
  const snapshots = snapshotsByPlatform.get(platform);
  if (!snapshots) throw new Error('Lambda has not started');
  return snapshots;
};
const invoke = createInvoke(snapshotsOf);

const onInvocation = createOnInvocation(snapshotsOf);

async function start(platform: Platform): Promise<() => Promise<void>> {
  const { config } = platform;
  const kept = config.dataDir === undefined ? undefined : path.join(config.dataDir, 'functions');
  const directory = kept ?? mkdtempSync(path.join(os.tmpdir(), 'gatehouse-functions-'));
  const logs = new LogWriter(platform);
  const pool = await createSandboxPool({
    directory,
    log: logs.add,
    credentials: (snapshot) => roleCredentials(platform, snapshot),
    connection: (socket, info) => platform.network.connection(socket, info),
    caCertificate: platform.network.caCertificate,
    warn: (text) => platform.warn(text),
    concurrencyMax: concurrency.CONCURRENCY_MAX,
    isolation: config.mode === 'serve' ? 'required' : 'best',
    endpointUrl: () => `http://${config.host}:${config.port}`,
    inspect: config.inspect && { ...config.inspect, find: () => findInspected(platform, config.inspect?.name ?? '') },
  });
  setPool(platform, pool);
  void pool.ready.then(() => (platform.isolation = pool.isolation));
  const snapshots = new Snapshots(platform);
  snapshotsByPlatform.set(platform, snapshots);
  platform.functions = createFunctions(platform, snapshots);
  const urlPlane = createUrlPlane(platform, snapshots);
  platform.dataPlanes.push(createCodeDownloads(platform), urlPlane.plane);
  const provisionedPlane = new ProvisionedPlane(platform);
  const stopPollers = eventSources.startPollers(platform);
  return async () => {
    const pollersStopped = stopPollers();
    urlPlane.stop();
    snapshots.stop();
    await provisionedPlane.stop();
    await pool.stop();
    await pollersStopped;
    await logs.stop();
    if (kept === undefined) rmSync(directory, { recursive: true, force: true });
  };
}

export const lambda = defineService({
  id: 'lambda',
  operations: {
    AddLayerVersionPermission: policy.addLayerVersionPermission,
    AddPermission: policy.addPermission,
    CreateAlias: aliases.createAlias,
    CreateCodeSigningConfig: codeSigning.createCodeSigningConfig,
    CreateEventSourceMapping: eventSources.createEventSourceMapping,
    CreateFunction: functions.createFunction,
    CreateFunctionUrlConfig: urls.createFunctionUrlConfig,
    DeleteAlias: aliases.deleteAlias,
    DeleteCodeSigningConfig: codeSigning.deleteCodeSigningConfig,
    DeleteEventSourceMapping: eventSources.deleteEventSourceMapping,
    DeleteFunction: functions.deleteFunction,
    DeleteFunctionCodeSigningConfig: codeSigning.deleteFunctionCodeSigningConfig,
    DeleteFunctionConcurrency: concurrency.deleteFunctionConcurrency,
    DeleteFunctionEventInvokeConfig: eventInvoke.deleteFunctionEventInvokeConfig,
    DeleteFunctionUrlConfig: urls.deleteFunctionUrlConfig,
    DeleteLayerVersion: layers.deleteLayerVersion,
    DeleteProvisionedConcurrencyConfig: provisioned.deleteProvisionedConcurrencyConfig,
    GetAccountSettings: concurrency.getAccountSettings,
    GetAlias: aliases.getAlias,
    GetCodeSigningConfig: codeSigning.getCodeSigningConfig,
    GetEventSourceMapping: eventSources.getEventSourceMapping,
    GetFunction: functions.getFunction,
    GetFunctionCodeSigningConfig: codeSigning.getFunctionCodeSigningConfig,
    GetFunctionConcurrency: concurrency.getFunctionConcurrency,
    GetFunctionConfiguration: functions.getFunctionConfiguration,
    GetFunctionEventInvokeConfig: eventInvoke.getFunctionEventInvokeConfig,
    GetFunctionRecursionConfig: recursion.getFunctionRecursionConfig,
    GetFunctionUrlConfig: urls.getFunctionUrlConfig,
    GetLayerVersion: layers.getLayerVersion,
    GetLayerVersionByArn: layers.getLayerVersionByArn,
    GetLayerVersionPolicy: policy.getLayerVersionPolicy,
    GetPolicy: policy.getPolicy,
    GetProvisionedConcurrencyConfig: provisioned.getProvisionedConcurrencyConfig,
    GetRuntimeManagementConfig: runtimeManagement.getRuntimeManagementConfig,
    Invoke: invoke,
    InvokeAsync: createInvokeAsync(invoke),
    InvokeWithResponseStream: createInvokeWithResponseStream(snapshotsOf),
    ListAliases: aliases.listAliases,
    ListCodeSigningConfigs: codeSigning.listCodeSigningConfigs,
    ListEventSourceMappings: eventSources.listEventSourceMappings,
    ListFunctionEventInvokeConfigs: eventInvoke.listFunctionEventInvokeConfigs,
    ListFunctions: functions.listFunctions,
    ListFunctionsByCodeSigningConfig: codeSigning.listFunctionsByCodeSigningConfig,
    ListFunctionUrlConfigs: urls.listFunctionUrlConfigs,
    ListLayerVersions: layers.listLayerVersions,
    ListLayers: layers.listLayers,
    ListProvisionedConcurrencyConfigs: provisioned.listProvisionedConcurrencyConfigs,
    ListTags: eventSources.listingTags(signingTags.listingTags(concurrency.listTags)),
    ListVersionsByFunction: versions.listVersionsByFunction,
    PublishLayerVersion: layers.publishLayerVersion,
    PublishVersion: versions.publishVersion,
    PutFunctionCodeSigningConfig: codeSigning.putFunctionCodeSigningConfig,
    PutFunctionConcurrency: concurrency.putFunctionConcurrency,
    PutFunctionEventInvokeConfig: eventInvoke.putFunctionEventInvokeConfig,
    PutFunctionRecursionConfig: recursion.putFunctionRecursionConfig,
    PutProvisionedConcurrencyConfig: provisioned.putProvisionedConcurrencyConfig,
    PutRuntimeManagementConfig: runtimeManagement.putRuntimeManagementConfig,
    RemoveLayerVersionPermission: policy.removeLayerVersionPermission,
    RemovePermission: policy.removePermission,
    TagResource: eventSources.taggingResource(signingTags.taggingResource(concurrency.tagResource)),
    UntagResource: eventSources.untaggingResource(signingTags.untaggingResource(concurrency.untagResource)),
    UpdateAlias: aliases.updateAlias,
    UpdateCodeSigningConfig: codeSigning.updateCodeSigningConfig,
    UpdateEventSourceMapping: eventSources.updateEventSourceMapping,
    UpdateFunctionCode: functions.updateFunctionCode,
    UpdateFunctionConfiguration: functions.updateFunctionConfiguration,
    UpdateFunctionEventInvokeConfig: eventInvoke.updateFunctionEventInvokeConfig,
    UpdateFunctionUrlConfig: urls.updateFunctionUrlConfig,
    ...durableOperations(snapshotsOf),
  },
  validate: 'all',
  authorize: {
    AddLayerVersionPermission: onLayer('AddLayerVersionPermission'),
    AddPermission: onFunction('AddPermission'),
    CreateAlias: onFunction('CreateAlias'),
    CreateCodeSigningConfig: codeSigning.onSigning('CreateCodeSigningConfig'),
    CreateEventSourceMapping: eventSources.onNewMapping('CreateEventSourceMapping'),
    CreateFunction: passingRole('CreateFunction'),
    CreateFunctionUrlConfig: onFunction('CreateFunctionUrlConfig'),
    DeleteAlias: onFunction('DeleteAlias'),
    DeleteCodeSigningConfig: codeSigning.onSigning('DeleteCodeSigningConfig'),
    DeleteEventSourceMapping: eventSources.onMapping('DeleteEventSourceMapping'),
    DeleteFunction: onFunction('DeleteFunction'),
    DeleteFunctionCodeSigningConfig: onFunction('DeleteFunctionCodeSigningConfig'),
    DeleteFunctionConcurrency: onFunction('DeleteFunctionConcurrency'),
    DeleteFunctionEventInvokeConfig: onFunction('DeleteFunctionEventInvokeConfig'),
    DeleteFunctionUrlConfig: onFunction('DeleteFunctionUrlConfig'),
    DeleteLayerVersion: onLayer('DeleteLayerVersion'),
    DeleteProvisionedConcurrencyConfig: onFunction('DeleteProvisionedConcurrencyConfig'),
    GetAlias: onFunction('GetAlias'),
    GetCodeSigningConfig: codeSigning.onSigning('GetCodeSigningConfig'),
    GetEventSourceMapping: eventSources.onMapping('GetEventSourceMapping'),
    GetFunction: onFunction('GetFunction'),
    GetFunctionCodeSigningConfig: onFunction('GetFunctionCodeSigningConfig'),
    GetFunctionConcurrency: onFunction('GetFunctionConcurrency'),
    GetFunctionConfiguration: onFunction('GetFunctionConfiguration'),
    GetFunctionEventInvokeConfig: onFunction('GetFunctionEventInvokeConfig'),
    GetFunctionRecursionConfig: onFunction('GetFunctionRecursionConfig'),
    GetFunctionUrlConfig: onFunction('GetFunctionUrlConfig'),
    GetLayerVersion: onLayer('GetLayerVersion'),
    GetLayerVersionByArn: onLayer('GetLayerVersion'),
    GetLayerVersionPolicy: onLayer('GetLayerVersionPolicy'),
    GetPolicy: onFunction('GetPolicy'),
    GetProvisionedConcurrencyConfig: onFunction('GetProvisionedConcurrencyConfig'),
    GetRuntimeManagementConfig: onFunction('GetRuntimeManagementConfig'),
    Invoke: onInvocation,
    InvokeAsync: onInvocation,
    InvokeWithResponseStream: onInvocation,
    ListAliases: onFunction('ListAliases'),
    ListEventSourceMappings: eventSources.onNewMapping('ListEventSourceMappings'),
    ListFunctionEventInvokeConfigs: onFunction('ListFunctionEventInvokeConfigs'),
    ListCodeSigningConfigs: codeSigning.onSigning('ListCodeSigningConfigs'),
    ListFunctionsByCodeSigningConfig: codeSigning.onSigning('ListFunctionsByCodeSigningConfig'),
    ListFunctionUrlConfigs: onFunction('ListFunctionUrlConfigs'),
    ListProvisionedConcurrencyConfigs: onFunction('ListProvisionedConcurrencyConfigs'),
    ListTags: signingTags.onSigningOr('ListTags', eventSources.onMappingOr('ListTags', onFunction('ListTags'))),
    ListVersionsByFunction: onFunction('ListVersionsByFunction'),
    PublishLayerVersion: onLayer('PublishLayerVersion'),
    PublishVersion: onFunction('PublishVersion'),
    PutFunctionCodeSigningConfig: onFunction('PutFunctionCodeSigningConfig'),
    PutFunctionConcurrency: onFunction('PutFunctionConcurrency'),
    PutFunctionEventInvokeConfig: onFunction('PutFunctionEventInvokeConfig'),
    PutFunctionRecursionConfig: onFunction('PutFunctionRecursionConfig'),
    PutProvisionedConcurrencyConfig: onFunction('PutProvisionedConcurrencyConfig'),
    PutRuntimeManagementConfig: onFunction('PutRuntimeManagementConfig'),
    RemoveLayerVersionPermission: onLayer('RemoveLayerVersionPermission'),
    RemovePermission: onFunction('RemovePermission'),
    TagResource: signingTags.onSigningOr(
      'TagResource',
      eventSources.onMappingOr('TagResource', onFunction('TagResource')),
    ),
    UntagResource: signingTags.onSigningOr(
      'UntagResource',
      eventSources.onMappingOr('UntagResource', onFunction('UntagResource')),
    ),
    UpdateAlias: onFunction('UpdateAlias'),
    UpdateCodeSigningConfig: codeSigning.onSigning('UpdateCodeSigningConfig'),
    UpdateEventSourceMapping: eventSources.onMapping('UpdateEventSourceMapping'),
    UpdateFunctionCode: onFunction('UpdateFunctionCode'),
    UpdateFunctionConfiguration: passingRole('UpdateFunctionConfiguration'),
    UpdateFunctionEventInvokeConfig: onFunction('UpdateFunctionEventInvokeConfig'),
    UpdateFunctionUrlConfig: onFunction('UpdateFunctionUrlConfig'),
    ListDurableExecutionsByFunction: onFunction('ListDurableExecutionsByFunction'),
    ...durableAuthorize,
  },
  work: {
    'lambda:async': asyncWork,
    'lambda:destination': destinationWork,
    'lambda:discarded-batch': eventSources.discardedBatchWork,
    'lambda:remove-blob': removeBlobWork,
    ...durableWork,
  },
  start,
});

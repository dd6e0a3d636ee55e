import { defineService } from '#kernel/service.ts';
import { stackWork } from '#deploy/index.ts';
import { createSignalPlane } from '#deploy/stacks/signals.ts';
import { authorize } from './access.ts';
import * as changeSets from './change-sets.ts';
import * as descriptions from './descriptions.ts';
import { signalResource } from './signals.ts';
import * as stacks from './stacks.ts';
import * as templates from './templates.ts';

export const cloudformation = defineService({
  id: 'cloudformation',
  operations: {
    CancelUpdateStack: stacks.cancelUpdateStack,
    ContinueUpdateRollback: stacks.continueUpdateRollback,
    CreateChangeSet: changeSets.createChangeSet,
    CreateStack: stacks.createStack,
    DeleteChangeSet: changeSets.deleteChangeSet,
    DeleteStack: stacks.deleteStack,
    DescribeChangeSet: changeSets.describeChangeSet,
    DescribeStackEvents: descriptions.describeStackEvents,
    DescribeStackResource: descriptions.describeStackResource,
    DescribeStackResources: descriptions.describeStackResources,
    DescribeStacks: descriptions.describeStacks,
    ExecuteChangeSet: changeSets.executeChangeSet,
    GetStackPolicy: stacks.getStackPolicy,
    GetTemplate: templates.getTemplate,
    GetTemplateSummary: templates.getTemplateSummary,
    ListChangeSets: changeSets.listChangeSets,
    ListExports: descriptions.listExports,
    ListImports: descriptions.listImports,
    ListStackResources: descriptions.listStackResources,
    ListStacks: descriptions.listStacks,
    RollbackStack: stacks.rollbackStack,
    SetStackPolicy: stacks.setStackPolicy,
    SignalResource: signalResource,
    UpdateStack: stacks.updateStack,
    UpdateTerminationProtection: stacks.updateTerminationProtection,
    ValidateTemplate: templates.validateTemplate,
  },
  authorize,
  validate: 'all',
  work: stackWork,
  start(platform) {
    // Before S3's data plane, whose host names these look like.
    platform.dataPlanes.unshift(createSignalPlane(platform));
  },
});

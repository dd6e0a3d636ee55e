// CloudFormation: templates, resource types, and the engine that brings stacks from one template to the next.
import { registerAllResourceTypes } from './resources/all.ts';

export { deployStack } from './deploy-stack.ts';
export type { DeployedStack } from './deploy-stack.ts';
export { stackWork } from './engine/work.ts';

registerAllResourceTypes();

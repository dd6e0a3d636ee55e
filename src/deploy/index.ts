// CloudFormation: templates, resource types, and the engine that brings stacks from one template to the next.
export { deployStack } from './deploy-stack.ts';
export type { DeployedStack, DeployStackOptions } from './deploy-stack.ts';
export { stackWork } from './engine/work.ts';

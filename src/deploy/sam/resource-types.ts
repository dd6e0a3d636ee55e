import { restApiProperties } from './api/properties.ts';
import { transformRestApi } from './api/rest-api.ts';
import { applicationProperties, transformApplication } from './application.ts';
import { capacityProviderProperties, transformCapacityProvider } from './capacity-provider.ts';
import type { CfnResource } from './cfn-resource.ts';
import type { TransformContext } from './context.ts';
import { transformFunction } from './function/function.ts';
import { functionProperties } from './function/properties.ts';
import { transformGraphQlApi } from './graphql-api/graphql-api.ts';
import { graphQlApiProperties } from './graphql-api/properties.ts';
import { transformHttpApi } from './http-api/http-api.ts';
import { httpApiProperties } from './http-api/properties.ts';
import { layerVersionProperties, transformLayerVersion } from './layer-version.ts';
import type { PropertyTable } from './properties.ts';
import type { SamResource } from './sam-resource.ts';
import { simpleTableProperties, transformSimpleTable } from './simple-table.ts';
import { stateMachineProperties, transformStateMachine } from './state-machine/state-machine.ts';
import { transformWebSocketApi, webSocketApiProperties } from './web-socket-api/web-socket-api.ts';

export interface ResourceType {
  readonly properties: PropertyTable;
  readonly transform: (resource: SamResource, context: TransformContext) => CfnResource[];
}

/** Every SAM resource type but the connector, which needs all others to be done. */
export const resourceTypes: Readonly<Record<string, ResourceType>> = {
  'AWS::Serverless::Api': { properties: restApiProperties, transform: transformRestApi },
  'AWS::Serverless::Application': { properties: applicationProperties, transform: transformApplication },
  'AWS::Serverless::CapacityProvider': {
    properties: capacityProviderProperties,
    transform: transformCapacityProvider,
  },
  'AWS::Serverless::Function': { properties: functionProperties, transform: transformFunction },
  'AWS::Serverless::GraphQLApi': { properties: graphQlApiProperties, transform: transformGraphQlApi },
  'AWS::Serverless::HttpApi': { properties: httpApiProperties, transform: transformHttpApi },
  'AWS::Serverless::LayerVersion': { properties: layerVersionProperties, transform: transformLayerVersion },
  'AWS::Serverless::SimpleTable': { properties: simpleTableProperties, transform: transformSimpleTable },
  'AWS::Serverless::StateMachine': { properties: stateMachineProperties, transform: transformStateMachine },
  'AWS::Serverless::WebSocketApi': { properties: webSocketApiProperties, transform: transformWebSocketApi },
};

/** Functions and state machines write their events into the APIs, so they come before them. */
export const firstTypes = ['AWS::Serverless::Function', 'AWS::Serverless::StateMachine'] as const;

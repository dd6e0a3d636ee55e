import { cfnResource } from './cfn-resource.ts';
import type { CfnResource } from './cfn-resource.ts';
import type { Json, JsonMap } from './json.ts';

export interface PermissionGrant {
  readonly functionName: Json;
  readonly principal: string;
  readonly action?: string;
  readonly sourceArn?: Json | undefined;
  readonly sourceAccount?: Json | undefined;
  readonly eventSourceToken?: Json | undefined;
  readonly functionUrlAuthType?: Json | undefined;
  readonly invokedViaFunctionUrl?: boolean;
}

export function lambdaPermission(logicalId: string, grant: PermissionGrant, attributes: JsonMap): CfnResource {
  return cfnResource(
    logicalId,
    'AWS::Lambda::Permission',
    {
      Action: grant.action ?? 'lambda:InvokeFunction',
      FunctionName: grant.functionName,
      Principal: grant.principal,
      SourceArn: grant.sourceArn,
      SourceAccount: grant.sourceAccount,
      EventSourceToken: grant.eventSourceToken,
      FunctionUrlAuthType: grant.functionUrlAuthType,
      InvokedViaFunctionUrl: grant.invokedViaFunctionUrl,
    },
    attributes,
  );
}
